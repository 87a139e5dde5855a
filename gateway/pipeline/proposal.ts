/**
 * Alarms whose level is for people to decide. DZ/T 0460-2023 8.4.2: a warning level of a slope is raised and lowered by
 * consultation, not by an instrument alone. So what the rule measures is a proposal: it is told at once, as that, and asks
 * people as every alarm does; a person confirms it (perhaps with another level) or declines it, and says why.
 *
 *   nothing ──raised──▶ proposed ──confirm──▶ confirmed ──another level is measured──▶ proposed (the confirmed one stands)
 *                          │ decline              │ returns to normal
 *                          ▼                      ▼
 *                       declined              stands, latched, until a person resets it and says why
 *
 * A proposal that nobody has decided ends with its condition. A confirmed level never ends by itself.
 */
import type { LimitRule, Rule } from '../../device-profiles/device.ts'
import type { Alarm, AlarmEventDraft, Command, CommandRefusal, Proposal } from '../alarm-model.ts'
import { changeOf, stateOf, UNACKNOWLEDGED } from './alarm.ts'
import { proposedReason, standsReason } from './reason.ts'

/** What people see of an event of a rule that asks them. `event` is one of a condition that came, changed or went. */
export function asProposal(event: AlarmEventDraft): AlarmEventDraft {
  const { proposal, ...alarm } = event.alarm
  const confirmed = proposal?.confirmed ?? null
  const { level } = alarm
  if (event.type === 'returned') {
    if (proposal === undefined || confirmed === null) return { ...event, alarm }
    const reason = standsReason(alarm.reason, confirmed)
    return { ...event, alarm: { ...alarm, reason, proposal: { ...UNDECIDED, level: null, confirmed } } }
  }
  if (level === null || level === confirmed) {
    return proposal === undefined
      ? event
      : { ...event, alarm: { ...alarm, proposal: { ...proposal, state: 'confirmed', level } } }
  }
  // Also a milder level asks: that it is lowered is for people to decide.
  const facts = { ...alarm.facts, acked: false }
  const reason = proposedReason(alarm.reason, level)
  const proposed: Alarm = {
    ...{ ...alarm, ...UNACKNOWLEDGED, facts, state: stateOf(facts), reason },
    proposal: { ...UNDECIDED, level, confirmed },
  }
  return { ...event, type: 'proposed', alarm: proposed }
}

const UNDECIDED = { state: 'proposed', by: null, comment: null, at: null } as const

/** The level that people decide on from now on; `level` of the command where they have agreed on another. */
export function confirm(
  alarm: Alarm,
  command: Extract<Command, { type: 'confirm' }>,
  rule: Rule | null,
): AlarmEventDraft | CommandRefusal {
  const { proposal } = alarm
  if (!isUndecided(proposal)) return 'nothing-proposed'
  if (command.comment === null) return 'comment-missing'
  const confirmed = command.level ?? proposal.level
  if (!levelsOf(rule).includes(confirmed ?? '')) return 'unknown-level'
  // Latched: what people have declared, people end.
  const decided = { ...proposal, ...decisionOf(command), state: 'confirmed', confirmed } as const
  return decide(alarm, command, { latched: true, decided, type: 'confirmed' })
}

/** What stood before stands on. */
export function decline(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
  const { proposal } = alarm
  if (!isUndecided(proposal)) return 'nothing-proposed'
  if (command.comment === null) return 'comment-missing'
  const decided = { ...proposal, ...decisionOf(command), state: 'declined' } as const
  return decide(alarm, command, { latched: alarm.facts.latched, decided, type: 'declined' })
}

/** What was proposed to lift is not confirmed but reset. */
function isUndecided(proposal: Proposal | undefined): proposal is Proposal {
  return proposal?.state === 'proposed' && proposal.level !== null
}

function levelsOf(rule: Rule | null): readonly string[] {
  return rule?.type === 'limit' ? (rule as LimitRule).levels.map(({ level }) => level) : []
}

function decisionOf({ by, comment, at }: Command): Pick<Proposal, 'by' | 'comment' | 'at'> {
  return { by, comment, at: at.wall }
}

/** Who decides has seen it. */
function decide(
  alarm: Alarm,
  { by, comment, at }: Command,
  { latched, decided, type }: { latched: boolean; decided: Proposal; type: 'confirmed' | 'declined' },
): AlarmEventDraft {
  const facts = { ...alarm.facts, acked: true, latched }
  const changed = { facts, acknowledgedAt: at.wall, acknowledgedBy: by, comment, proposal: decided }
  return changeOf(alarm, changed, { type, time: at.wall, by, comment })
}
