/** What people enter in the books of a station: checks of equipment, and drills. Times as in `model.ts`. */

/** A look at it, the check of a year, a service in a workshop, and that it is gone for good. */
export type InspectionType = 'look' | 'check' | 'service' | 'scrapped'
export const INSPECTION_TYPES: readonly InspectionType[] = ['look', 'check', 'service', 'scrapped']

export interface Inspection {
  readonly device: string
  readonly type: InspectionType
  /** When it was done; it may be entered later. */
  readonly at: number
  readonly by: string
  /** False: something was found that has to be put right. */
  readonly ok: boolean
  readonly comment: string
  readonly enteredAt: number
}

export type LedgerBook = 'inspection' | 'drill'

/** One line of a book; `subject` is what it is about, of which the newest line is never forgotten. */
export interface LedgerEntry {
  readonly book: LedgerBook
  readonly subject: string
  readonly time: number
  readonly content: unknown
}

/** What a drill is over: all that is given must fit. At least one of them is. */
export interface DrillScope {
  /** Ids of stations; each with all below it. */
  readonly stations?: readonly string[]
  readonly devices?: readonly string[]
  readonly kinds?: readonly string[]
  /** These alarms and no others; without it the gravest hazard of each device. */
  readonly alarms?: readonly string[]
}

export type DrillState = 'planned' | 'on' | 'over' | 'cancelled' | 'missed'

export interface Drill {
  readonly id: string
  readonly state: DrillState
  readonly by: string
  readonly comment: string
  /** When it begins, and when it ends at the latest. */
  readonly from: number
  readonly until: number
  readonly scope: DrillScope
  /** Id of the schedule that began it; null: a person did. */
  readonly schedule: string | null
  readonly endedAt: number | null
  /** Null: its time was over, or nobody did. */
  readonly endedBy: string | null
  /** Ids of the drill modes that it began. */
  readonly modes: readonly string[]
  /** Ids of the alarms that were exercised. */
  readonly alarms: readonly string[]
  /** Those that could not be, and why. */
  readonly refused: readonly { readonly alarm: string; readonly refusal: string }[]
}
