/** The current alarms: the fold of the events that this table has given out. A row exists from its first event on. */
import type { Device, DiscreteRule, LimitRule, Rule } from '../../device-profiles/device.ts'
import type { Alarm, AlarmEventDraft, Command, CommandRefusal, ReportWish } from '../alarm-model.ts'
import type { Instant, Reading } from '../model.ts'
import * as lifeCycle from './alarm.ts'
import { alarmOf, isRemoved, stateOf } from './alarm.ts'
import {
  commandExercise,
  ENDED,
  endExercise,
  exercise,
  exerciseIdOf,
  modeOfRaise,
  REAL_ONE,
  settleModes,
} from './alarm-modes.ts'
import type { DeviceState } from './device-state.ts'
import { dispose } from './disposition.ts'
import { FirstOut } from './first-out.ts'
import { commandReport, report, sameReport } from './incident.ts'
import { isKnown } from './late-alarm.ts'
import type { ModeBook } from './mode-book.ts'
import { isWorse, lateOccasion, occasionOf } from './occasion.ts'
import { asProposal, confirm, decline } from './proposal.ts'
import { activeGate, type RuleState } from './rules.ts'

/** Where the rule does not say how long its alarm may be shelved: one shift. */
export const LONGEST_SHELVING_MS = 8 * 3_600_000

type Devices = ReadonlyMap<string, DeviceState>

export class AlarmTable {
  readonly #rows: Map<string, Alarm>
  readonly #modes: ModeBook
  /** When shelving ends (monotonic): a clock that steps must not bring an alarm back early, or never. */
  readonly #shelvedUntil = new Map<string, number>()
  readonly #firstOut = new FirstOut()
  /** Since when active alarms are acknowledged (monotonic). */
  readonly #acknowledgedSince = new Map<string, number>()

  /** `rows`: the table as the journal has kept it. */
  constructor(rows: Iterable<Alarm>, now: Instant, { modes }: { readonly modes: ModeBook }) {
    this.#modes = modes
    this.#rows = new Map(Array.from(rows, (row) => [row.id, completed(row)]))
    for (const row of this.#rows.values()) this.#resume(row, now)
  }

  get rows(): ReadonlyMap<string, Alarm> {
    return this.#rows
  }

  /** Brings the alarm of a rule to what its gates say. Null where they say what the row says already. */
  settle(device: DeviceState, state: RuleState, at: Instant): AlarmEventDraft | null {
    const { rule } = state
    const row = this.#rows.get(state.alarmId)
    const active = activeGate(state) >= 0
    const wasActive = row?.facts.active ?? false
    if (!active && !wasActive) return null
    const alarm = alarmOf(device.device, rule, row)
    const occasion = occasionOf(state, { device, alarm, at })
    if (!wasActive) {
      const inhibitedBy = this.#inhibitorOf(device.device.id, rule)
      const begun = {
        ...{ inhibitedBy, offBySchedule: state.isOff, firstOut: this.#firstOut.of(alarm) },
        ...modeOfRaise(this.#modesOf(device.device, occasion.cause.point)),
      }
      return this.#commitFor(rule, lifeCycle.raise(alarm, occasion, { latching: rule.latching, ...begun }), at)
    }
    if (!active) return this.#commitFor(rule, lifeCycle.returnToNormal(alarm, occasion), at)
    if (occasion.level === alarm.level && occasion.priority === alarm.priority) return null
    const worse = isWorse(rule, alarm.level, occasion.level)
    return this.#commitFor(rule, lifeCycle.changeLevel(alarm, occasion, { worse }), at)
  }

  /** What the rule measured, or what it proposes. */
  #commitFor(rule: Rule, event: AlarmEventDraft, at: Instant): AlarmEventDraft {
    return this.#commit(lifeCycle.isForPeople(rule) ? asProposal(event) : event, at)
  }

  /** A late reading that was beyond the level at `place`. Null where people know of it. */
  reportLate(
    device: DeviceState,
    state: RuleState<LimitRule | DiscreteRule>,
    { reading, place, at }: { readonly reading: Reading; readonly place: number; readonly at: Instant },
  ): AlarmEventDraft | null {
    const row = this.#rows.get(state.alarmId)
    if (isKnown(row, reading.time, device.device.intervalMs)) return null
    const alarm = alarmOf(device.device, state.rule, row)
    return this.#commit(
      lifeCycle.reportLate(alarm, lateOccasion(state, { reading, place, at }), { measuredAt: reading.time }),
      at,
    )
  }

  /** What is normal is not told of: it is looked at when it is raised. */
  followSchedule({ alarmId, isOff }: RuleState, at: Instant): AlarmEventDraft | null {
    const row = this.#rows.get(alarmId)
    if (row === undefined || row.offBySchedule === isOff) return null
    if (isOff && stateOf({ ...row.facts, suppression: null }) === 'normal') return null
    return this.#commit(lifeCycle.followSchedule(row, { isOff, time: at.wall }), at)
  }

  /** `rule` is null where the configuration no longer has it. */
  command(alarm: Alarm, command: Command, rule: Rule | null): AlarmEventDraft | CommandRefusal {
    const changed = changedBy(alarm, command, rule)
    return typeof changed === 'string' ? changed : this.#commit(changed, command.at)
  }

  /** In a drill, the alarm of a rule as an exercise. A real alarm needs none. */
  exercise(
    { device, rule }: { readonly device: Device; readonly rule: Rule },
    command: Extract<Command, { type: 'exercise' }>,
  ): AlarmEventDraft | CommandRefusal {
    const drill = this.#modes.drillOf(device.station)
    if (drill === null) return 'no-drill'
    if (this.#rows.get(command.alarmId)?.facts.active === true) return 'really-active'
    const previous = this.#rows.get(exerciseIdOf(command.alarmId))
    const event = exercise({ device, rule, previous }, command, drill)
    return typeof event === 'string' ? event : this.#commit(event, command.at)
  }

  /** What a person reports. The row that is there where it was said already; then there is nothing to tell. */
  report(wish: ReportWish, at: Instant): AlarmEventDraft | Alarm | CommandRefusal {
    const drill = wish.exercise ? this.#modes.drillOf(wish.station) : null
    if (wish.exercise && drill === null) return 'no-drill'
    const same = sameReport(this.#rows, wish)
    if (same !== null) return same
    const event = report(wish, { rows: this.#rows, drill, at })
    return typeof event === 'string' ? event : this.#commit(event, at)
  }

  /** The alarm itself was raised: its exercise must not stand beside it. */
  breakOffExercise(alarmId: string, at: Instant): AlarmEventDraft | null {
    const row = this.#rows.get(exerciseIdOf(alarmId))
    if (row?.facts.active !== true) return null
    return this.#commit(endExercise(row, { time: at.wall, by: null, comment: null, reason: REAL_ONE }), at)
  }

  /** After modes have begun or ended. */
  settleModes(devices: Devices, at: Instant): AlarmEventDraft[] {
    const events: AlarmEventDraft[] = []
    for (const row of this.#rows.values()) {
      if (row.mark === 'exercise') {
        if (!row.facts.active || this.#modes.drillOf(row.station) !== null) continue
        events.push(this.#commit(endExercise(row, { time: at.wall, by: null, comment: null, reason: ENDED }), at))
        continue
      }
      const device = devices.get(row.device)?.device
      const modes = device === undefined ? { maintenance: null, test: null } : this.#modesOf(device, row.cause.point)
      const event = settleModes(row, modes, at.wall)
      if (event !== null) events.push(this.#commit(event, at))
    }
    return events
  }

  /** Lets shelving run out, and asks again for what was acknowledged long ago and is active still. */
  tick(devices: Devices, at: Instant): AlarmEventDraft[] {
    const events: AlarmEventDraft[] = []
    for (const [id, until] of this.#shelvedUntil) {
      const row = this.#rows.get(id)
      if (row === undefined || at.mono < until) continue
      const event = lifeCycle.unshelve(row, { time: at.wall, by: null, comment: null })
      if (typeof event !== 'string') events.push(this.#commit(event, at))
    }
    for (const [id, since] of this.#acknowledgedSince) {
      const row = this.#rows.get(id)
      const after = row === undefined ? undefined : ruleOf(devices, row)?.reAlarmMs
      if (row === undefined || row.facts.suppression !== null) continue
      if (after === undefined || at.mono - since < after) continue
      events.push(this.#commit(lifeCycle.reAlarm(row, at.wall), at))
    }
    return events
  }

  /** Alarms of the device that another one explains, now that `changed` has become active or returned. */
  inhibit({ device, rules }: DeviceState, changed: string, at: Instant): AlarmEventDraft[] {
    const events: AlarmEventDraft[] = []
    for (const { rule, alarmId } of rules) {
      if (rule.inhibitedBy?.includes(changed) !== true) continue
      const row = this.#rows.get(alarmId)
      const inhibitedBy = this.#inhibitorOf(device.id, rule)
      if (row === undefined || row.inhibitedBy === inhibitedBy) continue
      // What is normal is not told of: it is looked at when it is raised.
      if (row.inhibitedBy === null && stateOf({ ...row.facts, suppression: null }) === 'normal') continue
      events.push(this.#commit(lifeCycle.inhibit(row, { inhibitedBy, time: at.wall }), at))
    }
    return events
  }

  /** Alarms that the configuration no longer has go out of service; those that it has again come back as they were. */
  reconcile(devices: Devices, at: Instant): AlarmEventDraft[] {
    const events: AlarmEventDraft[] = []
    this.#firstOut.watch(
      Array.from(devices.values(), ({ device }) => device),
      this.#rows.values(),
    )
    for (const row of this.#rows.values()) {
      // Neither stands in the configuration.
      if (row.mark === 'exercise' || row.report !== undefined) continue
      const device = devices.get(row.device)
      const state = device?.rules.find((candidate) => candidate.alarmId === row.id)
      const away = isRemoved(row)
      if (device === undefined || state === undefined) {
        if (!away && stateOf(row.facts) !== 'normal') events.push(this.#commit(lifeCycle.remove(row, at.wall), at))
      } else if (away) {
        events.push(this.#commit(lifeCycle.restore(alarmOf(device.device, state.rule, row), at.wall), at))
      }
    }
    return events
  }

  #modesOf(device: Device, causePoint: string | null) {
    return {
      maintenance: this.#modes.maintenanceOf(device),
      test: causePoint === null ? null : this.#modes.testOf(causePoint),
    }
  }

  #inhibitorOf(deviceId: string, { inhibitedBy = [] }: Rule): string | null {
    const explaining = inhibitedBy.find((ruleId) => this.#rows.get(`${deviceId}.${ruleId}`)?.facts.active === true)
    return explaining === undefined ? null : `${deviceId}.${explaining}`
  }

  #commit(event: AlarmEventDraft, at: Instant): AlarmEventDraft {
    const { id, shelving, facts } = event.alarm
    this.#rows.set(id, event.alarm)
    this.#firstOut.note(event.alarm)
    if (shelving === null) this.#shelvedUntil.delete(id)
    else if (event.type === 'shelved') this.#shelvedUntil.set(id, at.mono + shelving.until - shelving.at)
    if (!facts.active || !facts.acked) this.#acknowledgedSince.delete(id)
    else if (event.type === 'acknowledged') this.#acknowledgedSince.set(id, at.mono)
    return event
  }

  /** What ran before the start goes on by the wall clock, which is all that is left of it. */
  #resume({ id, shelving, facts, acknowledgedAt }: Alarm, { wall, mono }: Instant): void {
    if (shelving !== null) {
      const { at, until } = shelving
      this.#shelvedUntil.set(id, mono + Math.min(Math.max(0, until - wall), until - at))
    }
    if (facts.active && facts.acked) {
      this.#acknowledgedSince.set(id, mono - Math.max(0, wall - (acknowledgedAt ?? wall)))
    }
  }
}

function changedBy(alarm: Alarm, command: Command, rule: Rule | null): AlarmEventDraft | CommandRefusal {
  if (alarm.mark === 'exercise') return commandExercise(alarm, command)
  if (alarm.report !== undefined) return commandReport(alarm, command)
  switch (command.type) {
    case 'acknowledge':
      return lifeCycle.acknowledge(alarm, command)
    case 'reset':
      return lifeCycle.reset(alarm, command)
    case 'shelve':
      return lifeCycle.shelve(alarm, command, { mostMs: rule?.longestShelvingMs ?? LONGEST_SHELVING_MS })
    case 'unshelve':
      return lifeCycle.unshelve(alarm, { time: command.at.wall, by: command.by, comment: command.comment })
    case 'take-out-of-service':
      return lifeCycle.takeOutOfService(alarm, command)
    case 'return-to-service':
      return lifeCycle.returnToService(alarm, command)
    case 'comment':
      return lifeCycle.addComment(alarm, command)
    case 'confirm':
      return confirm(alarm, command, rule)
    case 'decline':
      return decline(alarm, command)
    case 'exercise':
      return 'not-in-configuration'
    case 'dispose':
      return dispose(alarm, command)
    case 'correct':
    case 'close':
      return 'not-reported'
  }
}

function ruleOf(devices: Devices, row: Alarm): Rule | undefined {
  return devices.get(row.device)?.rules.find(({ alarmId }) => alarmId === row.id)?.rule
}

/** A row from an earlier version. What is out of service there had lost its configuration. */
function completed(row: Alarm): Alarm {
  const { shelving = null, inhibitedBy = null, facts } = row as Alarm & Partial<Pick<Alarm, 'shelving' | 'inhibitedBy'>>
  const removed = facts.suppression === 'out-of-service' ? { by: null, comment: null, at: row.raisedAt } : null
  const { outOfService = removed, firstOut = [], offBySchedule = false } = row as Partial<Alarm>
  const { mode = null, mark = null } = row as Partial<Alarm>
  return { ...row, shelving, inhibitedBy, offBySchedule, outOfService, mode, mark, firstOut }
}
