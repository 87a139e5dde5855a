/** Times as CAP wants them (3.3.2): whole seconds with a numeric offset, never `Z`; UTC is `-00:00`. Pure. */

const MINUTE_MS = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** `wall` in ms since 1970, at the clocks of the time zone. The same moment gives the same text, as references need it. */
export function capTime(wall: number, timeZone: string): string {
  const second = Math.floor(wall / 1000) * 1000
  const offset = offsetMinutes(second, timeZone)
  const local = new Date(second + offset * MINUTE_MS).toISOString().slice(0, 19)
  const minutes = Math.abs(offset)
  return `${local}${offset > 0 ? '+' : '-'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
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
    formats.set(timeZone, format)
  }
  return format
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
