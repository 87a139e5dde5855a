/** Time tags: what the clock at the device shows, to the second, with no word about the time zone. */

/** As the bytes say it, also where no calendar has it: equipment without a clock sends zeros. */
export interface CivilTime {
  /** 2000 to 2255. */
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

export const TIME_BYTES = 6
/** The year in which the byte of the year is 0. */
const FIRST_YEAR = 2000

export function timeBytes(time: CivilTime, coding: 'binary' | 'bcd'): Uint8Array {
  const { second, minute, hour, day, month, year } = time
  const parts = [second, minute, hour, day, month, year - FIRST_YEAR]
  const most = coding === 'bcd' ? 99 : 255
  return Uint8Array.from(parts, (part) => {
    if (!Number.isInteger(part) || part < 0 || part > most) {
      throw new RangeError(`expected parts of a time from 0 to ${most}, got ${JSON.stringify(time)}`)
    }
    return coding === 'bcd' ? Math.floor(part / 10) * 16 + (part % 10) : part
  })
}

export function timeFromBytes(bytes: Uint8Array, coding: 'binary' | 'bcd'): CivilTime {
  const part = (index: number): number => {
    const byte = bytes[index] ?? 0
    return coding === 'bcd' ? (byte >> 4) * 10 + (byte & 15) : byte
  }
  return {
    ...{ year: FIRST_YEAR + part(5), month: part(4), day: part(3) },
    ...{ hour: part(2), minute: part(1), second: part(0) },
  }
}

/** `2012-09-26 09:58:02` */
export function timeText({ year, month, day, hour, minute, second }: CivilTime): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}

/** A clock on the wall of one time zone, read in both directions. */
export class CivilClock {
  readonly #format: Intl.DateTimeFormat

  /** Throws a RangeError for a time zone that nobody knows. */
  constructor(timeZone: string) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
    this.#format = new Intl.DateTimeFormat('en', { timeZone, calendar: 'gregory', ...numeric, ...clock })
  }

  /** `wall`: milliseconds since 1970. */
  at(wall: number): CivilTime {
    const parts = new Map(this.#format.formatToParts(wall).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    return {
      ...{ year: part('year'), month: part('month'), day: part('day') },
      ...{ hour: part('hour'), minute: part('minute'), second: part('second') },
    }
  }

  /** In milliseconds since 1970; null where no calendar has it. Of an hour that comes twice, one of the two. */
  wall(time: CivilTime): number | null {
    const { year, month, day, hour, minute, second } = time
    const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
    if (new Date(asUtc).toISOString().slice(0, 19).replace('T', ' ') !== timeText(time)) return null
    const offsetAt = (wall: number): number => {
      const there = this.at(wall)
      return Date.UTC(there.year, there.month - 1, there.day, there.hour, there.minute, there.second) - wall
    }
    // The offset that holds at the moment itself, which is known only when the moment nearly is.
    const nearly = asUtc - offsetAt(asUtc)
    return asUtc - offsetAt(nearly)
  }
}
