/** When a unit itself has said nothing, although something may have been heard on its line. */
import type { QualityReason } from '../../model.ts'
import type { RequestResult } from './exchange.ts'
import { exceptionText } from './pdu.ts'

export interface NoAnswer {
  readonly reason: QualityReason
  readonly detail: string
  /** The line is down, which says nothing about the unit. */
  readonly lineDown: boolean
  /** Asking this unit has cost the line its connection, and so has cost all its neighbours a turn. */
  readonly cutOff: boolean
  /** How long it has kept the line from its other units. */
  readonly costMs: number
}

/** A gateway that reaches no device (AP 7) says what a time-out says. */
const GATEWAY_EXCEPTIONS = [10, 11]

/** Null if the unit has answered, be it with an exception. */
export function noAnswerIn(result: RequestResult): NoAnswer | null {
  if (result.type === 'failure') {
    const reason = result.failure === 'refused' ? 'malformed' : 'communication-failure'
    const { failure, detail, costMs = 0 } = result
    return { reason, detail, lineDown: failure === 'not-connected', cutOff: failure === 'cut-off', costMs }
  }
  if (result.reply.type !== 'exception' || !GATEWAY_EXCEPTIONS.includes(result.reply.code)) return null
  const detail = exceptionText(result.reply.code)
  return { reason: 'communication-failure', detail, lineDown: false, cutOff: false, costMs: result.tookMs }
}
