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
