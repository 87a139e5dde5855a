/** The queue of a line and its pollers in virtual time, written a second time on purpose: request by request. */
import type { UnitLoad } from '../../../../gateway/sources/modbus/line-timing.ts'

export interface SimulatedUnit {
  /** From the beginning of a cycle until all of it is answered. */
  longestAnswerMs: number
  /** From one reading of a range to the next: how old the older one was when the newer one came. */
  longestGapMs: number
}

interface Poller extends SimulatedUnit {
  /** When the request that is wanted now was put into the queue. */
  queuedAt: number
  due: number
  beganAt: number
  read: number
  failures: number
  probeMs: number
  readonly readAt: (number | null)[]
}

const DEMOTED_AFTER = 3

export function simulateLine(options: {
  readonly units: readonly UnitLoad[]
  readonly requestMs: number
  readonly phases: Iterable<number>
  readonly untilMs: number
  readonly dead?: { readonly index: number; readonly costMs: number }
}): readonly SimulatedUnit[] {
  const { units, requestMs, untilMs, dead } = options
  const phases = options.phases[Symbol.iterator]()
  const pollers = units.map(({ pollIntervalMs, reads }): Poller => {
    const at = (phases.next().value as number) % pollIntervalMs
    const start = { queuedAt: at, due: at, beganAt: at, read: 0, failures: 0, probeMs: Math.max(pollIntervalMs, 1000) }
    return { ...start, readAt: reads.map(() => null), longestAnswerMs: 0, longestGapMs: 0 }
  })
  let freeAt = 0
  for (;;) {
    const next = pollers.reduce((first, poller) => (poller.queuedAt < first.queuedAt ? poller : first))
    const index = pollers.indexOf(next)
    const { pollIntervalMs = 1, reads = [] } = units[index] ?? {}
    const isDead = dead?.index === index
    const endedAt = Math.max(freeAt, next.queuedAt) + (isDead ? dead.costMs : requestMs)
    if (endedAt > untilMs) return pollers
    freeAt = endedAt
    if (isDead) next.failures++
    else answered(next, endedAt)
    if (!isDead && next.read < reads.length) next.queuedAt = endedAt
    else begin(next, { endedAt, pollIntervalMs, random: (phases.next().value as number) / 3000 })
  }
}

function answered(poller: Poller, at: number): void {
  const before = poller.readAt[poller.read] ?? null
  if (before !== null) poller.longestGapMs = Math.max(poller.longestGapMs, at - before)
  poller.readAt[poller.read++] = at
  poller.longestAnswerMs = Math.max(poller.longestAnswerMs, at - poller.beganAt)
}

function begin(
  poller: Poller,
  { endedAt, pollIntervalMs, random }: { endedAt: number; pollIntervalMs: number; random: number },
): void {
  if (poller.failures >= DEMOTED_AFTER) {
    poller.due = endedAt + poller.probeMs * (0.5 + random / 2)
    poller.probeMs = Math.min(2 * poller.probeMs, Math.max(pollIntervalMs, 30_000))
  } else {
    const next = poller.due + pollIntervalMs
    poller.due = next + Math.max(0, Math.floor((endedAt - next) / pollIntervalMs)) * pollIntervalMs
  }
  poller.read = 0
  poller.queuedAt = poller.beganAt = Math.max(poller.due, endedAt)
}
