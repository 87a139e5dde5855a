/**
 * How many members of a group are in alarm, how many can be counted, and what follows for the vote.
 *
 * A lost member votes neither way. It lowers the number that is needed: by one each (2oo3, 1oo2, 1oo1), so that losing sensors
 * never makes the group blind to what one of them sees; or, where availability matters more, only to the number that is left
 * (2oo3, 2oo2, 1oo1). A vote that is active is not ended by members that were lost while they were in alarm, and without
 * any member nothing is decided. A member that is doubted, but not yet lost, stands as it stood: it neither raises nor ends.
 */
import type { DiscreteRule, LimitRule, VoteMember, VoteRule } from '../../device-profiles/device.ts'
import type { Instant, QualityReason, Reading } from '../model.ts'
import { judgeDevice, type RuleState } from './rules.ts'

/** Why a member is not counted. */
export type Loss = QualityReason | 'never-heard' | Exclusion

/** People have put it aside. */
export type Exclusion = 'out-of-service' | 'maintenance' | 'test'

/** `unsure`: not to be believed now, but not for long enough to be lost. */
export type Standing = 'good' | 'unsure' | 'lost' | 'excluded'

export interface MemberState {
  readonly member: VoteMember
  standing: Standing
  /** Present exactly where it is lost or excluded. */
  loss: Loss | null
  /** In alarm, as last known. */
  on: boolean
  /** When it was last raised (monotonic); -Infinity: never. */
  raisedAt: number
  /** How long its condition had held then. */
  heldMs: number
  /** Since when it cannot be believed (monotonic). */
  doubtedSince: number | null
  /** What was stored before a restart stands for so long (monotonic). */
  knownUntil: number
}

export interface Tally {
  readonly total: number
  /** Neither lost nor excluded. */
  readonly healthy: number
  /** How many of the healthy ones must be in alarm now. */
  readonly required: number
  /** In alarm and to be believed, or raised so recently that it counts. */
  readonly counted: readonly MemberState[]
  /** Since when as many as are required have been in alarm (monotonic); null: they are not. */
  readonly since: number | null
  /** Null: not known. */
  readonly verdict: boolean | null
}

export interface VoteState {
  readonly vote: RuleState<VoteRule>
  readonly degraded: RuleState
  readonly impossible: RuleState
  readonly members: readonly MemberState[]
  tally: Tally
  /** False until the first verdict: what held before the start goes on. */
  decided: boolean
}

/** A rule of a member, and what its point says. */
export interface Watched {
  readonly point: { readonly reading: Reading | null }
  readonly state: RuleState<LimitRule | DiscreteRule>
}

/** What the reason of a vote sees of its group. */
export interface VoteSight {
  voteOf(ruleId: string): VoteState | undefined
  watched(member: VoteMember): Iterable<Watched>
}

export function requiredOf(rule: VoteRule, healthy: number): number {
  const { need, members, degradation } = rule
  const left = degradation === 'safety' ? need - (members.length - healthy) : Math.min(need, healthy)
  return Math.max(1, left)
}

export function tallyOf(rule: VoteRule, members: readonly MemberState[], mono: number): Tally {
  const healthy = members.filter(isHealthy).length
  const required = requiredOf(rule, healthy)
  const counted = members.filter((member) => member.standing === 'good' && isInAlarm(member, rule, mono))
  const possible = members.filter(
    (member) =>
      member.standing !== 'excluded' && (counted.includes(member) || (member.standing !== 'good' && member.on)),
  )
  const starts = counted.map(({ raisedAt, heldMs }) => raisedAt - heldMs).sort((a, b) => a - b)
  const verdict = healthy === 0 ? null : counted.length >= required ? true : possible.length < required ? false : null
  const since = verdict === true ? (starts[required - 1] ?? null) : null
  return { total: members.length, healthy, required, counted, since, verdict }
}

/** '1oo2': the vote as it goes on with those that are left. */
export function degradedTo(state: VoteState | undefined): string | null {
  return state === undefined ? null : `${state.tally.required}oo${state.tally.healthy}`
}

/** How many members were left, of what `degradedTo` said. */
export function healthyIn(level: string | null): number {
  return Number(level?.split('oo')[1] ?? Infinity)
}

/** Feeds the gates of the vote and of its faults, and gives those that switched, or are to be told again. */
export function judgeVote(state: VoteState, at: Instant): readonly RuleState[] {
  const { vote, degraded, impossible, members } = state
  const before = state.tally
  state.tally = tallyOf(vote.rule, members, at.mono)
  const { total, healthy } = state.tally
  const switched: RuleState[] = []
  const feed = (rule: RuleState, verdict: boolean | null): void => {
    if (verdict !== null && judgeDevice(rule, verdict, at)) switched.push(rule)
  }
  resumeDelay(state)
  // The graver fault first: it explains the other.
  feed(impossible, healthy === 0 ? true : members.some(({ standing }) => standing === 'good') ? false : null)
  feed(degraded, healthy < total ? true : members.every(({ standing }) => standing === 'good') ? false : null)
  feed(vote, state.tally.verdict)
  const isSettled = healthy > 0 && members.every(({ standing }) => standing !== 'unsure')
  if (isSettled && healthy !== before.healthy && degraded.gates[0]?.on && !switched.includes(degraded)) {
    switched.push(degraded)
  }
  return switched
}

/** The first verdict after a start: its delay began when the members were raised, not when the gateway came back. */
function resumeDelay(state: VoteState): void {
  const { verdict } = state.tally
  if (state.decided || verdict === null) return
  state.decided = true
  const [gate] = state.vote.gates
  if (gate === undefined || gate.on || !verdict) return
  const raised = state.tally.counted.map(({ raisedAt }) => raisedAt).sort((a, b) => a - b)
  gate.since = raised[state.tally.required - 1] ?? null
}

function isHealthy({ standing }: MemberState): boolean {
  return standing === 'good' || standing === 'unsure'
}

function isInAlarm({ on, raisedAt }: MemberState, { withinMs }: VoteRule, mono: number): boolean {
  return on || (withinMs > 0 && mono - raisedAt <= withinMs)
}
