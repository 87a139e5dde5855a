/**
 * The line. The only file that orders the stages:
 *
 *   Sample ──▶ decode ──▶ quality ──▶ time, record ──▶ rules ──▶ alarms
 *              findings   grades      Readings         gates     AlarmEvents
 *
 * Three entries, one direction: `accept(sample)` takes what came from the field; `tick(now)` lets time pass (delays that run
 * out, readings that grow old, devices that fall silent), about once a second; `command(cmd)` is what people do.
 * `reconfigure` changes what is watched. Each gives back what must be recorded and told, once.
 *
 * Pure: time is an argument; nothing is read, written or logged. Delays and ages are measured on the monotonic clock, the
 * wall clock only stamps. What may not be taken for now (retained messages, late data) is recorded and moves no gate; late
 * data that would have been an alarm is told as that.
 */
import type { Device, Rule } from '../../device-profiles/device.ts'
import type {
  Alarm,
  AlarmEventDraft,
  Command,
  CommandRefusal,
  CommandResult,
  Outcome,
  ReportWish,
} from '../alarm-model.ts'
import type { Mode, ModeEventDraft, ModeRefusal, ModeWish } from '../mode.ts'
import type { Instant, Reading, Sample } from '../model.ts'
import { AlarmTable } from './alarm-table.ts'
import { type Counters, type MutableCounters, newCounters } from './counters.ts'
import { createDeviceState, type DeviceState, neverRaised } from './device-state.ts'
import { Groups } from './groups.ts'
import { missPoints } from './hearing.ts'
import { Intake } from './intake.ts'
import { Judge } from './judge.ts'
import { ModeBook } from './mode-book.ts'
import type { PastReading, PastRun } from './past.ts'
import { refusalMessage } from './refusals.ts'
import { type PastNeed, pastNeeds, resume } from './resume.ts'
import type { DeviceStatus, PointStatus } from './status.ts'
import { Step } from './step.ts'
import { forgetStored, storeForgotten } from './storing.ts'
import { Watched } from './watched.ts'

export interface PipelineOptions {
  readonly devices: Iterable<Device>
  /** The alarm table as the journal has kept it: what was active before a restart is active, and is not raised again. */
  readonly alarms: Iterable<Alarm>
  /** The modes that were on. */
  readonly modes?: Iterable<Mode>
  readonly now: Instant
}

/** Of a mode that was begun or ended: what it does to alarms, and what is to be recorded of it. */
export type ModeChange = { readonly event: ModeEventDraft; readonly outcome: Outcome }

export class Pipeline {
  readonly #watched = new Watched()
  #groups: Groups | null = null
  readonly #table: AlarmTable
  readonly #modes: ModeBook
  readonly #judge: Judge
  readonly #intake: Intake
  /** What is to be recorded of modes that ended by themselves. */
  #endedModes: readonly ModeEventDraft[] = []
  readonly #counters: MutableCounters = newCounters()
  #now: Instant
  /** Alarms that the configuration has lost or won while the gateway was off; told with the first outcome. */
  #untold: readonly AlarmEventDraft[] = []

  constructor({ devices, alarms, modes = [], now }: PipelineOptions) {
    this.#modes = new ModeBook(modes, now)
    this.#table = new AlarmTable(alarms, now, { modes: this.#modes })
    this.#judge = new Judge({ watched: this.#watched, table: this.#table })
    this.#intake = new Intake({ judge: this.#judge, modes: this.#modes, counters: this.#counters })
    this.#now = now
    this.#untold = this.reconfigure(devices, now).events
  }

  accept(sample: Sample): Outcome {
    const step = this.#begin(sample.at)
    const device = this.#watched.devices.get(sample.deviceId)
    if (device === undefined) {
      this.#counters.samples++
      this.#counters.unknownDevice++
      return step
    }
    this.#intake.sample(device, sample, step)
    this.#judge.trust(device, step)
    // What members say without an event is looked at with the next tick.
    if (step.events.length > 0) this.#judge.groups(this.#groups, step, device)
    return step.end()
  }

  /** Advances delays, staleness and silence. Safe at any pace; a late tick raises what a punctual one would have raised. */
  tick(now: Instant): Outcome {
    const step = this.#begin(now)
    for (const device of this.#watched.devices.values()) {
      this.#judge.settings(device, step)
      for (const point of device.points) this.#intake.age(device, point, step)
      this.#judge.unknownSetpoints(device, step)
      this.#judge.silence(device, step)
      missPoints(device)
      this.#judge.trust(device, step)
    }
    this.#judge.groups(this.#groups, step)
    for (const event of this.#table.tick(this.#watched.devices, now)) step.tell(event)
    const ended = this.#modes.expire(now)
    if (ended.length > 0) this.#settleModes(step)
    this.#endedModes = [...this.#endedModes, ...ended]
    return step.end()
  }

  /** Modes that have ended by themselves since this was asked last. */
  takeEndedModes(): readonly ModeEventDraft[] {
    const ended = this.#endedModes
    if (ended.length > 0) this.#endedModes = []
    return ended
  }

  beginMode(wish: ModeWish, at: Instant): ModeChange | ModeRefusal {
    const devices = Iterator.from(this.#watched.devices.values()).map(({ device }) => device)
    return this.#changeModes(this.#modes.begin(wish, at, devices), at)
  }

  /** `by` is null where nobody ends it but the gateway itself. */
  endMode(
    id: string,
    { by, comment, at }: { readonly by: string | null; readonly comment: string | null; readonly at: Instant },
  ): ModeChange | ModeRefusal {
    return this.#changeModes(this.#modes.end(id, { by, comment, time: at.wall }), at)
  }

  modes(): Iterable<Mode> {
    return this.#modes.modes
  }

  /** What a person does to an alarm. A refusal changes nothing and says why. */
  command(command: Command): CommandResult {
    const alarm = this.#table.rows.get(command.alarmId) ?? neverRaised(this.#watched.devices.values(), command.alarmId)
    if (alarm === undefined) return refused('unknown-alarm')
    const state = this.#watched.devices.get(alarm.device)?.rules.find(({ alarmId }) => alarmId === alarm.id)
    const rule = state?.rule ?? null
    const { device } = this.#watched.devices.get(alarm.device) ?? {}
    const event =
      command.type === 'exercise' && rule !== null && device !== undefined
        ? this.#table.exercise({ device, rule }, command)
        : this.#table.command(alarm, command, rule)
    if (typeof event === 'string') return refused(event)
    const step = this.#begin(command.at)
    step.tell(event)
    return { ok: true, outcome: step, alarm: event.alarm }
  }

  /** What a person reports becomes an alarm of its own. Said twice, it is one. */
  report(wish: ReportWish, at: Instant): CommandResult {
    const told = this.#table.report(wish, at)
    if (typeof told === 'string') return refused(told)
    const step = this.#begin(at)
    if (!('alarm' in told)) return { ok: true, outcome: step.end(), alarm: told }
    step.tell(told)
    return { ok: true, outcome: step.end(), alarm: told.alarm }
  }

  /** Watches `devices` from now on. What did not change keeps its readings, delays and alarms. */
  reconfigure(devices: Iterable<Device>, now: Instant): Outcome {
    const step = this.#begin(now)
    const previous = this.#watched.devices
    const alarms = this.#table.rows
    const next = new Map<string, DeviceState>()
    for (const device of devices) {
      const before = previous.get(device.id)
      // The very same, as at the end of a start.
      const isKept = before?.device === device
      next.set(device.id, isKept ? before : createDeviceState(device, { previous: before, alarms, now }))
    }
    this.#watched.replace(next)
    this.#groups = new Groups(next, { rows: alarms, modes: this.#modes, now, previous: this.#groups })
    storeForgotten(previous, { after: next, step })
    for (const event of this.#table.reconcile(next, now)) step.tell(event)
    this.#settleModes(step)
    for (const device of next.values()) this.#judge.settings(device, step)
    for (const device of next.values()) {
      this.#judge.changed(device, { step, before: previous.get(device.device.id) })
    }
    return step.end()
  }

  /** What of the past the rules would need, ms back from now, by point. For the time between the start and the first sample. */
  pastNeeds(): Iterable<PastNeed> {
    return pastNeeds(this.#watched, this.#groups)
  }

  /** Before the first sample: goes on where the gateway ended. `past`: of each point what was stored of it, oldest first. */
  resume(past: ReadonlyMap<string, readonly PastReading[]>, now: Instant, run?: PastRun): void {
    resume(this.#watched, { past, now, run, groups: this.#groups })
  }

  /**
   * The journal has refused these readings and nobody was told that they were taken. What is sent again is then no
   * duplicate, and a failure that lasts is recorded with its next sample.
   */
  unwritten(readings: readonly Reading[]): void {
    for (const reading of readings) {
      const point = this.#watched.point(reading.point)
      if (point !== undefined) forgetStored(point, reading)
    }
  }

  /** Every alarm that was ever raised or reported late. */
  alarms(): Iterable<Alarm> {
    return this.#table.rows.values()
  }

  alarm(id: string): Alarm | undefined {
    return this.#table.rows.get(id)
  }

  /** As it is configured now. */
  ruleOf(alarmId: string): Rule | undefined {
    return this.#watched.ruleOf(alarmId)
  }

  points(): Iterable<PointStatus> {
    return this.#watched.points()
  }

  devices(): Iterable<DeviceStatus> {
    return this.#watched.statuses(this.#now)
  }

  /** The newest readings that are not stored, because nothing had changed. */
  leftOut(): readonly Reading[] {
    return this.#watched.leftOut()
  }

  /** See `Watched.paceOf`. */
  paceOf(pointId: string, now: Instant): number | null {
    return this.#watched.paceOf(pointId, now)
  }

  /** See `Watched.latest`. */
  latest(pointId: string): ReturnType<Watched['latest']> {
    return this.#watched.latest(pointId)
  }

  get counters(): Counters {
    return this.#counters
  }

  #begin(at: Instant): Step {
    this.#now = at
    const untold = this.#untold
    if (untold.length > 0) this.#untold = []
    return new Step(at, { untold, counters: this.#counters })
  }

  #changeModes(event: ModeEventDraft | ModeRefusal, at: Instant): ModeChange | ModeRefusal {
    if (typeof event === 'string') return event
    const step = this.#begin(at)
    this.#settleModes(step)
    return { event, outcome: step.end() }
  }

  #settleModes(step: Step): void {
    for (const event of this.#table.settleModes(this.#watched.devices, step.at)) step.tell(event)
  }
}

function refused(refusal: CommandRefusal): CommandResult {
  return { ok: false, refusal, message: refusalMessage(refusal) }
}
