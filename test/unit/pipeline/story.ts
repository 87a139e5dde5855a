/** A pipeline with a hand-made clock that ticks once a second, and the tale of what it said. */
import type { Device } from '../../../device-profiles/device.ts'
import type { Alarm, AlarmEventDraft, CommandAction, CommandResult, Outcome } from '../../../gateway/alarm-model.ts'
import type { Mode, ModeEventDraft, ModeWish } from '../../../gateway/mode.ts'
import type { Instant, PointValue, QualityReason, Reading, Sample, SampleContent } from '../../../gateway/model.ts'
import { Pipeline } from '../../../gateway/pipeline/pipeline.ts'

export const START: Instant = { wall: Date.UTC(2026, 10, 23, 8), mono: 1_000_000 }

export class Story {
  readonly pipeline: Pipeline
  readonly events: AlarmEventDraft[] = []
  readonly readings: Reading[] = []
  readonly modeEvents: ModeEventDraft[] = []
  /** One line per event: seconds since the start, what happened, the state after it. */
  readonly tale: string[] = []
  #wallStep = 0
  #elapsed = 0

  constructor(devices: readonly Device[], alarms: readonly Alarm[] = [], elapsedMs = 0, modes: readonly Mode[] = []) {
    this.#elapsed = elapsedMs
    this.pipeline = new Pipeline({ devices, alarms, modes, now: this.now })
  }

  get now(): Instant {
    return { wall: START.wall + this.#elapsed + this.#wallStep, mono: START.mono + this.#elapsed }
  }

  /** Lets so many seconds pass, with a tick at each full second. */
  pass(seconds: number): this {
    const end = this.#elapsed + seconds * 1000
    for (let next = nextSecond(this.#elapsed); next <= end; next += 1000) {
      this.#elapsed = next
      this.hear(this.pipeline.tick(this.now))
      this.modeEvents.push(...this.pipeline.takeEndedModes())
    }
    this.#elapsed = end
    return this
  }

  /** Lets so many seconds pass without a tick, as on a busy machine. */
  passWithoutTick(seconds: number): this {
    this.#elapsed += seconds * 1000
    return this
  }

  /** The wall clock jumps; the monotonic one does not. */
  stepWallClock(ms: number): this {
    this.#wallStep += ms
    return this
  }

  say(device: string, content: SampleContent): this {
    this.hear(this.pipeline.accept({ deviceId: device, at: this.now, ...content } as Sample))
    return this
  }

  values(device: string, values: Readonly<Record<string, PointValue>>): this {
    return this.say(device, { type: 'values', values })
  }

  /** A reply of the water gauge of `devices.ts`: the level of the water in metres. */
  water(level: number, options: { unconfirmed?: boolean } = {}): this {
    return this.say('water', {
      type: 'registers',
      table: 'input-register',
      address: 10,
      words: [Math.round((4 - level) * 1000)],
      ...options,
    })
  }

  waterWord(word: number): this {
    return this.say('water', { type: 'registers', table: 'input-register', address: 10, words: [word] })
  }

  fails(device: string, reason: QualityReason = 'communication-failure'): this {
    return this.say(device, { type: 'device-failure', reason, detail: 'no answer within 1000 ms' })
  }

  message(device: string, body: object | string, { retained = false } = {}): this {
    const payload = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return this.say(device, { type: 'message', payload, retained })
  }

  acknowledge(alarmId: string, comment: string | null = null): CommandResult {
    return this.#command(alarmId, 'acknowledge', comment)
  }

  reset(alarmId: string): CommandResult {
    return this.#command(alarmId, 'reset', null)
  }

  /** Any command of a person; gives why it was refused, or null. */
  order(alarmId: string, action: CommandAction, comment: string | null = 'because'): string | null {
    const result = this.pipeline.command({ alarmId, by: 'Li Na', comment, at: this.now, ...action })
    if (!result.ok) return result.refusal
    this.hear(result.outcome)
    return null
  }

  /** Gives the id of the mode, or why it was refused. */
  begin(wish: Pick<ModeWish, 'type' | 'target'> & { readonly minutes: number; readonly dispatch?: boolean }): string {
    const { type, target, minutes, dispatch = false } = wish
    const who = { by: 'Li Na', comment: 'yearly inspection' }
    return this.#hearMode(
      this.pipeline.beginMode({ type, target, dispatch, durationMs: minutes * 60_000, ...who }, this.now),
    )
  }

  endMode(id: string): string {
    return this.#hearMode(this.pipeline.endMode(id, { by: 'Li Na', comment: null, at: this.now }))
  }

  reconfigure(devices: readonly Device[]): this {
    this.hear(this.pipeline.reconfigure(devices, this.now))
    return this
  }

  /** The gateway dies and starts again from its journal. */
  restart(devices: readonly Device[]): Story {
    const next = new Story(devices, this.table(), 0, [...this.pipeline.modes()])
    return next
  }

  /** The same after so many seconds, with the readings that were stored. The monotonic clock begins anew in between. */
  restartWithPast(devices: readonly Device[], seconds: number): Story {
    const next = new Story(devices, this.table(), this.#elapsed + seconds * 1000, [...this.pipeline.modes()])
    const past = new Map<string, Reading[]>()
    for (const reading of this.readings) past.set(reading.point, [...(past.get(reading.point) ?? []), reading])
    next.pipeline.resume(past, next.now)
    return next
  }

  table(): readonly Alarm[] {
    return [...this.pipeline.alarms()]
  }

  alarm(id: string): Alarm {
    const alarm = this.pipeline.alarm(id)
    if (alarm === undefined) throw new Error(`no alarm "${id}" in the table`)
    return alarm
  }

  last(): AlarmEventDraft {
    const event = this.events.at(-1)
    if (event === undefined) throw new Error('nothing has happened yet')
    return event
  }

  readingsOf(point: string): readonly Reading[] {
    return this.readings.filter((reading) => reading.point === point)
  }

  hear(outcome: Outcome): void {
    this.readings.push(...outcome.readings)
    for (const event of outcome.events) {
      this.events.push(event)
      const { alarm } = event
      const level = alarm.level === null ? '' : ` ${alarm.level}`
      this.tale.push(`${this.#elapsed / 1000} s: ${alarm.id} ${event.type}${level} -> ${alarm.state}`)
    }
  }

  #hearMode(change: ReturnType<Pipeline['beginMode']>): string {
    if (typeof change === 'string') return change
    this.modeEvents.push(change.event)
    this.hear(change.outcome)
    return change.event.mode.id
  }

  #command(alarmId: string, type: 'acknowledge' | 'reset', comment: string | null): CommandResult {
    const result = this.pipeline.command({ alarmId, type, by: 'Li Na', comment, at: this.now })
    if (result.ok) this.hear(result.outcome)
    return result
  }
}

function nextSecond(elapsed: number): number {
  return (Math.floor(elapsed / 1000) + 1) * 1000
}
