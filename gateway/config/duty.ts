/** Rosters as the file says them, as rosters that can be asked. */
import { minutesOfDay } from '../../device-profiles/schedule.ts'
import { parseDate } from '../registry/calendar-date.ts'
import type { Calendar, Roster, Shift, StandIn } from '../registry/registry-content.ts'
import { EMPTY_CALENDAR } from '../registry/roster.ts'
import type { Person } from '../registry-model.ts'
import type { CalendarSection, PersonSection, RosterSection, ShiftSection } from './registry-schema.ts'

const DAY_MINUTES = 1440
/** A holiday of more days is a slip, and must not fill the memory. */
export const LONGEST_HOLIDAY_DAYS = 366

export interface DutySurroundings {
  readonly people: ReadonlyMap<string, Person>
  readonly calendars: Readonly<Record<string, CalendarSection>>
}

export function personOf({ id, name, phone, addresses = {} }: PersonSection): Person {
  return { id, name, phone: phone ?? null, addresses }
}

/** What names nobody and no day is left out; the checks say so. */
export function rosterOf(section: RosterSection, { people, calendars }: DutySurroundings): Roster {
  const calendar = calendars[section.calendar ?? '']
  return {
    calendar: calendar === undefined ? EMPTY_CALENDAR : calendarOf(calendar),
    shifts: section.shifts.map((shift) => shiftOf(shift, people)),
    standIns: (section.standIns ?? []).flatMap(({ for: absent, by, from, to }): readonly StandIn[] => {
      const [person, first, last] = [people.get(by), parseDate(from), parseDate(to)]
      if (person === undefined || first === null || last === null) return []
      return [{ absent, by: person, from: first, to: last }]
    }),
  }
}

export function calendarOf({ holidays = [], workdays = [] }: CalendarSection): Calendar {
  return {
    holidays: holidays.flatMap(({ from, to = from }) => datesBetween(parseDate(from), parseDate(to))),
    workdays: workdays.map(parseDate).filter((date) => date !== null),
  }
}

function datesBetween(from: number | null, to: number | null): readonly number[] {
  if (from === null || to === null || to - from >= LONGEST_HOLIDAY_DAYS) return []
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

function shiftOf(section: ShiftSection, people: ReadonlyMap<string, Person>): Shift {
  const { id, days = null, rotation } = section
  const teamOf = (ids: readonly string[]) => ids.map((person) => people.get(person)).filter((one) => one !== undefined)
  return {
    ...{ id, days, ...spanOf(section) },
    teams: (rotation?.teams ?? [section.people ?? []]).map(teamOf),
    rotation: { from: parseDate(rotation?.begins ?? '') ?? 0, days: rotation?.everyDays ?? 1 },
  }
}

/** From a time to the same is a whole day. */
function spanOf({ time }: ShiftSection): Pick<Shift, 'from' | 'to'> {
  if (time === undefined) return { from: 0, to: DAY_MINUTES }
  const [from, to] = [minutesOfDay(time.from), minutesOfDay(time.to)]
  return { from, to: to > from ? to : to + DAY_MINUTES }
}
