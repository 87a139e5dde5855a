/** Gives the rules their past back, from the readings on disk. */
import type { Journal } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import { newestTime, type PastReading } from '../pipeline/past.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'

/** A start waits so long at most; rules whose past is not read by then begin anew. */
const WITHIN_MS = 5000
/** More readings than this are thinned out by the history. */
const MAX_READINGS = 5000
/** Points in one question: each costs two hops between threads, and its answer stands in memory. */
const AT_ONCE = 32

interface PastSurroundings {
  readonly journal: Pick<Journal, 'histories' | 'readings'>
  /** Of the run before; 0 where there was none. */
  readonly lastReadingSeq: number
  readonly clock: Clock
  readonly log: Log
}

export async function resumePast(
  pipeline: Pipeline,
  { journal, lastReadingSeq, clock, log }: PastSurroundings,
): Promise<void> {
  const started = clock.now()
  const endedAt = await endOf({ journal, lastReadingSeq }, started.wall)
  const needs = [...pipeline.pastNeeds()]
  const past = new Map<string, readonly PastReading[]>()
  const newest = new Map<string, number>()
  let left = 0
  for (let i = 0; i < needs.length; i += AT_ONCE) {
    if (clock.now().mono - started.mono > WITHIN_MS) {
      left = needs.length - i
      break
    }
    const asked = needs.slice(i, i + AT_ONCE)
    const { wall } = clock.now()
    // How long a device was silent is counted up to the end of the run before, however long ago that was.
    const from = Math.min(wall, endedAt)
    const queries = asked.map(({ point, ms }) => ({ point, from: from - ms, to: wall, maxPoints: MAX_READINGS }))
    // A history that cannot be read says so itself; it must not keep the gateway from starting.
    const answers = await journal.histories(queries).catch(() => [])
    for (const [index, { point, ms }] of asked.entries()) {
      const rows = answers[index] ?? []
      const heardAt = newestTime(rows)
      if (heardAt > -Infinity) newest.set(point, heardAt)
      const within = rows.filter(({ time }) => time >= wall - ms)
      if (within.length > 0) past.set(point, within)
    }
  }
  if (left > 0) log.warn({ points: left }, 'the past of some points was not read in time; their rules begin anew')
  pipeline.resume(past, clock.now(), { endedAt, newest })
}

/** When the run before took its last reading; its own health is measured every few seconds. Now, where that is not known. */
async function endOf(
  { journal, lastReadingSeq }: Pick<PastSurroundings, 'journal' | 'lastReadingSeq'>,
  wall: number,
): Promise<number> {
  const [last] = await journal.readings(Math.max(0, lastReadingSeq - 1), 1).catch(() => [])
  // A clock that was set back since would put the end into the future.
  return Math.min(wall, last?.receivedAt ?? wall)
}
