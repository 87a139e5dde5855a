/** A Modbus line as a source: its units are polled side by side over one queue. */
import type { PointProfile } from '../../../device-profiles/schema.ts'
import type { Clock, Emit, Log, Source } from '../../model.ts'
import { Connections, type ConnectionsOptions } from './connections.ts'
import type { Line, LineSurroundings } from './line.ts'
import { UnitPoller } from './poll.ts'
import { type GivenLimits, readItems, readLimits } from './read-plan.ts'
import { Standing, type StandingOptions } from './standing.ts'
import type { LineStatus } from './status.ts'
import { type GivenTiming, resolveTiming } from './timing.ts'
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

export interface ModbusLineOptions extends GivenTiming, Omit<ConnectionsOptions, 'timing'> {
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
export function createModbusLine(options: ModbusLineOptions, surroundings: LineSurroundings): ModbusLine {
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
  readonly #connections: Connections
  /** By device. */
  #units: ReadonlyMap<string, PolledUnit> = new Map()
  #emit: Emit | null = null

  constructor(options: ModbusLineOptions, surroundings: LineSurroundings) {
    const { units, ...line } = options
    const { clock, log } = surroundings
    this.id = options.id
    this.#options = options
    const timing = resolveTiming(line.transport, line)
    this.#connections = new Connections({ ...line, timing }, surroundings)
    const quietMs = line.transport.type === 'modbus-tcp' ? 0 : timing.quietAfterTimeoutMs
    const times = { timeoutMs: timing.timeoutMs, unansweredMs: timing.timeoutMs + quietMs }
    this.#surroundings = { line: this.#connections, times, clock, log }
    this.setUnits(units)
  }

  start(emit: Emit): Promise<void> {
    this.#emit = emit
    this.#connections.start()
    for (const polled of this.#units.values()) polled.polling = polled.poller.run(emit, polled.ending.signal)
    return Promise.resolve()
  }

  setUnits(units: readonly ModbusUnit[]): void {
    const before = this.#units
    const next = new Map<string, PolledUnit>()
    for (const [index, unit] of units.entries()) {
      const same = before.get(unit.deviceId)
      const isSame = same !== undefined && JSON.stringify(same.unit) === JSON.stringify(unit)
      const share = this.#options.connection === 'release-between-polls' ? 0 : index / units.length
      next.set(
        unit.deviceId,
        isSame ? same : createPolledUnit(unit, { ...this.#surroundings, share, isAlone: () => this.#units.size <= 1 }),
      )
    }
    this.#units = next
    this.#connections.share(units.map(({ unitId }) => unitId))
    for (const [deviceId, polled] of before) if (next.get(deviceId) !== polled) polled.ending.abort()
    if (this.#emit === null) return
    for (const [deviceId, polled] of next) {
      if (before.get(deviceId) !== polled) polled.polling = polled.poller.run(this.#emit, polled.ending.signal)
    }
  }

  request(...request: Parameters<Line['request']>): ReturnType<Line['request']> {
    return this.#connections.request(...request)
  }

  async stop(): Promise<void> {
    this.#emit = null
    for (const { ending } of this.#units.values()) ending.abort()
    await this.#connections.stop()
    await Promise.all([...this.#units.values()].map(({ polling }) => polling))
  }

  status(): LineStatus {
    const units = [...this.#units.values()].map(({ poller }) => poller.status())
    const skippedCycles = units.reduce((sum, unit) => sum + unit.skippedCycles, 0)
    return { id: this.id, ...this.#connections.status(), skippedCycles, units }
  }
}

interface Surroundings {
  readonly line: Connections
  readonly times: Pick<StandingOptions, 'timeoutMs' | 'unansweredMs'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * `share`: when in its interval the unit's cycles begin, 0 to below 1. They are spread over it, but on a line that releases
 * its connection they begin together: the rest of the interval belongs to others.
 */
function createPolledUnit(
  unit: ModbusUnit,
  surroundings: Surroundings & { readonly share: number } & Pick<StandingOptions, 'isAlone'>,
): PolledUnit {
  const { line, times, clock, log, share, isAlone } = surroundings
  const { deviceId, unitId, pollIntervalMs } = unit
  const planned = { items: readItems(unit.points), limits: readLimits(unit), alarmPoints: new Set(unit.alarmPoints) }
  const plan = new UnitPlan({ deviceId, ...planned }, { clock, log })
  const slowestReplyMs = (): number | null => line.slowestReplyMs(unitId)
  const standing = new Standing({ pollIntervalMs, ...times, slowestReplyMs, isAlone, clock })
  const phaseMs = share * pollIntervalMs
  const options = { deviceId, unitId, pollIntervalMs, phaseMs }
  const poller = new UnitPoller({ ...options, plan, standing, line, clock, log })
  return { unit, poller, ending: new AbortController(), polling: Promise.resolve() }
}
