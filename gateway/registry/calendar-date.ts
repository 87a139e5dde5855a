/** Dates without a clock: days since 1970-01-01. */

const DAY_MS = 86_400_000

/** '2026-10-01' as a number of days; null where there is no such day. */
export function parseDate(text: string): number | null {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const moment = Date.UTC(year, month - 1, day)
  return dateText(moment / DAY_MS) === text ? moment / DAY_MS : null
}

export function dateText(date: number): string {
  return Number.isFinite(date) ? new Date(date * DAY_MS).toISOString().slice(0, 10) : ''
}

/** Minutes since midnight as a clock shows them, 24:00 among them. */
export function timeText(minutes: number): string {
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}
