/** Reads what dispatch decided and heard in a period, page by page. Its events are in the order of their numbers, and so of time. */
import { caseIdOf, type DispatchEvent } from '../dispatch-event.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Period } from '../statistics/alarm-statistics.ts'

const PAGE = 500
/** Of one drill; more would be no drill. */
const MOST_EVENTS = 50_000

type Dispatch = Pick<Journal, 'dispatch'>

export async function walkDispatch(
  { dispatch }: Dispatch,
  { from, to }: Period,
  add: (event: DispatchEvent) => void,
): Promise<void> {
  for (let after = await lastBefore({ dispatch }, from); ; ) {
    const page = await dispatch.events(after, PAGE)
    for (const event of page) if (event.time >= from && event.time < to) add(event)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE || last.time >= to) return
    after = last.seq
  }
}

export async function dispatchCourse(journal: Dispatch, period: Period): Promise<readonly DispatchEvent[]> {
  const events: DispatchEvent[] = []
  await walkDispatch(journal, period, (event) => {
    if (events.length < MOST_EVENTS) events.push(event)
  })
  return events
}

/** When the first message about an occurrence had left; null: nobody was told, or the record is gone. */
export async function firstTold(
  journal: Dispatch,
  period: Period,
): Promise<(alarm: string, occurrence: number) => number | null> {
  const casesOf = new Map<string, readonly string[]>()
  const told = new Map<string, number>()
  await walkDispatch(journal, period, (event) => {
    if (event.type === 'notified') casesOf.set(event.notification.id, event.cases)
    if (event.type !== 'receipt' || event.state === 'failed') return
    for (const id of casesOf.get(event.notification) ?? []) if (!told.has(id)) told.set(id, event.time)
    casesOf.delete(event.notification)
  })
  return (id, occurrence) => told.get(caseIdOf({ id, occurrence })) ?? null
}

/** A number before which no event is as late as `time`: found by halving, because only the numbers are indexed. */
async function lastBefore({ dispatch }: Dispatch, time: number): Promise<number> {
  const isBefore = async (seq: number): Promise<boolean> => {
    const [event] = await dispatch.events(seq, 1)
    return event !== undefined && event.time < time
  }
  let high = 1
  while (await isBefore(high)) high *= 2
  let low = 0
  while (high - low > PAGE) {
    const middle = Math.floor((low + high) / 2)
    if (await isBefore(middle)) low = middle
    else high = middle
  }
  return low
}
