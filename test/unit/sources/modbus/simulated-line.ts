/** A line and its pollers in virtual time: the real queue, the pollers written a second time on purpose, request by request. */
import type { LoadRead, UnitLoad } from '../../../../gateway/sources/modbus/line-timing.ts'
import { type RequestPriority, RequestQueue } from '../../../../gateway/sources/modbus/request-queue.ts'

/** The longest times of one unit: of all its reads, and of those with alarm points. */
export interface SimulatedUnit {
  /** From the beginning of a cycle until all of it is answered. */
  answerMs: number
  alarmAnswerMs: number
  /** From asking for a value to the answer that brings the next one: a change right after the first is told by the second. */
  readMs: number
  alarmReadMs: number
}

export interface SimulatedLine {
  readonly units: readonly UnitLoad[]
  readonly requestMs: number
  /** Numbers from 0 to 3000 by which whatever is not determined is chosen. */
  readonly choices: Iterable<number>
  readonly untilMs: number
  /** The line pauses between requests; without a pause the next one leaves before the unit that was answered can ask. */
  readonly hasPause: boolean
  readonly dead?: { readonly index: number; readonly costMs: number }
  /** So many requests one after the other, each time after a long pause. */
  readonly command?: { readonly requests: number; readonly pauseMs: number }
}

interface Asked {
  readonly priority: RequestPriority
  readonly by: Asker
}

/** Puts one request after the other into the queue. */
interface Asker {
  /** When the next request comes into the queue; null while one is in it. */
  at: number | null
  priority(): RequestPriority
  costMs: number
  served(from: number, to: number): void
}

const DEMOTED_AFTER = 3
const FIRST_PROBE_MS = 1000
const LAST_PROBE_MS = 30_000

export function simulateLine(line: SimulatedLine): readonly SimulatedUnit[] {
  const choices = line.choices[Symbol.iterator]()
  const choose = (): number => (choices.next().value as number) / 3000
  const found = line.units.map(() => ({ answerMs: 0, alarmAnswerMs: 0, readMs: 0, alarmReadMs: 0 }))
  const askers: Asker[] = line.units.map((unit, index) =>
    line.dead?.index === index
      ? deadUnit(unit, { costMs: line.dead.costMs, choose })
      : livingUnit(unit, { costMs: line.requestMs, choose, found: found[index] as SimulatedUnit }),
  )
  if (line.command !== undefined) askers.push(person({ ...line.command, costMs: line.requestMs, choose }))
  const queue = new RequestQueue<Asked>()
  let answered: Asker | null = null
  let now = 0
  /** Puts in what was asked up to now. */
  const ask = (who: readonly Asker[]): void => {
    for (const by of who.filter(({ at }) => at !== null && at <= now).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
      by.at = null
      queue.push({ priority: by.priority(), by })
    }
  }
  while (now < line.untilMs) {
    ask(askers.filter((asker) => line.hasPause || asker !== answered))
    // A suspect does not leave before the unit that was answered has asked on.
    if (queue.hasOnlySuspects) ask(askers)
    // Whoever asks next while nothing waits makes the line begin.
    if (queue.size === 0) {
      now = Math.max(now, Math.min(...askers.map(({ at }) => at ?? Infinity)))
      ask(askers)
    }
    const { by } = queue.take() as Asked
    ask(askers)
    const from = now
    now += by.costMs
    by.served(from, now)
    answered = by
  }
  return found
}

function inOrder(reads: readonly LoadRead[]): readonly LoadRead[] {
  return reads.toSorted((a, b) => Number(b.isAlarm) - Number(a.isAlarm))
}

function livingUnit(
  { pollIntervalMs, reads }: UnitLoad,
  options: { readonly costMs: number; readonly choose: () => number; readonly found: SimulatedUnit },
): Asker {
  const { costMs, choose, found } = options
  const order = inOrder(reads)
  const askedAt: number[] = []
  let due = choose() * pollIntervalMs
  let beganAt = due
  let next = 0
  const isAlarm = (): boolean => order[next]?.isAlarm === true
  const asker: Asker = {
    at: due,
    costMs,
    priority: () => (isAlarm() ? 'alarm' : 'rest'),
    served(from, to) {
      const before = askedAt[next]
      if (before !== undefined) found.readMs = Math.max(found.readMs, to - before)
      if (before !== undefined && isAlarm()) found.alarmReadMs = Math.max(found.alarmReadMs, to - before)
      if (isAlarm()) found.alarmAnswerMs = Math.max(found.alarmAnswerMs, to - beganAt)
      found.answerMs = Math.max(found.answerMs, to - beganAt)
      askedAt[next++] = from
      asker.at = to
      if (next < order.length) return
      next = 0
      due = nextDue(due, { now: to, pollIntervalMs })
      beganAt = asker.at = Math.max(due, to)
    },
  }
  return asker
}

function nextDue(due: number, { now, pollIntervalMs }: { now: number; pollIntervalMs: number }): number {
  const next = due + pollIntervalMs
  return next + Math.max(0, Math.floor((now - next) / pollIntervalMs)) * pollIntervalMs
}

function deadUnit(
  { pollIntervalMs, reads }: UnitLoad,
  { costMs, choose }: { readonly costMs: number; readonly choose: () => number },
): Asker {
  const order = inOrder(reads)
  let due = choose() * pollIntervalMs
  let failures = 0
  let probeMs = Math.max(pollIntervalMs, FIRST_PROBE_MS)
  const asker: Asker = {
    at: due,
    costMs,
    priority: () => (failures > 0 ? 'suspect' : order[0]?.isAlarm ? 'alarm' : 'rest'),
    served(_, to) {
      failures++
      if (failures < DEMOTED_AFTER) due = nextDue(due, { now: to, pollIntervalMs })
      else {
        due = to + probeMs * (0.5 + choose() / 2)
        probeMs = Math.min(2 * probeMs, Math.max(pollIntervalMs, LAST_PROBE_MS))
      }
      asker.at = Math.max(due, to)
    },
  }
  return asker
}

function person(options: {
  readonly requests: number
  readonly pauseMs: number
  readonly costMs: number
  readonly choose: () => number
}): Asker {
  const { requests, pauseMs, costMs, choose } = options
  let left = requests
  const asker: Asker = {
    at: choose() * pauseMs,
    costMs,
    priority: () => 'command',
    served(_, to) {
      left--
      asker.at = left > 0 ? to : to + pauseMs * (1 + choose())
      if (left === 0) left = requests
    },
  }
  return asker
}
