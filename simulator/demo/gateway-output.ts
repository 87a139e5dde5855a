/** The gateway's log is JSON for machines; a visitor sees its warnings and errors as sentences. */

const LEVELS: Readonly<Record<number, string>> = { 40: '警告 warn', 50: '错误 error', 60: '致命 fatal' }
const LONGEST = 240

/**
 * The line to show, or null where it is below `least` (40 warn, 50 error). A line that is no JSON is shown as it is.
 */
export function readableLogLine(line: string, least: 40 | 50): string | null {
  const entry = parseEntry(line)
  if (entry === null) return line.trim() === '' ? null : shortened(line)
  const { level, time: _, msg, err, ...facts } = entry
  const name = LEVELS[Number(level)]
  if (name === undefined || Number(level) < least) return null
  const reason = isRecord(err) ? [['err', err.message] as const] : []
  const details = [...Object.entries(facts), ...reason].map(([key, value]) => `${key} ${textOf(value)}`)
  return shortened(`${name}: ${String(msg)}${details.length === 0 ? '' : ` (${details.join(', ')})`}`)
}

function parseEntry(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) && 'level' in value ? value : null
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`
}
