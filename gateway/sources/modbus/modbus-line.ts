/** A Modbus line as a source: its units are polled side by side over one queue. */
import type { PointProfile } from '../../../device-profiles/schema.ts'
import type { Clock, Emit, Log, Source } from '../../model.ts'
import { Line } from './line.ts'
import { UnitPoller } from './poll.ts'
import { type GivenLimits, readItems, readLimits } from './read-plan.ts'
import type { LineStatus } from './status.ts'
import { type GivenTiming, resolveTiming } from './timing.ts'
import type { TransportOptions } from './transport.ts'
import { UnitPlan } from './unit-plan.ts'

export interface ModbusUnit extends GivenLimits {
  readonly deviceId: string
  /** 0 to 255. */
  readonly unitId: number
  readonly pollIntervalMs: number
  /** Points without a Modbus binding (derived ones) are not read. */
  readonly points: readonly PointProfile[]
  /** Ids of the points whose value may raise an alarm; their reads overtake others on the line. None if absent. */
  readonly alarmPoints?: readonly string[]
}

export interface ModbusLineOptions extends GivenTiming {
  readonly id: string
  readonly transport: TransportOptions
  readonly units: readonly ModbusUnit[]
}

export interface ModbusLine extends Source {
  /**
   * Polls these units from now on. The connection stays, and so does the pace of every unit that is the same as before.
   * Throws, and changes nothing, where a point can never be read (a value longer than one request, an address past 65535).
   */
  setUnits(units: readonly ModbusUnit[]): void
  status(): LineStatus
  /** A request beside the polling, through the same queue. Connects a line that has no units. Never rejects. */
  request: Line['request']
}

/** `start` returns before the line is connected, because a dead device must not hold up the gateway. Throws as `setUnits`. */
export function createModbusLine(
  options: ModbusLineOptions,
  surroundings: { readonly clock: Clock; readonly log: Log },
): ModbusLine {
  return new PolledLine(options, surroundings)
}

interface PolledUnit {
  readonly unit: ModbusUnit
  readonly poller: UnitPoller
  readonly ending: AbortController
  polling: Promise<void>
}

class PolledLine implements ModbusLine {
  readonly id: string
  readonly #options: ModbusLineOptions
  readonly #surroundings: Surroundings
  readonly #line: Line
  /** By device. */
  #units: ReadonlyMap<string, PolledUnit> = new Map()
  #emit: Emit | null = null
  #isConnecting = false

  constructor(options: ModbusLineOptions, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    const { id, transport } = options
    this.id = id
    this.#options = options
    this.#line = new Line({ id, transport, timing: resolveTiming(transport, options) }, { clock, log })
    this.#surroundings = { line: this.#line, clock, log }
    this.setUnits(options.units)
  }

  start(emit: Emit): Promise<void> {
    this.#emit = emit
    if (this.#options.units.length > 0) this.#connect()
    for (const polled of this.#units.values()) polled.polling = polled.poller.run(emit, polled.ending.signal)
    return Promise.resolve()
  }

  setUnits(units: readonly ModbusUnit[]): void {
    const before = this.#units
    const next = new Map<string, PolledUnit>()
    for (const [index, unit] of units.entries()) {
      const same = before.get(unit.deviceId)
      const isSame = same !== undefined && JSON.stringify(same.unit) === JSON.stringify(unit)
      next.set(
        unit.deviceId,
        isSame ? same : createPolledUnit(unit, { ...this.#surroundings, share: index / units.length }),
      )
    }
    this.#units = next
    for (const [deviceId, polled] of before) if (next.get(deviceId) !== polled) polled.ending.abort()
    if (this.#emit === null) return
    for (const [deviceId, polled] of next) {
      if (before.get(deviceId) !== polled) polled.polling = polled.poller.run(this.#emit, polled.ending.signal)
    }
  }

  request(...request: Parameters<Line['request']>): ReturnType<Line['request']> {
    this.#connect()
    return this.#line.request(...request)
  }

  /** Nothing happens on a line that was stopped. */
  #connect(): void {
    if (this.#isConnecting) return
    this.#isConnecting = true
    this.#line.start()
  }

  async stop(): Promise<void> {
    this.#isConnecting = true
    this.#emit = null
    for (const { ending } of this.#units.values()) ending.abort()
    await this.#line.stop()
    await Promise.all([...this.#units.values()].map(({ polling }) => polling))
  }

  status(): LineStatus {
    return lineStatus({ id: this.id, line: this.#line, pollers: [...this.#units.values()].map(({ poller }) => poller) })
  }
}

interface Surroundings {
  readonly line: Line
  readonly clock: Clock
  readonly log: Log
}

/** `share`: where the unit stands among its line's units, 0 to below 1: cycles are spread over the interval. */
function createPolledUnit(unit: ModbusUnit, surroundings: Surroundings & { readonly share: number }): PolledUnit {
  const { line, clock, log, share } = surroundings
  const { deviceId, unitId, pollIntervalMs } = unit
  const plan = new UnitPlan({ deviceId, items: readItems(unit.points), limits: readLimits(unit) }, { clock, log })
  const phaseMs = share * pollIntervalMs
  const alarmPoints = new Set(unit.alarmPoints)
  const poller = new UnitPoller({ deviceId, unitId, pollIntervalMs, phaseMs, alarmPoints, plan, line, clock, log })
  return { unit, poller, ending: new AbortController(), polling: Promise.resolve() }
}

function lineStatus(parts: {
  readonly id: string
  readonly line: Line
  readonly pollers: readonly UnitPoller[]
}): LineStatus {
  const units = parts.pollers.map((poller) => poller.status())
  const { line } = parts
  return {
    id: parts.id,
    connected: line.connected,
    since: line.since,
    error: line.error,
    ...line.counters,
    skippedCycles: units.reduce((sum, unit) => sum + unit.skippedCycles, 0),
    units,
  }
}
