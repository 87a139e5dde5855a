/** Which alarms the new rules raise beside those that were. */
import type { Occurrence } from './occurrences.ts'

/** Occurrences of one alarm that lie no further apart than this are taken for the same, also where they do not overlap. */
const NEAR_MS = 60_000
/** Rules are judged once a second. */
const SAME_MS = 2000

export type Finding =
  | { readonly type: 'new'; readonly now: Occurrence }
  | { readonly type: 'gone'; readonly before: Occurrence }
  /** `laterMs`: how much later than it was; negative: earlier. */
  | {
      readonly type: 'same' | 'earlier' | 'later'
      readonly before: Occurrence
      readonly now: Occurrence
      readonly laterMs: number
      readonly otherLevel: boolean
    }

export interface Summary {
  readonly before: number
  readonly now: number
  readonly new: number
  readonly gone: number
  /** At the same time, to 2 s. */
  readonly same: number
  readonly earlier: number
  readonly later: number
  /** Of those that are in both. */
  readonly otherLevel: number
}

export interface Comparison {
  /** In the order of time. */
  readonly findings: readonly Finding[]
  readonly summary: Summary
}

export function compare(before: readonly Occurrence[], now: readonly Occurrence[]): Comparison {
  const old = byAlarm(before)
  const findings: Finding[] = []
  for (const [alarm, mine] of byAlarm(now)) {
    findings.push(...pair(old.get(alarm) ?? [], mine))
    old.delete(alarm)
  }
  for (const left of old.values()) findings.push(...left.map((each): Finding => ({ type: 'gone', before: each })))
  findings.sort((a, b) => timeOf(a) - timeOf(b))
  const count = (type: Finding['type']) => findings.filter((finding) => finding.type === type).length
  const summary = {
    ...{ before: before.length, now: now.length, new: count('new'), gone: count('gone') },
    ...{ same: count('same'), earlier: count('earlier'), later: count('later') },
    otherLevel: findings.filter((finding) => 'otherLevel' in finding && finding.otherLevel).length,
  }
  return { findings, summary }
}

export function timeOf(finding: Finding): number {
  return finding.type === 'gone' ? finding.before.raisedAt : finding.now.raisedAt
}

/** Both in the order of time, of one alarm. */
function pair(before: readonly Occurrence[], now: readonly Occurrence[]): Finding[] {
  const findings: Finding[] = []
  let [i, k] = [0, 0]
  for (;;) {
    const [old, mine] = [before[i], now[k]]
    if (old === undefined && mine === undefined) return findings
    if (old === undefined || (mine !== undefined && isOver(mine, old))) {
      findings.push({ type: 'new', now: mine as Occurrence })
      k++
    } else if (mine === undefined || isOver(old, mine)) {
      findings.push({ type: 'gone', before: old })
      i++
    } else {
      const laterMs = mine.raisedAt - old.raisedAt
      const type = Math.abs(laterMs) <= SAME_MS ? 'same' : laterMs > 0 ? 'later' : 'earlier'
      findings.push({ type, before: old, now: mine, laterMs, otherLevel: old.level !== mine.level })
      i++
      k++
    }
  }
}

/** Whether `a` was over well before `b` came. */
function isOver(a: Occurrence, b: Occurrence): boolean {
  return (a.returnedAt ?? Number.POSITIVE_INFINITY) + NEAR_MS < b.raisedAt
}

function byAlarm(occurrences: readonly Occurrence[]): Map<string, Occurrence[]> {
  const found = new Map<string, Occurrence[]>()
  for (const occurrence of occurrences) {
    const known = found.get(occurrence.alarm)
    if (known === undefined) found.set(occurrence.alarm, [occurrence])
    else known.push(occurrence)
  }
  return found
}
