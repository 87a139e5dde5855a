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
import type { Mode, ModeEventDraft, ModeRefusal, ModeWish } from '../mode.ts'
import {
  type Alarm,
  type AlarmEventDraft,
  type Command,
  type CommandRefusal,
  type CommandResult,
  type Instant,
  isRaise,
  type Outcome,
  type Reading,
  type Sample,
} from '../model.ts'
import { AlarmTable } from './alarm-table.ts'
import { computedFinding } from './computed-points.ts'
import { type Counters, countReading, countSample, type MutableCounters, newCounters } from './counters.ts'
import type { Decoding, Finding } from './decode.ts'
import { createDeviceState, type DeviceState, neverRaised, type PointState } from './device-state.ts'
import { worstFirst } from './event-order.ts'
import { Groups } from './groups.ts'
import { hear, isTrustKnown, missPoints, rememberReading } from './hearing.ts'
import { judgeLate } from './late-alarm.ts'
import { LocalClock } from './local-time.ts'
import { ModeBook } from './mode-book.ts'
import { paceMs } from './pace.ts'
import {
  neededPast,
  newestTime,
  newestValue,
  type PastReading,
  type PastRun,
  relive,
  reliveComputed,
  resumeSilence,
} from './past.ts'
import { grade } from './quality.ts'
import { refusalMessage } from './reason.ts'
import { furtherReceiptOf, type Receipt, receiptOf, record, recordStale } from './record.ts'
import { calmRange, expireDelays, isPending, judgeDevice, judgeTrend, judgeValue, type RuleState } from './rules.ts'
import { followSchedule } from './schedules.ts'
import { takeSetpoints } from './setpoints.ts'
import { type DeviceStatus, type PointStatus, statusOf } from './status.ts'
import { forgetStored, storeCause, storeForgotten, storeNewest } from './storing.ts'

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

interface Step {
  readonly at: Instant
  readonly readings: Reading[]
  readonly events: AlarmEventDraft[]
}

export class Pipeline {
  #devices: ReadonlyMap<string, DeviceState> = new Map()
  #groups: Groups | null = null
  readonly #clock = new LocalClock()
  readonly #table: AlarmTable
  readonly #modes: ModeBook
  /** What is to be recorded of modes that ended by themselves. */
  #endedModes: readonly ModeEventDraft[] = []
  readonly #counters: MutableCounters = newCounters()
  #now: Instant
  /** Number of the samples, and of the earlier ones that they brought along. */
  #takes = 0
  /** Alarms that the configuration has lost or won while the gateway was off; told with the first outcome. */
  #untold: readonly AlarmEventDraft[] = []

  constructor({ devices, alarms, modes = [], now }: PipelineOptions) {
    this.#modes = new ModeBook(modes, now)
    this.#table = new AlarmTable(alarms, now, { modes: this.#modes })
    this.#now = now
    this.#untold = this.reconfigure(devices, now).events
  }

  accept(sample: Sample): Outcome {
    const step = this.#begin(sample.at)
    const device = this.#devices.get(sample.deviceId)
    if (device === undefined) {
      this.#counters.samples++
      this.#counters.unknownDevice++
      return step
    }
    const decoding = device.decoder.decode(sample)
    const receipt = receiptOf(sample, decoding, device)
    countSample(this.#counters, sample, { decoding, receipt })
    const live =
      this.#take(device, decoding, { step, receipt }) + this.#takeFurther(device, decoding, { step, receipt })
    hear(device, sample, { decoding, live })
    this.#judgeTrust(device, step)
    // What members say without an event is looked at with the next tick.
    if (step.events.length > 0) this.#judgeGroups(step, device)
    return this.#end(step)
  }

  /** Advances delays, staleness and silence. Safe at any pace; a late tick raises what a punctual one would have raised. */
  tick(now: Instant): Outcome {
    const step = this.#begin(now)
    for (const device of this.#devices.values()) {
      this.#followSchedules(device, step)
      this.#takeSetpoints(device, step)
      for (const point of device.points) this.#agePoint(device, point, step)
      this.#judgeSetpoints(device, step)
      this.#judgeSilence(device, step)
      missPoints(device)
      this.#judgeTrust(device, step)
    }
    this.#judgeGroups(step)
    for (const event of this.#table.tick(this.#devices, now)) this.#tell(event, step)
    const ended = this.#modes.expire(now)
    if (ended.length > 0) this.#settleModes(step)
    this.#endedModes = [...this.#endedModes, ...ended]
    return this.#end(step)
  }

  /** Modes that have ended by themselves since this was asked last. */
  takeEndedModes(): readonly ModeEventDraft[] {
    const ended = this.#endedModes
    if (ended.length > 0) this.#endedModes = []
    return ended
  }

  beginMode(wish: ModeWish, at: Instant): ModeChange | ModeRefusal {
    const devices = Iterator.from(this.#devices.values()).map(({ device }) => device)
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
    const alarm = this.#table.rows.get(command.alarmId) ?? neverRaised(this.#devices.values(), command.alarmId)
    if (alarm === undefined) return refused('unknown-alarm')
    const state = this.#devices.get(alarm.device)?.rules.find(({ alarmId }) => alarmId === alarm.id)
    const rule = state?.rule ?? null
    const { device } = this.#devices.get(alarm.device) ?? {}
    const event =
      command.type === 'exercise' && rule !== null && device !== undefined
        ? this.#table.exercise({ device, rule }, command)
        : this.#table.command(alarm, command, rule)
    if (typeof event === 'string') return refused(event)
    const step = this.#begin(command.at)
    this.#tell(event, step)
    return { ok: true, outcome: step, alarm: event.alarm }
  }

  /** Watches `devices` from now on. What did not change keeps its readings, delays and alarms. */
  reconfigure(devices: Iterable<Device>, now: Instant): Outcome {
    const step = this.#begin(now)
    const previous = this.#devices
    const alarms = this.#table.rows
    const next = new Map<string, DeviceState>()
    for (const device of devices) {
      next.set(device.id, createDeviceState(device, { previous: previous.get(device.id), alarms, now }))
    }
    this.#devices = next
    this.#groups = new Groups(next, { rows: alarms, modes: this.#modes, now, previous: this.#groups })
    storeForgotten(previous, { after: next, step })
    for (const event of this.#table.reconcile(next, now)) this.#tell(event, step)
    this.#settleModes(step)
    for (const device of next.values()) {
      this.#followSchedules(device, step)
      this.#takeSetpoints(device, step)
    }
    for (const device of next.values())
      this.#judgeChangedRules(device, { step, before: previous.get(device.device.id) })
    return this.#end(step)
  }

  /** What of the past the rules would need, ms back from now, by point. For the time between the start and the first sample. */
  *pastNeeds(): Iterable<{ readonly point: string; readonly ms: number }> {
    const sources = this.#setpointSources()
    for (const device of this.#devices.values()) {
      for (const point of device.points) {
        const needs = [neededPast(device, point), this.#groups?.pastOf(device, point) ?? 0]
        const ms = Math.max(...needs, sources.has(point.point.id) ? device.staleAfterMs : 0)
        if (ms > 0) yield { point: point.point.id, ms }
      }
    }
  }

  /** Before the first sample: goes on where the gateway ended. `past`: of each point what was stored of it, oldest first. */
  resume(past: ReadonlyMap<string, readonly PastReading[]>, now: Instant, run?: PastRun): void {
    const newest = run?.newest ?? new Map([...past].map(([point, readings]) => [point, newestTime(readings)]))
    const endedAt = run?.endedAt ?? Math.max(...newest.values())
    for (const device of this.#devices.values()) {
      // What the setpoints were at last, for the delays that ran; they are known again when their sources speak.
      for (const { limit } of device.dynamicRules) takeSetpoints(limit, (id) => newestValue(past.get(id) ?? []))
      let heardAt = -Infinity
      for (const point of device.points) {
        const readings = past.get(point.point.id) ?? []
        relive(point, readings, now)
        // What was computed is no word of the device.
        if (point.computed === null) heardAt = Math.max(heardAt, newest.get(point.point.id) ?? -Infinity)
        else reliveComputed(point.computed, { device: device.device, past, now })
      }
      if (heardAt > -Infinity) resumeSilence(device, endedAt - heardAt)
      this.#groups?.resume(device, past, now)
    }
  }

  /**
   * The journal has refused these readings and nobody was told that they were taken. What is sent again is then no
   * duplicate, and a failure that lasts is recorded with its next sample.
   */
  unwritten(readings: readonly Reading[]): void {
    for (const reading of readings) {
      const point = this.#point(reading.point)
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
    const [deviceId = ''] = alarmId.split('.', 1)
    return this.#devices.get(deviceId)?.rules.find((state) => state.alarmId === alarmId)?.rule
  }

  *points(): Iterable<PointStatus> {
    for (const { device, points } of this.#devices.values()) {
      for (const { point, reading, rules } of points) {
        yield { device, point, reading: reading === null ? null : { ...reading }, rules }
      }
    }
  }

  /** The newest readings that are not stored, because nothing had changed. */
  leftOut(): readonly Reading[] {
    const readings: Reading[] = []
    for (const { points } of this.#devices.values()) {
      for (const { leftOut } of points) if (leftOut !== null) readings.push(leftOut)
    }
    return readings
  }

  /** How long a change of a point could go unseen lately, in ms; null: nothing hurries, or there is too little to say. */
  paceOf(pointId: string, { mono }: Instant): number | null {
    const state = this.#point(pointId)
    return state === undefined || state.pace === null ? null : paceMs(state.pace, mono)
  }

  /** By `deviceId.pointId`: the newest live reading and when the last good one came (monotonic; null: never). */
  latest(point: string): { readonly reading: Reading; readonly goodAt: number | null } | null {
    const state = this.#point(point)
    if (state === undefined || state.reading === null) return null
    return { reading: { ...state.reading }, goodAt: state.goodAt === -Infinity ? null : state.goodAt }
  }

  *devices(): Iterable<DeviceStatus> {
    for (const state of this.#devices.values()) yield statusOf(state, this.#now)
  }

  get counters(): Counters {
    return this.#counters
  }

  #point(id: string): PointState | undefined {
    const [deviceId = ''] = id.split('.', 1)
    return this.#devices.get(deviceId)?.points.find(({ point }) => point.id === id)
  }

  #begin(at: Instant): Step {
    this.#now = at
    if (this.#untold.length === 0) return { at, readings: [], events: [] }
    const events = [...this.#untold]
    this.#untold = []
    return { at, readings: [], events }
  }

  /** Decode, quality, time, rules: one finding after the other. Gives the number of findings that are about now. */
  #take(
    device: DeviceState,
    decoding: Pick<Decoding, 'points' | 'findings'> & { readonly malformed?: string | null },
    { step, receipt }: { step: Step; receipt: Receipt },
  ): number {
    if (receipt.retained && receipt.deviceTime === null) {
      // Nobody knows when it was measured, and the broker sends it again with every connection.
      if (decoding.malformed === null) this.#counters.retainedIgnored++
      return 0
    }
    let live = 0
    const take = ++this.#takes
    for (let i = 0; i < decoding.points.length; i++) {
      const point = device.points[decoding.points[i] as number]
      const finding = decoding.findings[i]
      if (point === undefined || finding === undefined || point.computed !== null) continue
      if (!this.#takeFinding(device, point, { finding, step, receipt })) continue
      live++
      point.takenIn = take
    }
    if (live > 0 && device.computed.length > 0) this.#compute(device, take, { step, receipt })
    return live
  }

  /** True where it is about now. */
  #takeFinding(
    device: DeviceState,
    point: PointState,
    { finding, step, receipt }: { finding: Finding; step: Step; receipt: Receipt },
  ): boolean {
    const graded = grade(point.point.profile, finding, receipt)
    const recorded = record(point, graded, receipt)
    if (recorded === 'duplicate') {
      this.#counters.duplicates++
      return false
    }
    if (recorded === 'repeated') {
      if (point.computed !== null) point.detail = graded.detail
      this.#counters.badRepeated++
      return true
    }
    if (recorded.replayed === true) {
      step.readings.push(recorded)
      if (!receipt.retained) this.#judgeLate(device, point, { reading: recorded, step })
      return false
    }
    const reading = this.#marked(recorded)
    rememberReading(device, point, { reading, detail: graded.detail, at: step.at, tookMs: receipt.tookMs })
    this.#store(device, point, { reading, step })
    this.#judge(device, point, { reading, step })
    return true
  }

  /** In their order, so that what is computed from a computed point follows it. */
  #compute(device: DeviceState, take: number, { step, receipt }: { step: Step; receipt: Receipt }): void {
    for (const point of device.computed) {
      if (point.computed === null) continue
      const finding = computedFinding(point.computed, { points: device.points, take, at: step.at })
      if (finding === null) continue
      point.takenIn = take
      // Until there is enough of the past, every sample says again that there is not.
      if ('fault' in finding && finding.fault === point.reading?.reason && point.stored !== null) {
        point.detail = finding.detail
        this.#counters.badRepeated++
      } else this.#takeFinding(device, point, { finding, step, receipt })
    }
  }

  /** What a broker has kept comes again with every connection, so it is not told. */
  #judgeLate(device: DeviceState, point: PointState, { reading, step }: { reading: Reading; step: Step }): void {
    const { value, quality, time } = reading
    if (quality !== 'good' || typeof value !== 'number') return
    const { intervalMs } = device.device
    for (const state of point.rules) {
      if (state.rule.class !== 'alarm') continue
      const place = judgeLate(state, { value, time }, { intervalMs, standsMs: device.staleAfterMs })
      if (place === null) continue
      const event = this.#table.reportLate(device, state, { reading, place, at: step.at })
      if (event !== null) this.#tell(event, step)
    }
  }

  /** After the newest of each point, so that what is older is found to be late. */
  #takeFurther(
    device: DeviceState,
    { further }: Decoding,
    { step, receipt }: { step: Step; receipt: Receipt },
  ): number {
    let live = 0
    for (const decoding of further ?? []) {
      const own = furtherReceiptOf(receipt, decoding)
      if (decoding.time !== null && own.deviceTime === null) this.#counters.timesNotBelieved++
      if (decoding.late && own.deviceTime === null) this.#counters.undated++
      else live += this.#take(device, decoding, { step, receipt: own })
    }
    return live
  }

  /** Bad and uncertain readings reach no rule of a value: they leave its gates as they are. */
  #judge(device: DeviceState, point: PointState, { reading, step }: { reading: Reading; step: Step }): void {
    const { value, quality } = reading
    if (quality !== 'good' || typeof value !== 'number') return
    for (const { trend } of point.trendRules) trend?.window.add(value, step.at.mono)
    this.#takeSetpoints(device, step)
    this.#judgeTrends(device, point, step)
    if (point.calm !== null && value > point.calm.above && value < point.calm.below) return
    for (const state of point.rules) {
      if (judgeValue(state, value, step.at)) this.#settle(device, state, step)
    }
    point.calm = calmRange(point.rules, value)
  }

  #judgeTrends(device: DeviceState, { trendRules }: PointState, step: Step): void {
    for (const state of trendRules) if (judgeTrend(state, step.at)) this.#settle(device, state, step)
  }

  /** Delays first, up to the moment the reading grew old: so a late tick comes to the same result as a punctual one. */
  #agePoint(device: DeviceState, point: PointState, step: Step): void {
    const { reading } = point
    if (reading === null || reading.quality === 'bad') return
    const staleAt = point.goodAt + device.staleAfterMs
    const { mono } = step.at
    if (reading.quality === 'good') {
      const until = Math.min(mono, staleAt)
      for (const state of point.rules) {
        if (isPending(state) && expireDelays(state, until)) this.#settle(device, state, step)
      }
      // A window slides on without readings; once they are stale nobody knows.
      if (point.trendRules.length > 0 && mono <= staleAt) this.#judgeTrends(device, point, step)
    }
    if (point.stale || point.goodAt === -Infinity || mono <= staleAt) return
    point.stale = true
    const stale = this.#marked(recordStale(point, step.at))
    rememberReading(device, point, { reading: stale, detail: null, at: step.at })
    this.#store(device, point, { reading: stale, step })
  }

  #judgeSilence(device: DeviceState, step: Step): void {
    for (const state of device.silenceRules) {
      const silent = step.at.mono - (device.heard ?? device.since).mono >= state.rule.afterMs
      // Not heard yet, but not for long: nobody knows. An alarm from before the restart must not return for that.
      if (!silent && device.heard === null) continue
      if (judgeDevice(state, silent, step.at)) this.#settle(device, state, step)
    }
  }

  #judgeTrust(device: DeviceState, step: Step): void {
    if (device.trusted && device.doubts === 0) return
    device.trusted = device.doubts === 0
    for (const state of device.trustRules) {
      const idle = device.doubts === 0 && !state.gates[0]?.on && !isPending(state)
      if (idle) continue
      device.trusted = false
      if (!isTrustKnown(device, step.at)) continue
      if (judgeDevice(state, device.doubts > 0, step.at)) this.#settle(device, state, step)
    }
  }

  /** Other setpoints speak about the value that is there. */
  #followSchedules(device: DeviceState, step: Step): void {
    for (const state of device.scheduledRules) {
      if (followSchedule(state, this.#clock, step.at.wall)) this.#judgeAnew(device, state, step)
      const event = this.#table.followSchedule(state, step.at)
      if (event !== null) this.#tell(event, step)
    }
  }

  /** Setpoints that are taken from points; a limit whose setpoints are not known is not judged, and its fault says so. */
  #takeSetpoints(device: DeviceState, step: Step): void {
    for (const { limit } of device.dynamicRules) {
      if (takeSetpoints(limit, (id) => this.#setpoint(id))) this.#judgeAnew(device, limit, step)
    }
  }

  #setpointSources(): ReadonlySet<string> {
    const levels = this.#devices
      .values()
      .flatMap(({ dynamicRules }) => dynamicRules.flatMap(({ limit }) => limit.nominal))
    return new Set(levels.flatMap(({ source }) => (source === undefined ? [] : [source.point])))
  }

  #judgeSetpoints(device: DeviceState, step: Step): void {
    for (const { limit, fault } of device.dynamicRules) {
      const { frozen } = limit
      const source = frozen?.type === 'unknown' ? this.#point(frozen.point) : undefined
      // Not heard since the start, but not for long: nobody knows.
      if (source?.reading === null && step.at.mono - source.since < device.staleAfterMs) continue
      if (judgeDevice(fault, frozen !== null, step.at)) this.#settle(device, fault, step)
    }
  }

  #setpoint(pointId: string): number | null {
    const reading = this.#point(pointId)?.reading
    return reading?.quality === 'good' && typeof reading.value === 'number' ? reading.value : null
  }

  #judgeAnew(device: DeviceState, state: RuleState, step: Step): void {
    for (const point of device.points) {
      const own = point.rules.find((candidate) => candidate === state)
      const trend = point.trendRules.find((candidate) => candidate === state)
      point.calm = null
      const { reading } = point
      if (reading?.quality !== 'good' || typeof reading.value !== 'number') continue
      if (own !== undefined) judgeValue(own, reading.value, step.at)
      if (trend !== undefined) judgeTrend(trend, step.at)
      if (own !== undefined || trend !== undefined) this.#settle(device, state, step)
    }
  }

  #judgeGroups(step: Step, member?: DeviceState): void {
    for (const [group, state] of this.#groups?.judge(step.at, member?.device.id) ?? []) this.#settle(group, state, step)
  }

  /** A changed setpoint speaks about the value that is there, not about the next one. */
  #judgeChangedRules(device: DeviceState, { step, before }: { step: Step; before: DeviceState | undefined }): void {
    for (const { reading, rules } of device.points) {
      if (reading?.quality !== 'good' || typeof reading.value !== 'number') continue
      for (const state of rules) {
        if (before?.rules.includes(state)) continue
        judgeValue(state, reading.value, step.at)
        this.#settle(device, state, step)
      }
    }
  }

  #settle(device: DeviceState, state: RuleState, step: Step): void {
    const event = this.#table.settle(device, state, step.at)
    if (event === null) return
    storeCause(device, event.alarm.cause, step)
    this.#tell(event, step)
    if (!isRaise(event) && event.type !== 'returned') return
    const brokenOff = isRaise(event) ? this.#table.breakOffExercise(state.alarmId, step.at) : null
    if (brokenOff !== null) this.#tell(brokenOff, step)
    for (const inhibited of this.#table.inhibit(device, state.rule.id, step.at)) this.#tell(inhibited, step)
  }

  #changeModes(event: ModeEventDraft | ModeRefusal, at: Instant): ModeChange | ModeRefusal {
    if (typeof event === 'string') return event
    const step = this.#begin(at)
    this.#settleModes(step)
    return { event, outcome: this.#end(step) }
  }

  #settleModes(step: Step): void {
    for (const event of this.#table.settleModes(this.#devices, step.at)) this.#tell(event, step)
  }

  /** What comes of a point while an engineer tests it says so for ever. */
  #marked(reading: Reading): Reading {
    return this.#modes.testOf(reading.point) === null ? reading : { ...reading, test: true }
  }

  #store(device: DeviceState, point: PointState, newest: { reading: Reading; step: Step }): void {
    if (storeNewest(device, point, newest)) this.#counters.unchanged++
  }

  #end(step: Step): Step {
    worstFirst(step.events)
    for (const reading of step.readings) countReading(this.#counters, reading)
    return step
  }

  #tell(event: AlarmEventDraft, step: Step): void {
    this.#counters.alarmEvents++
    step.events.push(event)
  }
}

function refused(refusal: CommandRefusal): CommandResult {
  return { ok: false, refusal, message: refusalMessage(refusal) }
}
