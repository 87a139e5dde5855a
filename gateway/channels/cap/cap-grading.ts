/**
 * How our words become CAP's gradings. The table of gateway/channels/README.md; why it is so stands in gateway/DECISIONS.md.
 * Pure.
 */
import type { Alarm, AlarmEvent, Priority } from '../../alarm-model.ts'
import { type Colour, colourOf } from '../alarm-colour.ts'
import { isOver } from '../notification-facts.ts'
import type { CapCategory, CapCertainty, CapInfo, CapResponse, CapSeverity, CapUrgency } from './cap-model.ts'

/** By the kind of the device. A flood is `Met` in CAP (3.2.2). */
const CATEGORIES: Readonly<Record<string, readonly CapCategory[]>> = {
  smoke: ['Fire'],
  extinguisher: ['Fire'],
  gas: ['Fire', 'Safety'],
  'water-level': ['Met'],
  rain: ['Met'],
  slope: ['Geo'],
  door: ['Security'],
  power: ['Infra'],
  siren: ['Safety'],
  group: ['Safety'],
  gateway: ['Infra'],
  // What people report that no sensor sees.
  'electric-shock': ['Rescue', 'Health'],
  fall: ['Rescue', 'Health'],
  lift: ['Rescue', 'Infra'],
  'food-poisoning': ['Health'],
  'gas-poisoning': ['Health', 'CBRNE'],
  traffic: ['Transport'],
  crowd: ['Safety'],
  'natural-disaster': ['Geo', 'Met'],
}

const SEVERITIES: Readonly<Record<Colour, CapSeverity>> = {
  red: 'Extreme',
  orange: 'Severe',
  yellow: 'Moderate',
  blue: 'Minor',
}
/** A fault endangers nobody by itself. */
const FAULT_SEVERITIES: Readonly<Record<Priority, CapSeverity>> = {
  urgent: 'Moderate',
  high: 'Moderate',
  medium: 'Minor',
  low: 'Minor',
}
const URGENCIES: Readonly<Record<Priority, CapUrgency>> = {
  urgent: 'Immediate',
  high: 'Immediate',
  medium: 'Expected',
  low: 'Future',
}

export type CapGrading = Pick<CapInfo, 'categories' | 'responseType' | 'urgency' | 'severity' | 'certainty'>

export function gradingOf(event: AlarmEvent): CapGrading {
  const { alarm } = event
  return {
    categories: categoriesOf(alarm),
    responseType: responseOf(event),
    urgency: urgencyOf(event),
    severity: alarm.class === 'fault' ? FAULT_SEVERITIES[alarm.priority] : SEVERITIES[colourOf(alarm)],
    certainty: certaintyOf(alarm),
  }
}

function categoriesOf({ class: of, ...alarm }: Alarm): readonly CapCategory[] {
  if (of === 'fault') return ['Infra']
  const kind = alarm.report?.type ?? alarm.kind
  return Object.hasOwn(CATEGORIES, kind) ? (CATEGORIES[kind] ?? ['Other']) : ['Other']
}

/** Never Evacuate, Shelter or Avoid: what the public is to do is for people to say. */
function responseOf(event: AlarmEvent): CapResponse {
  const { alarm } = event
  if (isOver(event)) return alarm.state === 'normal' ? 'AllClear' : 'Assess'
  if (alarm.class === 'fault' || isProposed(alarm)) return 'Assess'
  if (alarm.facts.acked || alarm.facts.suppression !== null) return 'Monitor'
  if (alarm.priority === 'low') return 'Monitor'
  return alarm.priority === 'medium' ? 'Assess' : 'Execute'
}

function urgencyOf(event: AlarmEvent): CapUrgency {
  if (isOver(event)) return 'Past'
  return isProposed(event.alarm) ? 'Expected' : URGENCIES[event.alarm.priority]
}

function certaintyOf(alarm: Alarm): CapCertainty {
  if (alarm.disposition?.verdict === 'false') return 'Unlikely'
  if (isProposed(alarm)) return 'Possible'
  // That something cannot be seen is itself seen.
  if (alarm.class === 'fault') return 'Observed'
  // A person's word is good, and nothing has measured it.
  if (alarm.report !== undefined) return 'Likely'
  switch (alarm.cause.quality) {
    case 'good':
      return 'Observed'
    case 'uncertain':
      return 'Likely'
    case 'bad':
      return 'Unknown'
  }
}

/** The level waits for a person's word. */
function isProposed({ proposal }: Alarm): boolean {
  return proposal?.state === 'proposed'
}
