/** Drills as HTTP sees them. */
import type { Drill, DrillScope } from '../ledger-model.ts'
import type { DrillReport } from '../ledgers/drill-report.ts'
import type { LocalText } from '../model.ts'

export interface DrillWish {
  readonly scope: DrillScope
  /** Null: now. */
  readonly from: number | null
  readonly durationMs: number
  readonly by: string
  readonly comment: string
}

export type DrillRefusal =
  | 'nothing-to-exercise'
  | 'too-many-alarms'
  | 'unknown-scope'
  | 'drill-on'
  | 'drill-too-long'
  | 'drill-too-late'
  | 'too-many-drills'
  | 'unknown-drill'
  | 'drill-over'

export type DrillAnswer =
  | { readonly ok: true; readonly drill: Drill }
  | { readonly ok: false; readonly refusal: DrillRefusal; readonly message: LocalText }

export interface DrillsView {
  /** Newest first. */
  list(): readonly Drill[]
  /** Begins it, or plans it. */
  begin(wish: DrillWish): Promise<DrillAnswer>
  /** Ends one that is on, and calls off one that is planned. */
  end(id: string, who: { readonly by: string; readonly comment: string | null }): Promise<DrillAnswer>
  report(id: string): Promise<DrillReport | null>
}
