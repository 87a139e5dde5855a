/** The registry as plain data: what the configuration says, with every name resolved. */
import type { Person, Place, RegisteredStation } from '../registry-model.ts'

export interface RegistryContent {
  /** Id of the station of this gateway. */
  readonly own: string
  readonly stations: readonly StationContent[]
  readonly places: readonly Place[]
  /** By the id of a device, the id of its place. A device that is not here hangs where its own words say. */
  readonly placeOfDevice: Readonly<Record<string, string>>
}

export interface StationContent {
  readonly station: RegisteredStation
  /** Null: another gateway or system knows who is on duty there. */
  readonly roster: Roster | null
}

/** Who is on duty when. Dates are days since 1970-01-01, minutes are since midnight, both on the clocks of the station. */
export interface Roster {
  readonly calendar: Calendar
  readonly shifts: readonly Shift[]
  readonly standIns: readonly StandIn[]
}

/** Days that are not what their day of the week says. */
export interface Calendar {
  readonly holidays: readonly number[]
  /** Saturdays and Sundays on which people work for a holiday. */
  readonly workdays: readonly number[]
}

export const SHIFT_DAYS = [
  ...(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const),
  ...(['workdays', 'rest-days', 'holidays'] as const),
] as const
export type ShiftDays = (typeof SHIFT_DAYS)[number]

export interface Shift {
  /** Unique in its roster. */
  readonly id: string
  /** On which days it begins; null: every day. */
  readonly days: readonly ShiftDays[] | null
  readonly from: number
  /** Beyond 1440 it ends on the next day; never longer than a day. */
  readonly to: number
  /** Teams that take turns; one where nobody does. */
  readonly teams: readonly (readonly Person[])[]
  readonly rotation: Rotation
}

/** The first team begins on the date, and after so many days the next one. */
export interface Rotation {
  readonly from: number
  readonly days: number
}

/** Both days included: shifts that begin on them. */
export interface StandIn {
  readonly absent: string
  readonly by: Person
  readonly from: number
  readonly to: number
}
