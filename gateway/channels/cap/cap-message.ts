/** A notification as a CAP 1.2 message. Pure: the same notification gives the same message, however often it is made. */
import type { Alarm } from '../../alarm-model.ts'
import type { Notification } from '../../dispatch-model.ts'
import type { LocalText } from '../../model.ts'
import { byGravity, isOver, leadOf, standingOf } from '../notification-facts.ts'
import { descriptionOf, guidanceOf, headlineOf, type Language } from '../notification-wording.ts'
import { type AreaOptions, areaOf } from './cap-area.ts'
import { gradingOf } from './cap-grading.ts'
import type { CapAlert, CapInfo, CapMessageType, CapReference, CapScope, CapStatus } from './cap-model.ts'
import { parametersOf } from './cap-parameters.ts'
import { capName, plainText, shorten } from './cap-text.ts'
import { capTime } from './cap-time.ts'

export interface CapOptions extends AreaOptions {
  readonly gateway: string
  /** Who sends, unique in the world; the same for ever, since references name it. */
  readonly sender: string
  readonly senderName: LocalText
  /** Of the station's clocks. */
  readonly timeZone: string
  readonly scope: CapScope
  /** Whom the message may reach, with the scope Restricted. */
  readonly restriction: string
  /** How long a message counts, in ms; null: a day. */
  readonly validForMs: number | null
  /** Whom to ask; null: the contacts of the station. */
  readonly contact: string | null
}

const STATUS = { actual: 'Actual', exercise: 'Exercise', test: 'Test' } as const
const DAY_MS = 86_400_000
/** What displays show of a headline (CAP 1.2, 3.2.2). */
const HEADLINE = 160

export function capMessage(notification: Notification, options: CapOptions): CapAlert {
  const { station, events } = notification
  return {
    ...referenceTo(notification, options),
    status: STATUS[standingOf(notification)],
    msgType: messageTypeOf(notification),
    source: options.gateway,
    scope: options.scope,
    restriction: options.scope === 'Restricted' ? options.restriction : '',
    addresses: options.scope === 'Private' ? [capName(station.id)] : [],
    note: noteOf(notification),
    references: notification.earlier.map((earlier) => referenceTo(earlier, options)),
    incidents: [...new Set(byGravity(events).map(({ gateway, alarm }) => incidentOf(gateway, alarm)))].slice(0, 100),
    infos: [infoOf(notification, 'zh', options), infoOf(notification, 'en', options)],
  }
}

/** How other messages name this one. */
export function referenceTo(
  { id, createdAt }: Pick<Notification, 'id' | 'createdAt'>,
  { sender, timeZone }: Pick<CapOptions, 'sender' | 'timeZone'>,
): CapReference {
  return { sender: capName(sender), identifier: capName(id), sent: capTime(createdAt, timeZone) }
}

/** Says that a message was received and taken on. */
export function capAcknowledgement(
  { identifier, sender, sent, note, references }: CapReference & Pick<CapAlert, 'note' | 'references'>,
  status: CapStatus,
): CapAlert {
  const own = { identifier: capName(identifier), sender: capName(sender), sent }
  const empty = { source: '', restriction: '', addresses: [], incidents: [], infos: [] }
  return { ...own, status, msgType: 'Ack', scope: 'Public', note, references, ...empty }
}

/**
 * Update, Cancel and Ack must name what they follow, so the first that this channel says of an occurrence is an Alert, whatever
 * it says. A Cancel takes back the danger, so it is said only where the danger is over; what is merely in hand is an Update.
 */
function messageTypeOf({ earlier, purpose, events }: Notification): CapMessageType {
  if (earlier.length === 0) return 'Alert'
  return purpose === 'ended' && events.every(isOver) ? 'Cancel' : 'Update'
}

/** Of an exercise CAP wants to know which one it is (3.2.1). */
function noteOf({ drill, events }: Notification): string {
  if (drill !== null) return `drill ${drill}`
  const modes = events.flatMap(({ alarm }) => (alarm.mark !== null && alarm.mode !== null ? [alarm.mode.comment] : []))
  return [...new Set(modes)].slice(0, 10).join('; ')
}

function incidentOf(gateway: string, { id, occurrence }: Alarm): string {
  return capName(`${gateway}:${id}:${occurrence}`)
}

const LANGUAGES = { zh: 'zh-CN', en: 'en-US' } as const

function infoOf(notification: Notification, language: Language, options: CapOptions): CapInfo {
  const { createdAt } = notification
  const lead = leadOf(notification)
  const { alarm } = lead
  const { timeZone } = options
  return {
    language: LANGUAGES[language],
    ...gradingOf(lead),
    event: plainText(alarm.name[language]) || alarm.rule,
    effective: capTime(createdAt, timeZone),
    onset: alarm.occurrence === 0 ? null : capTime(alarm.raisedAt, timeZone),
    expires: capTime(createdAt + (options.validForMs ?? DAY_MS), timeZone),
    senderName: options.senderName[language],
    headline: shorten(plainText(headlineOf(notification, language)), HEADLINE),
    description: descriptionOf(notification, language),
    instruction: guidanceOf(notification, language),
    contact: options.contact ?? contactsOf(notification),
    parameters: parametersOf(notification, timeZone),
    area: areaOf(notification, language, options),
  }
}

function contactsOf({ station }: Notification): string {
  return station.contacts.map(({ name, phone }) => (phone === null ? name : `${name} ${phone}`)).join('; ')
}
