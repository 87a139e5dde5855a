/** Who is on duty by a roster. A shift belongs to the day on which it begins, also past midnight and into a holiday. */
import type { LocalTime } from '../local-time.ts'
import type { Person } from '../registry-model.ts'
import type { Calendar, Roster, Shift, ShiftDays } from './registry-content.ts'

/** One shift on one day. */
export interface Turn {
  readonly shift: Shift
  /** The day on which it begins. */
  readonly date: number
}

export interface OnDuty {
  readonly person: Person
  /** Id of the person who would be on duty otherwise; null: nobody else. */
  readonly inPlaceOf: string | null
}

const WEEK: readonly ShiftDays[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const DAY_MINUTES = 1440
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4

/** A roster with its calendar ready to be asked. */
export class DutyPlan {
  readonly roster: Roster
  readonly #holidays: ReadonlySet<number>
  readonly #workdays: ReadonlySet<number>

  constructor(roster: Roster) {
    this.roster = roster
    this.#holidays = new Set(roster.calendar.holidays)
    this.#workdays = new Set(roster.calendar.workdays)
  }

  /** Those that begin on the day, in the order of the roster. */
  turnsOf(date: number): readonly Turn[] {
    return this.roster.shifts.filter((shift) => this.#begins(shift, date)).map((shift) => ({ shift, date }))
  }

  /** Those that are on at a time, which is what the clocks of the station show. */
  turnsAt({ minutes, today, yesterday }: LocalTime): readonly Turn[] {
    const on = this.turnsOf(today.date).filter(({ shift }) => minutes >= shift.from && minutes < shift.to)
    const late = this.turnsOf(yesterday.date).filter(({ shift }) => minutes + DAY_MINUTES < shift.to)
    return [...late, ...on]
  }

  /** Each person once. */
  peopleOf({ shift, date }: Turn): readonly OnDuty[] {
    const found = new Map<string, OnDuty>()
    for (const person of teamOn(shift, date)) {
      const own = this.#standInOf(person, date)
      if (!found.has(own.person.id)) found.set(own.person.id, own)
    }
    return [...found.values()]
  }

  #standInOf(person: Person, date: number): OnDuty {
    const { standIns } = this.roster
    const standIn = standIns.find(({ absent, from, to }) => absent === person.id && date >= from && date <= to)
    return standIn === undefined ? { person, inPlaceOf: null } : { person: standIn.by, inPlaceOf: person.id }
  }

  #begins({ days }: Shift, date: number): boolean {
    return days === null || days.some((word) => this.#isOf(word, date))
  }

  #isOf(word: ShiftDays, date: number): boolean {
    if (word === 'holidays') return this.#holidays.has(date)
    if (word === 'workdays') return this.#isWorkday(date)
    if (word === 'rest-days') return !this.#isWorkday(date)
    return word === weekdayOf(date)
  }

  #isWorkday(date: number): boolean {
    if (this.#workdays.has(date)) return true
    const weekday = weekdayOf(date)
    return weekday !== 'sat' && weekday !== 'sun' && !this.#holidays.has(date)
  }
}

export function weekdayOf(date: number): ShiftDays {
  return WEEK[modulo(date + FIRST_WEEKDAY, 7)] as ShiftDays
}

function teamOn({ teams, rotation }: Shift, date: number): readonly Person[] {
  const turn = Math.floor((date - rotation.from) / rotation.days)
  return teams[modulo(turn, teams.length)] ?? []
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}

export const EMPTY_CALENDAR: Calendar = { holidays: [], workdays: [] }
