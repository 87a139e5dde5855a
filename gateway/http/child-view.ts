/** The gateways below as HTTP sees them. */
import type { Alarm, CommandAction } from '../alarm-model.ts'
import type { LocalText } from '../model.ts'
import type { BatchAnswer, ChildStatus, EventBatch, OrderState, Report, ReportAnswer } from '../upstream-model.ts'

/** What a person here wanted to be done to an alarm of a gateway below. */
export interface OrderView {
  readonly id: string
  readonly type: CommandAction['type']
  readonly by: string
  readonly comment: string | null
  readonly at: number
  readonly state: OrderState
  /** Why it was not done. */
  readonly refusal: LocalText | null
}

/** A row, with what is on its way to the gateway that raised it. */
export type AlarmView = Alarm & { readonly order?: OrderView }

export interface ChildrenView {
  list(): readonly ChildStatus[]
  /** Whether it is a gateway below, with that token. */
  admits(child: string, token: string): boolean
  takeEvents(child: string, batch: EventBatch): Promise<BatchAnswer>
  takeReport(child: string, report: Report, signal: AbortSignal): Promise<ReportAnswer>
}
