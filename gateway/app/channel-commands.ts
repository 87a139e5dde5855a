/** Commands to devices as a channel of dispatch wishes them. */
import type { CommandOutcome, CommandWish } from '../channels/device-command.ts'
import type { Control } from '../control/control.ts'
import type { ControlAnswer } from '../control/request.ts'
import type { DeviceCommand } from '../device-command.ts'
import { orAborted } from '../sinks/deadline.ts'

/** A siren that is to call must be known to call, or not, before the chain of escalation goes on. */
const WAIT_MS = 15_000

type Failed = Extract<CommandOutcome, { type: 'failed' }>

/** Each wish is a command of its own: one that has failed would else stand for the next try. */
export function commanderOf(control: Pick<Control, 'request'>) {
  return async (wish: CommandWish, signal: AbortSignal): Promise<CommandOutcome> => {
    const request = { ...wish, via: 'dispatch', key: null } as const
    return outcomeOf(await orAborted(signal, control.request(request, { waitMs: WAIT_MS })))
  }
}

function outcomeOf(answer: ControlAnswer): CommandOutcome {
  return answer.type === 'taken' ? endOf(answer.command) : refused(answer)
}

function endOf({ state, reason }: DeviceCommand): CommandOutcome {
  const why = reason?.text.en ?? `not confirmed within ${WAIT_MS / 1000} s`
  switch (state) {
    case 'confirmed':
      return { type: 'confirmed' }
    case 'refused':
      return { type: 'failed', failure: 'busy', why }
    case 'failed':
      return reason?.code === 'cannot-be-confirmed' ? { type: 'sent' } : { type: 'failed', failure: 'unreachable', why }
    case 'requested':
    case 'sent':
      return { type: 'failed', failure: 'unreachable', why }
  }
}

function refused({ refusal, message, retryAfterMs }: Extract<ControlAnswer, { type: 'refused' }>): Failed {
  const after = retryAfterMs === undefined ? {} : { retryAfterMs }
  return { type: 'failed', failure: failureOf(refusal), why: message.en, ...after }
}

function failureOf(refusal: Extract<ControlAnswer, { type: 'refused' }>['refusal']): Failed['failure'] {
  switch (refusal) {
    case 'device-busy':
    case 'too-many-commands':
      return 'busy'
    case 'unknown-device':
    case 'unknown-command':
    case 'invalid-value':
    case 'key-reused':
      return 'refused'
    case 'cannot-be-recorded':
    case 'stopping':
      return 'unreachable'
  }
}
