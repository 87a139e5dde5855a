/**
 * What a line can do, computed from its wire, its units and its time-outs. Pure, so that a configuration is judged before
 * it runs. The value of a unit that is asked again and again while it is busy, or whose reads it refuses, comes later.
 */
import type { PointProfile } from '../../../device-profiles/schema.ts'
import { answerTimes, answerTimesWithDead, type Share, sum } from './answer-times.ts'
import { encodePdu, replyPduLength } from './pdu.ts'
import { FIRST_PROBE_DELAY_MS } from './poll.ts'
import { type GivenLimits, type PlannedRead, planReads, readItems, readLimits } from './read-plan.ts'
import { type GivenTiming, type LineTiming, resolveTiming } from './timing.ts'
import { type TransportOptions, transmissionMs } from './transport.ts'

export type ReadRange = Pick<PlannedRead, 'table' | 'address' | 'count'>

export interface UnitLoad {
  readonly deviceId: string
  readonly unitId: number
  readonly pollIntervalMs: number
  /** What one cycle reads. */
  readonly reads: readonly ReadRange[]
}

export interface LineLoad {
  readonly transport: TransportOptions
  readonly timing: GivenTiming
  /** From the last byte of a request to the first byte of its reply; behind a TCP endpoint all the way there and back. */
  readonly replyTimeMs: number
  readonly units: readonly UnitLoad[]
}

/** All times in ms. */
export interface RequestPrediction extends ReadRange {
  readonly requestBytes: number
  readonly replyBytes: number
  /** How long the line is taken: both frames, the reply time and the pause before the next request. */
  readonly ms: number
}

export interface UnitPrediction {
  readonly deviceId: string
  readonly unitId: number
  readonly pollIntervalMs: number
  readonly requests: readonly RequestPrediction[]
  /** How long the line is taken by one cycle of the unit. */
  readonly cycleMs: number
  /** Longest time from the beginning of a cycle until all of it is answered. */
  readonly answerWithinMs: number
  /** `on-average`: a cycle can be late now and then, and none is left out for good. */
  readonly intervalKept: 'always' | 'on-average' | 'no'
  /** Longest time from a change in the field until it has been read. */
  readonly readWithinMs: number
  /** The same while the worst one of the other units is dead; null on a line with one unit. */
  readonly readWithinMsOneDead: number | null
}

export interface LinePrediction {
  readonly pauseMs: number
  readonly timeoutMs: number
  /** Silence after a time-out; 0 where transaction ids make it needless. */
  readonly quietMs: number
  /** Every unit read once. */
  readonly cycleMs: number
  readonly cycleMsOneDead: number
  /** Share of the line's time that the poll intervals ask for; above 100 they cannot be kept. */
  readonly loadPercent: number
  readonly units: readonly UnitPrediction[]
}

/** Throws where a point can never be read. */
export function readsOf(points: readonly PointProfile[], limits: GivenLimits): readonly ReadRange[] {
  return planReads(readItems(points), readLimits(limits))
}

export function predictLine(load: LineLoad): LinePrediction {
  const wire = wireOf(load)
  const requests = load.units.map(({ reads }) => reads.map((read) => predictRequest(read, wire)))
  const shares = load.units.map((unit, index) => shareOf(unit.pollIntervalMs, requests[index] ?? []))
  const loadPercent = 100 * sum(shares, ({ cycleMs, spacingMs }) => cycleMs / spacingMs)
  const answers = answerTimes(shares)
  const oneDead = load.units.length > 1 ? readTimesWithDead(load, { wire, shares }) : []
  const cycleMs = sum(shares, (share) => share.cycleMs)
  const least = Math.min(...shares.map((share) => share.cycleMs))
  return {
    ...{ pauseMs: wire.pauseMs, timeoutMs: wire.timing.timeoutMs, quietMs: wire.quietMs, cycleMs, loadPercent },
    cycleMsOneDead: shares.length === 0 ? 0 : cycleMs - least + deadCost(load, wire),
    units: load.units.map((unit, index) => {
      const answerWithinMs = answers[index] ?? 0
      const { deviceId, unitId, pollIntervalMs } = unit
      const onAverage = loadPercent <= 100 ? 'on-average' : 'no'
      return {
        ...{ deviceId, unitId, pollIntervalMs, requests: requests[index] ?? [], answerWithinMs },
        cycleMs: shares[index]?.cycleMs ?? 0,
        intervalKept: answerWithinMs <= pollIntervalMs ? 'always' : onAverage,
        readWithinMs: readWithin(pollIntervalMs, answerWithinMs),
        readWithinMsOneDead: oneDead[index] ?? null,
      }
    }),
  }
}

interface Wire {
  readonly transport: TransportOptions
  readonly timing: LineTiming
  readonly replyTimeMs: number
  readonly pauseMs: number
  readonly quietMs: number
  /** Bytes of a frame beside its PDU. */
  readonly overhead: number
}

/** MBAP header (unit id in it); unit id and CRC. */
const TCP_OVERHEAD_BYTES = 7
const RTU_OVERHEAD_BYTES = 3

function wireOf({ transport, timing: given, replyTimeMs }: LineLoad): Wire {
  const timing = resolveTiming(transport, given)
  const isTcp = transport.type === 'modbus-tcp'
  return {
    ...{ transport, timing, replyTimeMs },
    // Timers have whole milliseconds, and a line never sends early.
    pauseMs: Math.ceil(timing.interRequestDelayMs),
    quietMs: isTcp ? 0 : timing.quietAfterTimeoutMs,
    overhead: isTcp ? TCP_OVERHEAD_BYTES : RTU_OVERHEAD_BYTES,
  }
}

function predictRequest(read: ReadRange, { transport, replyTimeMs, pauseMs, overhead }: Wire): RequestPrediction {
  const { table, address, count } = read
  const request = { type: 'read', table, address, count } as const
  const requestBytes = encodePdu(request).length + overhead
  const replyBytes = replyPduLength(request) + overhead
  const ms = transmissionMs(transport, requestBytes + replyBytes) + replyTimeMs + pauseMs
  return { table, address, count, requestBytes, replyBytes, ms }
}

function shareOf(pollIntervalMs: number, requests: readonly RequestPrediction[]): Share {
  const times = requests.map((request) => request.ms)
  const cycleMs = sum(times, (ms) => ms)
  const spacingMs = Math.max(1, pollIntervalMs)
  return { requests: times.length, longestMs: Math.max(0, ...times), cycleMs, spacingMs, soonestMs: spacingMs }
}

/** A dead unit costs one request, its time-out and the silence after it, at most. */
function deadCost({ units }: LineLoad, { transport, timing, pauseMs, quietMs, overhead }: Wire): number {
  const onWire = units
    .flatMap(({ reads }) => reads)
    .map((read) => {
      const request = { type: 'read', ...read } as const
      return transmissionMs(transport, encodePdu(request).length + replyPduLength(request) + 2 * overhead)
    })
  return timing.timeoutMs + Math.max(0, ...onWire) + Math.max(pauseMs, quietMs)
}

/** The first probe of a dead unit may come sooner than its next poll; all others come later. */
function soonestProbe({ pollIntervalMs }: UnitLoad, timeoutMs: number): number {
  return Math.max(1, Math.min(pollIntervalMs, timeoutMs + Math.max(pollIntervalMs, FIRST_PROBE_DELAY_MS) / 2))
}

/** The value was read just before it changed; the next cycle is due after the interval, or late; its answer is the last. */
function readWithin(pollIntervalMs: number, answerWithinMs: number): number {
  return Math.max(pollIntervalMs, answerWithinMs) + answerWithinMs
}

function readTimesWithDead(
  load: LineLoad,
  { wire, shares }: { readonly wire: Wire; readonly shares: readonly Share[] },
): readonly number[] {
  const { units } = load
  const costMs = deadCost(load, wire)
  const dead = {
    ...{ requests: 1, longestMs: costMs, cycleMs: costMs },
    spacingMs: Math.max(1, Math.min(...units.map((unit) => unit.pollIntervalMs))),
    soonestMs: Math.min(...units.map((unit) => soonestProbe(unit, wire.timing.timeoutMs))),
  }
  const answers = answerTimesWithDead(shares, dead)
  const longestCycleMs = costMs + sum(shares, (share) => share.longestMs)
  const cycles = units.map(({ pollIntervalMs }, i) => Math.max(pollIntervalMs, answers[i] ?? 0))
  const reconnecting = units.flatMap((unit, i) => {
    const soonestCycleMs = Math.min(...cycles.toSpliced(i, 1))
    return mayReconnect(unit, { wire, longestCycleMs, soonestCycleMs }) ? [i] : []
  })
  return units.map(({ pollIntervalMs }, i) => {
    // A request that meets the line while it is down fails at once, and the next one is due an interval later.
    const downMs = Math.max(wire.timing.reconnectDelayMs, wire.quietMs)
    const lostMs = reconnecting.some((dead) => dead !== i) ? pollIntervalMs + downMs : 0
    return readWithin(pollIntervalMs, answers[i] ?? 0) + lostMs
  })
}

/**
 * Time-outs in a row, with no reply of another unit between, make a TCP connection look half-open. A unit that begins a
 * cycle between two requests of the dead one is served between them.
 */
function mayReconnect(
  dead: UnitLoad,
  options: { readonly wire: Wire; readonly longestCycleMs: number; readonly soonestCycleMs: number },
): boolean {
  const { transport, timing } = options.wire
  if (transport.type === 'modbus-rtu') return false
  const { timeoutMs, reconnectAfterTimeouts } = timing
  const gaps = reconnectAfterTimeouts - 1
  // A cycle that is late is nearer to the one after it.
  const onTime = options.longestCycleMs > dead.pollIntervalMs ? gaps - 1 : gaps
  return options.soonestCycleMs > Math.max(onTime * soonestProbe(dead, timeoutMs), gaps * timeoutMs)
}
