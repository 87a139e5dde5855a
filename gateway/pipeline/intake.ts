/** From a decoded sample to readings: quality, time, what is computed of them; each is recorded, and what is about now is judged. */
import type { Reading, Sample } from '../model.ts'
import { computedFinding } from './computed-points.ts'
import { countSample, type MutableCounters } from './counters.ts'
import type { Decoding, Finding } from './decode.ts'
import type { DeviceState, PointState } from './device-state.ts'
import { hear, rememberReading } from './hearing.ts'
import type { Judge } from './judge.ts'
import type { ModeBook } from './mode-book.ts'
import { grade } from './quality.ts'
import { furtherReceiptOf, type Receipt, receiptOf, record, recordStale } from './record.ts'
import type { Step } from './step.ts'
import { storeNewest } from './storing.ts'

export interface IntakeParts {
  readonly judge: Judge
  readonly modes: ModeBook
  readonly counters: MutableCounters
}

interface Received {
  readonly step: Step
  readonly receipt: Receipt
}

export class Intake {
  readonly #judge: Judge
  readonly #modes: ModeBook
  readonly #counters: MutableCounters
  /** Number of the samples, and of the earlier ones that they brought along. */
  #takes = 0

  constructor({ judge, modes, counters }: IntakeParts) {
    this.#judge = judge
    this.#modes = modes
    this.#counters = counters
  }

  sample(device: DeviceState, sample: Sample, step: Step): void {
    const decoding = device.decoder.decode(sample)
    const receipt = receiptOf(sample, decoding, device)
    countSample(this.#counters, sample, { decoding, receipt })
    const live =
      this.#take(device, decoding, { step, receipt }) + this.#takeFurther(device, decoding, { step, receipt })
    hear(device, sample, { decoding, live })
  }

  /** Old readings become uncertain. Asks first what waits for the time in which they were not. */
  age(device: DeviceState, point: PointState, step: Step): void {
    const { reading } = point
    if (reading === null || reading.quality === 'bad') return
    if (reading.quality === 'good') this.#judge.waiting(device, point, step)
    if (point.stale || point.goodAt === -Infinity || step.at.mono <= point.goodAt + device.staleAfterMs) return
    point.stale = true
    const stale = this.#marked(recordStale(point, step.at))
    rememberReading(device, point, { reading: stale, detail: null, at: step.at })
    this.#store(device, point, { reading: stale, step })
  }

  /** One finding after the other. Gives the number of findings that are about now. */
  #take(
    device: DeviceState,
    decoding: Pick<Decoding, 'points' | 'findings'> & { readonly malformed?: string | null },
    { step, receipt }: Received,
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

  /** After the newest of each point, so that what is older is found to be late. */
  #takeFurther(device: DeviceState, { further }: Decoding, { step, receipt }: Received): number {
    let live = 0
    for (const decoding of further ?? []) {
      const own = furtherReceiptOf(receipt, decoding)
      if (decoding.time !== null && own.deviceTime === null) this.#counters.timesNotBelieved++
      if (decoding.late && own.deviceTime === null) this.#counters.undated++
      else live += this.#take(device, decoding, { step, receipt: own })
    }
    return live
  }

  /** True where it is about now. */
  #takeFinding(
    device: DeviceState,
    point: PointState,
    { finding, step, receipt }: Received & { readonly finding: Finding },
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
      if (!receipt.retained) this.#judge.late(device, point, { reading: recorded, step })
      return false
    }
    const reading = this.#marked(recorded)
    rememberReading(device, point, { reading, detail: graded.detail, at: step.at, tookMs: receipt.tookMs })
    this.#store(device, point, { reading, step })
    this.#judge.newest(device, point, { reading, step })
    return true
  }

  /** In their order, so that what is computed from a computed point follows it. */
  #compute(device: DeviceState, take: number, { step, receipt }: Received): void {
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

  /** What comes of a point while an engineer tests it says so for ever. */
  #marked(reading: Reading): Reading {
    return this.#modes.testOf(reading.point) === null ? reading : { ...reading, test: true }
  }

  #store(device: DeviceState, point: PointState, newest: { reading: Reading; step: Step }): void {
    if (storeNewest(device, point, newest)) this.#counters.unchanged++
  }
}
