/** Stations, people on duty and places as HTTP sees them. Times in ms since 1970. */
import type { AlarmClass, AlarmState, Priority } from '../alarm-model.ts'
import type { LocalText } from '../model.ts'
import type { Area, Place, RegisteredStation } from '../registry-model.ts'

export interface PersonView {
  readonly id: string
  readonly name: string
  readonly phone: string | null
}

export interface PersonOnDutyView extends PersonView {
  /** Id of the person for whom this one stands in; null: nobody. */
  readonly inPlaceOf: string | null
}

export interface ShiftView {
  readonly shift: string
  /** When it ends. */
  readonly until: number
  readonly people: readonly PersonOnDutyView[]
}

export interface OpenAlarmView {
  readonly id: string
  readonly name: LocalText
  readonly class: AlarmClass
  readonly priority: Priority
  readonly level: string | null
  readonly state: AlarmState
  readonly raisedAt: number
}

/** Real alarms that are neither normal nor put aside. */
export interface OpenAlarmsView {
  readonly openAlarms: number
  /** Of the highest priority; of several the one that a person should look at first. Null: none is open. */
  readonly worstAlarm: OpenAlarmView | null
}

export interface StationView extends Omit<RegisteredStation, 'contacts' | 'area'>, OpenAlarmsView {
  readonly area: Area | null
  readonly contacts: readonly PersonView[]
  /** 0 at the top of the tree. */
  readonly depth: number
  /** The station of this gateway. */
  readonly own: boolean
  /** The shifts that are on; null where another gateway or system knows who is on duty there. */
  readonly duty: readonly ShiftView[] | null
  /** How many places it is responsible for. */
  readonly places: number
}

export interface PlaceView extends Place, OpenAlarmsView {
  /** Ids. */
  readonly devices: readonly string[]
}

export interface RegistryView {
  /** From the top of the tree, each followed by those below it. */
  stations(): readonly StationView[]
  places(): readonly PlaceView[]
}
