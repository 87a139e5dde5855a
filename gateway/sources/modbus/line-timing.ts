/**
 * What a line can do, computed from its wire, its units and its time-outs. Pure, so that a configuration is judged before
 * it runs. The value of a unit that is asked again and again while it is busy, or whose reads it refuses, comes later; so
 * does every value while a person probes or searches the line.
 */
import type { PointProfile } from '../../../device-profiles/schema.ts'
import { type AnswerTimes, answerTimes, answerTimesWithDead, type ClassShare, type Share, sum } from './answer-times.ts'
import type { ConnectionUse } from './link-keeper.ts'
import { type GivenLimits, planReads, readItems, readLimits } from './read-plan.ts'
import { FIRST_PROBE_DELAY_MS } from './standing.ts'
import type { GivenTiming } from './timing.ts'
import type { TransportOptions } from './transport.ts'
import {
  openingMs,
  type ReadRange,
  type RequestTime,
  requestTime,
  unansweredMs,
  type Wire,
  wireOf,
} from './wire-times.ts'

export interface LoadRead extends ReadRange {
  /** It brings a point that may raise an alarm. */
  readonly isAlarm: boolean
}

export interface UnitLoad {
  readonly deviceId: string
  readonly unitId: number
  readonly pollIntervalMs: number
  /** What one cycle reads. */
  readonly reads: readonly LoadRead[]
}

export interface LineLoad {
  readonly transport: TransportOptions
  readonly timing: GivenTiming
  /** From the last byte of a request to the first byte of its reply; behind a TCP endpoint all the way there and back. */
  readonly replyTimeMs: number
  /** A person may give commands to its units. */
  readonly hasCommands: boolean
  /** `keep` if absent. */
  readonly connection?: ConnectionUse | undefined
  readonly units: readonly UnitLoad[]
}

/** All times in ms. */
export interface RequestPrediction extends LoadRead, RequestTime {}

export interface UnitPrediction extends ReadWithin {
  readonly deviceId: string
  readonly unitId: number
  readonly pollIntervalMs: number
  /** In the order in which they are sent. */
  readonly requests: readonly RequestPrediction[]
  /** How long the line is taken by one cycle of the unit. */
  readonly cycleMs: number
  /** Longest time from the beginning of a cycle until all of it is answered. */
  readonly answerWithinMs: number
  /** `on-average`: a cycle can be late now and then, and none is left out for good. */
  readonly intervalKept: 'always' | 'on-average' | 'no'
  /** While the worst one of the other units is dead; null on a line with one unit. */
  readonly oneDead: ReadWithin | null
}

/** Longest time from a change in the field until it has been read. */
export interface ReadWithin {
  /** Of any point. */
  readonly readWithinMs: number
  /** Of a point that may raise an alarm. */
  readonly alarmReadWithinMs: number
}

export interface LinePrediction {
  readonly pauseMs: number
  readonly timeoutMs: number
  /** Silence after a time-out; 0 where transaction ids make it needless. */
  readonly quietMs: number
  /** What one command of a person may take, between the requests of a cycle; 0 where no unit has commands. */
  readonly commandMs: number
  /** What opening the connection again costs in each cycle; 0 where it is kept. */
  readonly reopenMs: number
  /** Every unit read once. */
  readonly cycleMs: number
  readonly cycleMsOneDead: number
  /** Share of the line's time that the poll intervals ask for; above 100 they cannot be kept. */
  readonly loadPercent: number
  readonly units: readonly UnitPrediction[]
}

/** A command is written, and read back. */
const COMMAND_REQUESTS = 2

/** In the order in which a cycle sends them. Throws where a point can never be read. */
export function readsOf(
  points: readonly PointProfile[],
  { alarmPoints = [], ...limits }: GivenLimits & { readonly alarmPoints?: readonly string[] },
): readonly LoadRead[] {
  const reads = planReads(readItems(points), readLimits(limits)).map(({ table, address, count, items }) => {
    const isAlarm = items.some((item) => item.points.some((id) => alarmPoints.includes(id)))
    return { table, address, count, isAlarm }
  })
  return alarmsFirst(reads)
}

function alarmsFirst<R extends LoadRead>(reads: readonly R[]): readonly R[] {
  return [...reads.filter(({ isAlarm }) => isAlarm), ...reads.filter(({ isAlarm }) => !isAlarm)]
}

export function predictLine(load: LineLoad): LinePrediction {
  const wire = wireOf(load)
  const requests = load.units.map(({ reads }) =>
    alarmsFirst(reads).map((read) => ({ ...read, ...requestTime(read, wire) })),
  )
  const shares = load.units.map((unit, index) => shareOf(unit.pollIntervalMs, requests[index] ?? []))
  const cycles = shares.map(cycleOf)
  const cycleMs = sum(cycles, (ms) => ms)
  const loadPercent = 100 * sum(shares, (share) => cycleOf(share) / share.spacingMs)
  const allReads = load.units.flatMap(({ reads }) => reads)
  const deadMs = unansweredMs(allReads, wire)
  const command = commandOf(load, requests.flat())
  // Once: a connection stays open while anything is to be asked.
  const reopenMs = load.connection === 'release-between-polls' ? openingMs(wire) : 0
  const opened = ({ alarmMs, allMs }: AnswerTimes) => ({ alarmMs: alarmMs + reopenMs, allMs: allMs + reopenMs })
  const healthy = answerTimes(shares, { deadMs: 0, command }).map(opened)
  const withDead = load.units.length < 2 ? [] : answerTimesWithDead(shares, { deadMs, command })
  const oneDead = withDead.map(opened)
  const lostMs = lostWithDead(load, { wire, shares, deadMs, answers: oneDead })
  return {
    ...{ pauseMs: wire.pauseMs, timeoutMs: wire.timing.timeoutMs, quietMs: wire.quietMs },
    ...{ commandMs: command.totalMs, reopenMs, cycleMs, loadPercent },
    cycleMsOneDead: shares.length === 0 ? 0 : cycleMs - Math.min(...cycles) + deadMs,
    units: load.units.map(({ deviceId, unitId, pollIntervalMs }, index) => {
      const answer = healthy[index] ?? NO_TIME
      return {
        ...{ deviceId, unitId, pollIntervalMs, requests: requests[index] ?? [], cycleMs: cycles[index] ?? 0 },
        answerWithinMs: answer.allMs,
        intervalKept: answer.allMs <= pollIntervalMs ? 'always' : loadPercent <= 100 ? 'on-average' : 'no',
        ...readWithin(pollIntervalMs, answer),
        oneDead: oneDead[index] === undefined ? null : readWithin(pollIntervalMs, oneDead[index], lostMs[index]),
      }
    }),
  }
}

const NO_TIME: AnswerTimes = { alarmMs: 0, allMs: 0 }

function cycleOf({ alarm, rest }: Share): number {
  return alarm.totalMs + rest.totalMs
}

function shareOf(pollIntervalMs: number, requests: readonly RequestPrediction[]): Share {
  return {
    alarm: classShareOf(requests.filter(({ isAlarm }) => isAlarm)),
    rest: classShareOf(requests.filter(({ isAlarm }) => !isAlarm)),
    spacingMs: Math.max(1, pollIntervalMs),
  }
}

function classShareOf(requests: readonly RequestPrediction[]): ClassShare {
  const times = requests.map(({ ms }) => ms)
  return { requests: times.length, longestMs: Math.max(0, ...times), totalMs: sum(times, (ms) => ms) }
}

/** One command in each cycle of a unit, none of its requests longer than the longest read. */
function commandOf({ hasCommands }: LineLoad, requests: readonly RequestPrediction[]) {
  if (!hasCommands) return { requests: 0, totalMs: 0 }
  return { requests: COMMAND_REQUESTS, totalMs: COMMAND_REQUESTS * Math.max(0, ...requests.map(({ ms }) => ms)) }
}

/**
 * The value was read just before it changed; the next cycle is due after the interval, or later because this one takes
 * longer; then it is answered.
 */
function readWithin(pollIntervalMs: number, { alarmMs, allMs }: AnswerTimes, lostMs = 0): ReadWithin {
  const nextCycleMs = Math.max(pollIntervalMs, allMs) + lostMs
  return { readWithinMs: nextCycleMs + allMs, alarmReadWithinMs: nextCycleMs + alarmMs }
}

interface WithDead {
  readonly wire: Wire
  readonly shares: readonly Share[]
  readonly deadMs: number
  readonly answers: readonly AnswerTimes[]
}

/** What each unit loses because another one, which is dead, makes the connection look half-open. */
function lostWithDead({ units }: LineLoad, { wire, shares, deadMs, answers }: WithDead): readonly number[] {
  const longestCycleMs = deadMs + sum(shares, ({ alarm, rest }) => Math.max(alarm.longestMs, rest.longestMs))
  const cycles = units.map(({ pollIntervalMs }, i) => Math.max(pollIntervalMs, answers[i]?.allMs ?? 0))
  const reconnecting = units.flatMap((unit, i) => {
    const soonestCycleMs = Math.min(...cycles.toSpliced(i, 1))
    return mayReconnect(unit, { wire, longestCycleMs, soonestCycleMs }) ? [i] : []
  })
  // A request that meets the line while it is down fails at once, and the next one is due an interval later.
  const downMs = Math.max(wire.timing.reconnectDelayMs, wire.quietMs)
  return units.map(({ pollIntervalMs }, i) => (reconnecting.some((dead) => dead !== i) ? pollIntervalMs + downMs : 0))
}

/** The first probe of a dead unit may come sooner than its next poll; all others come later. */
function soonestProbe({ pollIntervalMs }: UnitLoad, timeoutMs: number): number {
  return Math.max(1, Math.min(pollIntervalMs, timeoutMs + Math.max(pollIntervalMs, FIRST_PROBE_DELAY_MS) / 2))
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
