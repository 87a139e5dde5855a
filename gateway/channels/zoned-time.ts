/** Moments as the clocks somewhere show them, to the second. Pure. */

const MINUTE_MS = 60_000
/** A station's zone and a few others; a table that grows with whatever is asked would be a leak. */
const MOST_FORMATS = 100
const formats = new Map<string, Intl.DateTimeFormat>()

export interface ZonedTime {
  /** `2026-05-01T08:00:00` */
  readonly local: string
  /** `+08:00` */
  readonly offset: string
}

/** `wall` in ms since 1970. The same moment gives the same text. */
export function zonedTime(wall: number, timeZone: string): ZonedTime {
  const second = Math.floor(wall / 1000) * 1000
  const offset = offsetMinutes(second, timeZone)
  const minutes = Math.abs(offset)
  return {
    local: new Date(second + offset * MINUTE_MS).toISOString().slice(0, 19),
    offset: `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
  }
}

/** For people: `2026-05-01 08:00:00`. */
export function clockTime(wall: number, timeZone: string): string {
  return zonedTime(wall, timeZone).local.replace('T', ' ')
}

function offsetMinutes(wall: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(wall)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const date = [part('year'), part('month') - 1, part('day')] as const
  return Math.round((Date.UTC(...date, part('hour'), part('minute'), part('second')) - wall) / MINUTE_MS)
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
    format = new Intl.DateTimeFormat('en', {
      ...{ timeZone, calendar: 'gregory', hourCycle: 'h23', ...numeric, second: 'numeric' },
    })
    if (formats.size >= MOST_FORMATS) formats.clear()
    formats.set(timeZone, format)
  }
  return format
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
