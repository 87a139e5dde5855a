/** Ledgers as HTTP sees them: tables of a period, and what people enter. */
import type { InspectionType } from '../ledger-model.ts'
import type { Reader, Table } from '../ledgers/table.ts'
import type { LocalText } from '../model.ts'
import type { Period } from '../statistics/alarm-statistics.ts'
import type { ResponseKey } from '../statistics/response-times.ts'

export const LEDGERS = [
  ...(['alarms', 'responses', 'false-alarms', 'online', 'coverage', 'equipment', 'inspections', 'drills'] as const),
] as const
export type LedgerName = (typeof LEDGERS)[number]

export interface LedgerWish extends Period {
  readonly name: LedgerName
  /** Null: all. */
  readonly station: string | null
  readonly kind: string | null
  /** By what response times are told apart. */
  readonly by: readonly ResponseKey[]
}

export type LedgerAnswer =
  | { readonly ok: true; readonly table: Table }
  | { readonly ok: false; readonly refusal: 'too-many-alarms' | 'busy'; readonly message: LocalText }

export interface InspectionWish {
  readonly device: string
  readonly type: InspectionType
  /** Null: now. */
  readonly at: number | null
  readonly by: string
  readonly ok: boolean
  readonly comment: string
}

export type InspectionAnswer =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly refusal: 'unknown-equipment' | 'not-yet' | 'not-written'
      readonly message: LocalText
    }

export type MonthlyAnswer =
  | { readonly ok: true; readonly html: string }
  | {
      readonly ok: false
      readonly refusal: 'too-many-alarms' | 'busy' | 'month-to-come'
      readonly message: LocalText
    }

export interface LedgersView {
  /** How times are written here, where the reader says nothing. */
  reader(): Reader
  table(wish: LedgerWish): Promise<LedgerAnswer>
  /** As 2026-10; null: the last one that is over. */
  monthly(month: string | null): Promise<MonthlyAnswer>
  /** Answers when it is on disk. */
  inspect(wish: InspectionWish): Promise<InspectionAnswer>
}
