/** Reports of people as HTTP sees them. */
import type { Alarm, CommandRefusal, IncidentType, Priority } from '../alarm-model.ts'
import type { LocalText } from '../model.ts'

export interface ReportRequest {
  readonly type: IncidentType
  /** Id of a registered place; null where there is none. */
  readonly placeId: string | null
  /** In words; null where the registered place says enough. */
  readonly place: string | null
  readonly priority: Priority | null
  readonly known: string
  /** Null: whoever enters it saw it. */
  readonly reporter: string | null
  readonly by: string
  readonly exercise: boolean
}

export interface ReportType {
  readonly type: IncidentType
  readonly name: LocalText
  readonly priority: Priority
  readonly guidance: LocalText
}

export type ReportAnswer =
  | { readonly ok: true; readonly alarm: Alarm }
  | { readonly ok: false; readonly refusal: CommandRefusal | 'unknown-place'; readonly message: LocalText }

export interface ReportsView {
  types(): readonly ReportType[]
  /** Answers when it is on disk, or the disk refuses. */
  report(request: ReportRequest): Promise<ReportAnswer>
}
