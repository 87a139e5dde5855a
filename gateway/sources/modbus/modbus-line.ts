/** A Modbus line as a source: its units are polled side by side over one queue. */
import type { PointProfile } from '../../../device-profiles/schema.ts'
import type { Clock, Log, Source } from '../../model.ts'
import { Line } from './line.ts'
import { MAX_READ_REGISTERS } from './pdu.ts'
import { UnitPoller } from './poll.ts'
import { readItems } from './read-plan.ts'
import type { LineStatus } from './status.ts'
import { type GivenTiming, resolveTiming } from './timing.ts'
import type { TransportOptions } from './transport.ts'
import { UnitPlan } from './unit-plan.ts'

export interface ModbusUnit {
  readonly deviceId: string
  /** 0 to 255. */
  readonly unitId: number
  readonly pollIntervalMs: number
  /** Points without a Modbus binding (derived ones) are not read. */
  readonly points: readonly PointProfile[]
  /** Ids of the points whose value may raise an alarm; their reads overtake others on the line. None if absent. */
  readonly alarmPoints?: readonly string[]
  /** Most registers one request may read; 125 if absent. */
  readonly maxRegistersPerRead?: number | undefined
  /** Registers between two points that may be read along; 0 if absent. */
  readonly maxGap?: number | undefined
}

export interface ModbusLineOptions extends GivenTiming {
  readonly id: string
  readonly transport: TransportOptions
  readonly units: readonly ModbusUnit[]
}

export interface ModbusLine extends Source {
  status(): LineStatus
  /** A request beside the polling, through the same queue. Connects a line that has no units. Never rejects. */
  request: Line['request']
}

/**
 * `start` returns before the line is connected, because a dead device must not hold up the gateway.
 * Throws at once where a point can never be read (a value longer than one request, an address past 65535).
 */
export function createModbusLine(
  options: ModbusLineOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): ModbusLine {
  const { id, transport, units } = options
  const line = new Line({ id, transport, timing: resolveTiming(transport, options) }, { clock, log })
  const pollers = units.map((unit, index) => createPoller(unit, { line, clock, log, share: index / units.length }))
  const stopping = new AbortController()
  let begun = false
  let polling: readonly Promise<void>[] = []
  return {
    id,
    start(emit) {
      if (units.length > 0) connect()
      polling = pollers.map((poller) => poller.run(emit, stopping.signal))
      return Promise.resolve()
    },
    async stop() {
      stopping.abort()
      await line.stop()
      await Promise.all(polling)
    },
    status: () => lineStatus({ id, line, pollers }),
    request(...request) {
      connect()
      return line.request(...request)
    },
  }

  function connect(): void {
    if (!begun && !stopping.signal.aborted) line.start()
    begun = true
  }
}

interface Surroundings {
  readonly line: Line
  readonly clock: Clock
  readonly log: Log
  /** Where the unit stands among its line's units, 0 to below 1: cycles are spread over the interval. */
  readonly share: number
}

function createPoller(unit: ModbusUnit, { line, clock, log, share }: Surroundings): UnitPoller {
  const { deviceId, unitId, pollIntervalMs } = unit
  const limits = { maxRegistersPerRead: unit.maxRegistersPerRead ?? MAX_READ_REGISTERS, maxGap: unit.maxGap ?? 0 }
  const plan = new UnitPlan({ deviceId, items: readItems(unit.points), limits }, { clock, log })
  const alarmPoints = new Set(unit.alarmPoints)
  const phaseMs = share * pollIntervalMs
  return new UnitPoller({ deviceId, unitId, pollIntervalMs, phaseMs, alarmPoints, plan, line, clock, log })
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
