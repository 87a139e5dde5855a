/** What a backtest found, in lines for a terminal. */
import type { Comparison, Finding, Summary } from './comparison.ts'
import { timeOf } from './comparison.ts'
import type { Occurrence } from './occurrences.ts'

/** One line per finding: when, what became of it, which alarm, for how long and why. Times of the machine's own zone. */
export function* findingLines(findings: readonly Finding[]): Iterable<string> {
  for (const finding of findings) {
    const occurrence = finding.type === 'gone' ? finding.before : finding.now
    const { alarm, level, priority } = occurrence
    const what = `${priority.padEnd(6)} ${alarm}${level === null ? '' : ` (${level})`}`
    yield `${formatTime(timeOf(finding))}  ${finding.type.padEnd(7)} ${what} ${detailOf(finding)}`
  }
}

export function* summaryLines(summary: Summary | null, { now }: { readonly now: number }): Iterable<string> {
  if (summary === null) {
    yield `the new rules raise ${now} alarms; there is no alarm journal to compare them with`
    return
  }
  yield `the new rules raise ${summary.now} alarms, those that ran raised ${summary.before}`
  yield `  new ${summary.new}, gone ${summary.gone}, in both ${summary.same + summary.earlier + summary.later}`
  yield `  of those in both: same time ${summary.same}, earlier ${summary.earlier}, later ${summary.later}; another level ${summary.otherLevel}`
}

/** The alarms whose number changes, most first. */
export function* alarmLines({ findings }: Comparison): Iterable<string> {
  const counts = new Map<string, { before: number; now: number }>()
  for (const finding of findings) {
    const { alarm } = finding.type === 'gone' ? finding.before : finding.now
    const count = counts.get(alarm) ?? { before: 0, now: 0 }
    if (finding.type !== 'new') count.before++
    if (finding.type !== 'gone') count.now++
    counts.set(alarm, count)
  }
  const changed = [...counts].filter(([, { before, now }]) => before !== now)
  changed.sort(([, a], [, b]) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before))
  for (const [alarm, { before, now }] of changed) yield `  ${alarm}: ${before} -> ${now}`
}

export function formatTime(time: number): string {
  const date = new Date(time)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function detailOf(finding: Finding): string {
  if (finding.type === 'gone') return `${lastingOf(finding.before)}: was raised because ${finding.before.reason.en}`
  const { now } = finding
  if (finding.type === 'new' || finding.type === 'same') return `${lastingOf(now)}${levelOf(finding)}: ${now.reason.en}`
  const distance = formatDuration(Math.abs(finding.laterMs))
  return `by ${distance}, ${lastingOf(now)}${levelOf(finding)}: ${now.reason.en}`
}

function levelOf(finding: Finding): string {
  return 'otherLevel' in finding && finding.otherLevel ? ` (was ${finding.before.level ?? 'without level'})` : ''
}

function lastingOf({ raisedAt, returnedAt }: Occurrence): string {
  return returnedAt === null ? 'until the end' : `for ${formatDuration(returnedAt - raisedAt)}`
}

function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
