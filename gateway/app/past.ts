/** Gives the rules their past back, from the readings on disk. */
import type { Journal } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import type { PastReading } from '../pipeline/past.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'

/** A start waits so long at most; rules whose past is not read by then begin anew. */
const WITHIN_MS = 5000
/** More readings than this are thinned out by the history. */
const MAX_READINGS = 5000
const AT_ONCE = 16

export async function resumePast(
  pipeline: Pipeline,
  { journal, clock, log }: { readonly journal: Pick<Journal, 'history'>; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const started = clock.now()
  const needs = [...pipeline.pastNeeds()]
  const past = new Map<string, readonly PastReading[]>()
  let left = 0
  for (let i = 0; i < needs.length; i += AT_ONCE) {
    if (clock.now().mono - started.mono > WITHIN_MS) {
      left = needs.length - i
      break
    }
    await Promise.all(
      needs.slice(i, i + AT_ONCE).map(async ({ point, ms }) => {
        const { wall } = clock.now()
        const query = { point, from: wall - ms, to: wall, maxPoints: MAX_READINGS }
        // A history that cannot be read says so itself; it must not keep the gateway from starting.
        const rows = await journal.history(query).catch(() => [])
        if (rows.length > 0) past.set(point, rows)
      }),
    )
  }
  if (left > 0) log.warn({ points: left }, 'the past of some points was not read in time; their rules begin anew')
  pipeline.resume(past, clock.now())
}
