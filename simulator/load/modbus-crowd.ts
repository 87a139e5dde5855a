/** Many Modbus units, and how a master polls them: how often, and how late each. */
import { setTimeout as delay } from 'node:timers/promises'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import { createBank, writeValues } from '../modbus/device-registers.ts'
import { ModbusStation } from '../modbus/station.ts'
import { LoadError } from './load-error.ts'
import { Latencies, type LoadFigures } from './load-figures.ts'
import { FULL_TAG } from './load-plan.ts'

/** As long as a line is at most in the field; each has a connection of its own. */
export const UNITS_PER_LINE = 100
const FIRST_POLL_WITHIN_MS = 60_000
const PAUSE_MS = 50

export interface ModbusCrowdOptions {
  readonly profile: DeviceProfile
  readonly devices: number
  readonly onProgress?: (text: string) => void
  readonly signal: AbortSignal
}

interface Measured {
  readonly latencies: Latencies
  readonly intervalMs: number
  readonly begun: number
  /** Polls that were due and never came. */
  lost: number
}

export class ModbusCrowd {
  readonly #options: ModbusCrowdOptions
  readonly #stations: ModbusStation[] = []
  /** When each unit was asked last; 0: not yet. */
  readonly #askedAt: Float64Array
  #asked = 0
  #requests = 0
  /** Null while nothing is measured. */
  #measured: Measured | null = null

  constructor(options: ModbusCrowdOptions) {
    this.#options = options
    this.#askedAt = new Float64Array(options.devices)
  }

  /** Resolves when all lines listen. */
  async start(): Promise<void> {
    const { devices, profile } = this.#options
    for (let first = 0; first < devices; first += UNITS_PER_LINE) {
      const station = new ModbusStation(
        { type: 'modbus-tcp', host: '127.0.0.1', port: 0 },
        { onRequest: (unitId) => this.#ask(first + unitId - 1) },
      )
      for (let unit = 0; unit < Math.min(UNITS_PER_LINE, devices - first); unit++) {
        const bank = createBank(profile)
        writeValues(bank, { profile, parameters: {}, values: { ...FULL_TAG, pressure: 1200 + (unit % 50) } })
        station.addUnit(unit + 1, bank)
      }
      this.#stations.push(station)
      await station.start()
    }
  }

  get ports(): readonly number[] {
    return this.#stations.map(({ port }) => port as number)
  }

  /** Resolves when every unit was asked once. Throws a LoadError when that takes too long. */
  async warm(intervalMs: number): Promise<void> {
    const { devices, onProgress } = this.#options
    const limit = performance.now() + FIRST_POLL_WITHIN_MS + intervalMs
    while (this.#asked < devices) {
      await this.#pause(PAUSE_MS)
      onProgress?.(`${this.#asked} of ${devices} units polled`)
      if (performance.now() > limit) throw new LoadError(`${devices - this.#asked} units were never asked`)
    }
  }

  /** `intervalMs`: between two polls of a unit; what comes later than that is its latency. 0: all of it is, and none is missing. */
  async watch(intervalMs: number, seconds: number): Promise<LoadFigures> {
    const begun = performance.now()
    const measured: Measured = { latencies: new Latencies(), intervalMs, begun, lost: 0 }
    this.#measured = measured
    const before = this.#requests
    await this.#pause(seconds * 1000)
    const end = performance.now()
    this.#measured = null
    for (const askedAt of this.#askedAt) measured.lost += missedIn(measured, { from: askedAt, to: end })
    const done = this.#requests - before
    const { latencies, lost } = measured
    const offered = done + lost
    const latency = latencies.percentiles()
    return { seconds: (end - begun) / 1000, offered, done, lost, heldBack: 0, cutOff: 0, latency }
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#stations.map((station) => station.stop()))
  }

  #ask(device: number): void {
    const now = performance.now()
    const before = this.#askedAt[device] as number
    this.#askedAt[device] = now
    this.#requests++
    if (before === 0) this.#asked++
    else if (this.#measured !== null) {
      this.#measured.latencies.add(now - before - this.#measured.intervalMs)
      this.#measured.lost += missedIn(this.#measured, { from: before, to: now })
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#options.signal })
  }
}

/** One that comes less than half an interval too late is not missing. What was before the measurement does not count. */
function missedIn(
  { intervalMs, begun }: Measured,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  if (intervalMs === 0) return 0
  return Math.max(Math.round((to - Math.max(from, begun - intervalMs)) / intervalMs) - 1, 0)
}
