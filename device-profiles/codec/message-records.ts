/** Several readings in one message: which of them are about now. */
import type { Decoded, DecodedMessage, FurtherRecord } from './decoded.ts'

/**
 * Of each point the newest reading is about now, with its own time; what was measured before it is late, and so is what the
 * device itself calls kept (`late`). Readings of one time are taken in their order. Of those without a time the last counts as
 * just measured.
 */
export function newestOfEach(records: readonly FurtherRecord[]): DecodedMessage {
  const [only] = records
  if (only !== undefined && records.length === 1 && !only.late) return { points: only.points, time: only.time }
  const current = records.filter(({ late }) => !late)
  const dated = current.filter(({ time }) => time !== null).sort((a, b) => (a.time ?? 0) - (b.time ?? 0))
  const undated = current.filter(({ time }) => time === null)
  const newest = undated.at(-1) ?? dated.pop()
  const further = [...records.filter(({ late, time }) => late && time !== null), ...splitByAge(newest, dated)]
  const dropped = Math.max(0, undated.length - 1) + records.filter(({ late, time }) => late && time === null).length
  return {
    points: newest?.points ?? new Map(),
    time: newest?.time ?? null,
    ...(further.length > 0 && { further }),
    ...(dropped > 0 && { dropped }),
  }
}

/** `dated`: oldest first. What is not in any newer reading is about now, though not measured at the same time. */
function splitByAge(newest: FurtherRecord | undefined, dated: readonly FurtherRecord[]): readonly FurtherRecord[] {
  const known = new Set(newest?.points.keys())
  const further: FurtherRecord[] = []
  for (const { points, time } of dated.toReversed()) {
    const [late, now] = partition(points, known)
    if (now.size > 0) further.push({ points: now, time, late: false })
    if (late.size > 0) further.push({ points: late, time, late: true })
    for (const id of now.keys()) known.add(id)
  }
  return further.reverse()
}

function partition(points: ReadonlyMap<string, Decoded>, known: ReadonlySet<string>) {
  const [inside, outside] = [new Map<string, Decoded>(), new Map<string, Decoded>()]
  for (const [id, decoded] of points) (known.has(id) ? inside : outside).set(id, decoded)
  return [inside, outside] as const
}
