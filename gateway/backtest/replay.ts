/**
 * Recorded readings through the pipeline of the gateway, at their own times. What is told is what a gateway with these
 * devices would have told, with three differences: what came late is left out; a silence is known only from what is missing
 * in the record; and nobody acknowledges, shelves or is at work.
 */
import type { Device } from '../../device-profiles/device.ts'
import type { AlarmEventDraft, Outcome } from '../alarm-model.ts'
import type { Instant, Reading } from '../model.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import type { RecordedReading, RecordedReadings, Span } from './recorded-reading.ts'

export interface ReplayOptions {
  readonly devices: readonly Device[]
  readonly span: Span
  /** How often rules are judged by time, ms. */
  readonly tickMs: number
  readonly onEvent: (event: AlarmEventDraft) => void
  /** After each batch; `time`: of the record, ms since 1970. False ends the replay. */
  readonly onProgress: (time: number) => boolean
}

export interface Replayed {
  readonly readings: number
  readonly points: number
  /** Readings that were left out because they had come late. */
  readonly late: number
  /** Readings of points that the devices do not have. */
  readonly unknown: number
}

/** What was not recorded again because nothing had changed. */
interface Standing {
  readonly device: string
  readonly pointId: string
  readonly everyMs: number
  readonly forMs: number
  reading: RecordedReading
  fedAt: number
}

export async function replay(readings: RecordedReadings, options: ReplayOptions): Promise<Replayed> {
  const run = new Replay(options)
  for await (const batch of readings) {
    for (const together of samplesOf(batch)) run.feed(together)
    const last = batch.at(-1)
    if (last !== undefined && !options.onProgress(last.time)) return run.result
  }
  run.passUntil(options.span.to)
  return run.result
}

class Replay {
  readonly #options: ReplayOptions
  /** Null before the first reading: before its record begins a device is not silent, it is not known. */
  #pipeline: Pipeline | null = null
  readonly #standing = new Map<string, Standing>()
  readonly #points = new Set<string>()
  readonly #known: ReadonlyMap<
    string,
    { readonly device: Device; readonly pointId: string; readonly isComputed: boolean }
  >
  #nextTick = 0
  #readings = 0
  #late = 0
  #unknown = 0

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#known = new Map(
      options.devices.flatMap((device) =>
        device.points.map(
          ({ id, profile }) =>
            [id, { device, pointId: profile.id, isComputed: profile.compute !== undefined }] as const,
        ),
      ),
    )
  }

  get result(): Replayed {
    return { readings: this.#readings, points: this.#points.size, late: this.#late, unknown: this.#unknown }
  }

  /** Readings of one device and one time. */
  feed(together: readonly RecordedReading[]): void {
    const [first] = together
    if (first === undefined) return
    if (this.#pipeline === null) this.#begin(first.time)
    this.passUntil(first.time)
    const readings: Record<string, Pick<Reading, 'value' | 'quality' | 'reason'>> = {}
    let device: string | null = null
    for (const reading of together) {
      const known = this.#known.get(reading.point)
      if (known === undefined) this.#unknown++
      else if (reading.replayed === true) this.#late++
      // That it grew old is found out again, and what was computed is computed again.
      else if (reading.reason !== 'stale' && !known.isComputed) {
        device = known.device.id
        readings[known.pointId] = reading
        this.#note(reading, known)
      }
    }
    if (device !== null) this.#accept(device, readings, first.time)
  }

  passUntil(time: number): void {
    if (this.#pipeline === null) return
    for (; this.#nextTick <= time; this.#nextTick += this.#options.tickMs) {
      const at = this.#nextTick
      for (const standing of this.#standing.values()) {
        const { device, pointId, everyMs, forMs, reading, fedAt } = standing
        if (at - fedAt < everyMs || at - reading.time > forMs) continue
        standing.fedAt = at
        this.#accept(device, { [pointId]: reading }, at)
      }
      this.#tell(this.#pipeline.tick(this.#at(at)))
    }
  }

  /** Ticks fall on whole steps of the span, as long as the record may have been. */
  #begin(time: number): void {
    const { devices, span, tickMs } = this.#options
    this.#pipeline = new Pipeline({ devices, alarms: [], now: this.#at(time) })
    this.#nextTick = span.from + (Math.floor((time - span.from) / tickMs) + 1) * tickMs
  }

  #note(reading: RecordedReading, { device, pointId }: { readonly device: Device; readonly pointId: string }): void {
    this.#readings++
    this.#points.add(reading.point)
    const forMs = standsFor(reading, device)
    if (forMs === 0) this.#standing.delete(reading.point)
    else {
      const { id, intervalMs } = device
      const standing = { device: id, pointId, everyMs: intervalMs, forMs, reading, fedAt: reading.time }
      this.#standing.set(reading.point, standing)
    }
  }

  #accept(
    deviceId: string,
    readings: Readonly<Record<string, Pick<Reading, 'value' | 'quality' | 'reason'>>>,
    time: number,
  ): void {
    if (this.#pipeline !== null)
      this.#tell(this.#pipeline.accept({ deviceId, at: this.#at(time), type: 'recorded', readings }))
  }

  #tell({ events }: Outcome): void {
    for (const event of events) this.#options.onEvent(event)
  }

  /** To the millisecond: the microseconds tell readings apart (they were moved by one for it) and are no time that passed. */
  #at(time: number): Instant {
    const wall = Math.floor(time)
    return { wall, mono: wall - Math.floor(this.#options.span.from) }
  }
}

/**
 * How long a recorded reading stands without another one. A value that is stored on change stands as long as it may; one that
 * is bad, on a line that is polled, until the reason changes, because only that is recorded.
 */
function standsFor({ point, quality, reason }: RecordedReading, { points, profile, intervalMs }: Device): number {
  const store = points.find(({ id }) => id === point)?.store
  if (quality === 'good') return store === undefined ? 0 : store.maxIntervalMs + intervalMs
  return quality === 'bad' && reason !== 'communication-failure' && profile.protocol === 'modbus' ? Infinity : 0
}

/** Neighbours of one device and one time were one sample: what is derived is derived from them anew. */
function* samplesOf(batch: readonly RecordedReading[]): Iterable<readonly RecordedReading[]> {
  for (let start = 0; start < batch.length; ) {
    const { time } = batch[start] as RecordedReading
    let end = start
    while (end < batch.length && batch[end]?.time === time) end++
    if (end === start + 1) yield [batch[start] as RecordedReading]
    else yield* Map.groupBy(batch.slice(start, end), ({ point }) => point.slice(0, point.indexOf('.'))).values()
    start = end
  }
}
