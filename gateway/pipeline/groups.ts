/** The votes of all groups, and what they see of the members. Made anew with each configuration; what did not change is kept. */
import type { VoteMember, VoteRule } from '../../device-profiles/device.ts'
import type { Alarm } from '../alarm-model.ts'
import type { Instant } from '../model.ts'
import type { DeviceState, PointState } from './device-state.ts'
import type { ModeBook } from './mode-book.ts'
import type { PastReading } from './past.ts'
import type { RuleState } from './rules.ts'
import { type Exclusion, judgeVote, type Loss, type MemberState, tallyOf, type VoteState } from './votes.ts'

type Devices = ReadonlyMap<string, DeviceState>
type Rows = ReadonlyMap<string, Alarm>
type ValueRule = PointState['rules'][number]

interface Watched {
  readonly point: PointState
  readonly state: ValueRule
}

interface Group {
  readonly device: DeviceState
  readonly votes: readonly VoteState[]
}

export class Groups {
  readonly #devices: Devices
  readonly #rows: Rows
  readonly #modes: ModeBook
  readonly #groups: readonly Group[]
  readonly #byMember = new Map<string, Group[]>()

  constructor(
    devices: Devices,
    {
      rows,
      modes,
      now,
      previous,
    }: { readonly rows: Rows; readonly modes: ModeBook; readonly now: Instant; readonly previous: Groups | null },
  ) {
    this.#devices = devices
    this.#rows = rows
    this.#modes = modes
    const groups = [...devices.values()].filter(({ device }) => device.members !== undefined)
    this.#groups = groups.map((device) => ({ device, votes: [...votesOf(device, { rows, now, previous })] }))
    for (const group of this.#groups) {
      const { device, votes } = group
      device.group = {
        voteOf: (id) => votes.find(({ vote }) => vote.rule.id === id),
        watched: (member) => this.#watched(member),
      }
      for (const id of group.device.device.members ?? []) {
        const others = this.#byMember.get(id)
        if (others === undefined) this.#byMember.set(id, [group])
        else others.push(group)
      }
    }
  }

  /** Rules of all groups that switched; with `memberId`, of those that it belongs to. */
  *judge(at: Instant, memberId?: string): Generator<readonly [DeviceState, RuleState]> {
    for (const { device, votes } of memberId === undefined ? this.#groups : (this.#byMember.get(memberId) ?? [])) {
      for (const vote of votes) {
        for (const member of vote.members) this.#look(member, vote.vote.rule, at)
        for (const state of judgeVote(vote, at)) yield [device, state]
      }
    }
  }

  /** The same rule, of a configuration before. */
  keptVote(vote: RuleState<VoteRule>): VoteState | undefined {
    return this.#groups.flatMap(({ votes }) => votes).find((state) => state.vote === vote)
  }

  /** Of the past of a point: for how long a vote would believe its newest reading, ms. */
  pastOf({ device, staleAfterMs }: DeviceState, { rules, trendRules }: PointState): number {
    const watching = [...rules, ...trendRules]
    const isVoted = this.#membersAt(device.id).some(({ member }) =>
      watching.some(({ rule }) => member.rules.includes(rule.id)),
    )
    return isVoted ? staleAfterMs : 0
  }

  /** What was stored last stands for as long as it would have without the restart. */
  resume(device: DeviceState, past: ReadonlyMap<string, readonly PastReading[]>, { wall, mono }: Instant): void {
    for (const member of this.#membersAt(device.device.id)) {
      for (const { point } of this.#watched(member.member)) {
        const last = past.get(point.point.id)?.findLast(({ replayed }) => replayed !== true)
        if (last === undefined || last.quality !== 'good' || last.time > wall) continue
        member.knownUntil = Math.max(member.knownUntil, mono - (wall - last.time) + device.staleAfterMs)
      }
    }
  }

  #membersAt(deviceId: string): readonly MemberState[] {
    const votes = (this.#byMember.get(deviceId) ?? []).flatMap((group) => group.votes)
    return votes.flatMap(({ members }) => members.filter(({ member }) => member.device === deviceId))
  }

  *#watched({ device: id, rules }: VoteMember): Generator<Watched> {
    for (const point of this.#devices.get(id)?.points ?? []) {
      for (const state of point.rules) if (rules.includes(state.rule.id)) yield { point, state }
      for (const state of point.trendRules) if (rules.includes(state.rule.id)) yield { point, state }
    }
  }

  #look(member: MemberState, rule: VoteRule, { mono }: Instant): void {
    const device = this.#devices.get(member.member.device)
    const watched = [...this.#watched(member.member)]
    const trusted = watched.filter(({ point, state }) => isTrusted(point, state))
    // Where one of several points can be believed, it speaks for the member.
    const speaking = trusted.length > 0 ? trusted : watched
    const gates = speaking.flatMap(({ state }) => gateOf(state, member.member.level) ?? [])
    const on = gates.some((gate) => gate.on)
    if (on && !member.on) {
      member.raisedAt = mono
      member.heldMs = Math.max(...gates.map((gate) => (gate.on ? gate.heldMs : 0)))
    }
    member.on = on
    const exclusion = this.#exclusionOf(device, watched)
    member.loss = exclusion ?? this.#lossOf(member, { device, watched, trusted: trusted.length > 0, rule, mono })
    if (trusted.length > 0) member.doubtedSince = null
    const isKnown = trusted.length > 0 || mono < member.knownUntil
    member.standing = exclusion !== null ? 'excluded' : member.loss !== null ? 'lost' : isKnown ? 'good' : 'unsure'
  }

  #exclusionOf(device: DeviceState | undefined, watched: readonly Watched[]): Exclusion | null {
    if (device !== undefined && this.#modes.maintenanceOf(device.device) !== null) return 'maintenance'
    const isOut = ({ state }: Watched): boolean => (this.#rows.get(state.alarmId)?.outOfService ?? null) !== null
    if (watched.every(isOut)) return 'out-of-service'
    return watched.every(({ point }) => this.#modes.testOf(point.point.id) !== null) ? 'test' : null
  }

  #lossOf(
    member: MemberState,
    {
      device,
      watched,
      trusted,
      rule,
      mono,
    }: {
      readonly device: DeviceState | undefined
      readonly watched: readonly Watched[]
      readonly trusted: boolean
      readonly rule: VoteRule
      readonly mono: number
    },
  ): Loss | null {
    const [first] = watched
    if (trusted || mono < member.knownUntil || first === undefined || device === undefined) return null
    const { reading, since, goodAt } = first.point
    if (reading === null) {
      return mono - since >= device.staleAfterMs + rule.memberFailsMs ? 'never-heard' : null
    }
    // A window that is not full yet is no fault.
    if (reading.quality === 'good') return null
    if (member.doubtedSince === null || goodAt > member.doubtedSince) member.doubtedSince = mono
    return mono - member.doubtedSince >= rule.memberFailsMs ? (reading.reason ?? 'stale') : null
  }
}

function isTrusted({ reading }: PointState, { trend, frozen }: ValueRule): boolean {
  return reading?.quality === 'good' && frozen === null && (trend === null || trend.value !== null)
}

/** The gate that decides: of the named level, or of the most severe one that is on. */
function gateOf({ rule, gates }: ValueRule, level: string | undefined) {
  if (rule.type !== 'limit') return gates[0]
  const from = level === undefined ? 0 : rule.levels.findIndex((one) => one.level === level)
  const { side } = rule.levels[from] ?? {}
  const counting = gates.filter(
    (_, place) => place >= from && (level === undefined || rule.levels[place]?.side === side),
  )
  return counting.find(({ on }) => on) ?? counting[0]
}

function* votesOf(
  group: DeviceState,
  { rows, now, previous }: { readonly rows: Rows; readonly now: Instant; readonly previous: Groups | null },
): Generator<VoteState> {
  const stateOf = (id: string): RuleState | undefined => group.rules.find(({ rule }) => rule.id === id)
  for (const vote of group.rules) {
    if (!isVote(vote)) continue
    const degraded = stateOf(`${vote.rule.id}-degraded`)
    const impossible = stateOf(`${vote.rule.id}-impossible`)
    if (degraded === undefined || impossible === undefined) continue
    const kept = previous?.keptVote(vote)
    const members = kept?.members ?? vote.rule.members.map((member) => newMember(member, { rows, now }))
    const tally = tallyOf(vote.rule, members, now.mono)
    yield { vote, degraded, impossible, members, tally, decided: kept?.decided ?? false }
  }
}

function isVote(state: RuleState): state is RuleState<VoteRule> {
  return state.rule.type === 'vote'
}

/** What was active before the start is active, and was raised when its row says. */
function newMember(
  member: VoteMember,
  { rows, now: { wall, mono } }: { readonly rows: Rows; readonly now: Instant },
): MemberState {
  const own = member.rules.flatMap((rule) => rows.get(`${member.device}.${rule}`) ?? [])
  const on = own.some(({ facts }) => facts.active)
  // One that was only reported late was never seen as it happened.
  const seen = own.filter(({ facts, returnedAt }) => facts.active || returnedAt !== null)
  const raised = seen.map(({ raisedAt }) => mono - Math.max(0, wall - raisedAt))
  const raisedAt = Math.max(-Infinity, ...raised)
  const unknown = { doubtedSince: null, knownUntil: -Infinity } as const
  return { member, standing: 'unsure', loss: null, on, raisedAt, heldMs: 0, ...unknown }
}
