/**
 * How long people took: from the moment that asked them to the message that told them, to the acknowledgement, and until nothing
 * was left to do. Real alarms and exercises stand apart; what was suppressed asked nobody and is left out, and so is what came late.
 */
import type { Occurrence } from './occurrence-book.ts'

export interface Waits {
  readonly count: number
  /** Nearest rank: of so many in a hundred the longest; null where there are none. ms */
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly maxMs: number | null
}

export type ResponseKey = 'station' | 'kind' | 'month'
export const RESPONSE_KEYS: readonly ResponseKey[] = ['station', 'kind', 'month']

export interface ResponseGroup {
  /** Null where nothing is told apart by it. */
  readonly station: string | null
  readonly kind: string | null
  /** As 2026-10, by the clocks of the station. */
  readonly month: string | null
  readonly occasion: 'real' | 'exercise' | 'test'
  readonly occurrences: number
  readonly acknowledged: number
  readonly handled: number
  readonly toNotify: Waits
  readonly toAcknowledge: Waits
  readonly toHandle: Waits
}

export interface ResponseOptions {
  readonly by: readonly ResponseKey[]
  monthOf(time: number): string
}

interface Gathered extends Pick<ResponseGroup, 'station' | 'kind' | 'month' | 'occasion'> {
  occurrences: number
  readonly notify: number[]
  readonly acknowledge: number[]
  readonly handle: number[]
}

export function responseTimes(occurrences: Iterable<Occurrence>, { by, monthOf }: ResponseOptions): ResponseGroup[] {
  const groups = new Map<string, Gathered>()
  for (const occurrence of occurrences) {
    const { askedAt, late, station, kind, mark, notifiedAt, acknowledgedAt, handledAt } = occurrence
    if (late || askedAt === null) continue
    const own = {
      station: by.includes('station') ? station : null,
      kind: by.includes('kind') ? kind : null,
      month: by.includes('month') ? monthOf(occurrence.raisedAt) : null,
      occasion: mark ?? ('real' as const),
    }
    const key = JSON.stringify(Object.values(own))
    const group = groups.get(key) ?? { ...own, occurrences: 0, notify: [], acknowledge: [], handle: [] }
    groups.set(key, group)
    group.occurrences++
    // A clock that was set back makes no wait shorter than none.
    if (notifiedAt !== null) group.notify.push(Math.max(0, notifiedAt - askedAt))
    if (acknowledgedAt !== null) group.acknowledge.push(Math.max(0, acknowledgedAt - askedAt))
    if (handledAt !== null) group.handle.push(Math.max(0, handledAt - askedAt))
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => groupOf(group))
}

function groupOf({ notify, acknowledge, handle, ...group }: Gathered): ResponseGroup {
  const waits = { toNotify: waitsOf(notify), toAcknowledge: waitsOf(acknowledge), toHandle: waitsOf(handle) }
  return { ...group, acknowledged: acknowledge.length, handled: handle.length, ...waits }
}

export function waitsOf(list: readonly number[]): Waits {
  const sorted = Float64Array.from(list).sort()
  const rank = (part: number): number | null => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null
  return { count: sorted.length, p50Ms: rank(0.5), p90Ms: rank(0.9), maxMs: sorted.at(-1) ?? null }
}
