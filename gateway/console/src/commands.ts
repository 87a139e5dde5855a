/** What a person does with an alarm or a mode. */
import { signal } from '@preact/signals'
import type { LocalText } from '../../model.ts'
import { ApiFailure, type Decision, sendBeginMode, sendCommand, sendDecision, sendEndMode } from './api.ts'
import { connect } from './feed.ts'
import { modes, notice, operator, takeAlarms } from './store.ts'

/** Alarms and modes whose command is on its way: their buttons wait. */
export const underWay = signal<ReadonlySet<string>>(new Set())
/** Set while the operator's name is asked for; `goOn` does with what was wanted. */
export const nameWanted = signal<{ readonly goOn: () => void } | null>(null)

/** What is done is done under a name. */
export function withOperator(goOn: () => void): void {
  if (operator.value === '') nameWanted.value = { goOn }
  else goOn()
}

export function command(type: 'acknowledge' | 'reset', alarmId: string): void {
  withOperator(() => {
    void send(alarmId, async () => takeAlarms([{ alarm: await sendCommand(type, alarmId, operator.value) }]))
  })
}

/** About a proposed level. */
export function decide(type: Decision, alarmId: string, comment: string): void {
  withOperator(() => {
    void send(alarmId, async () =>
      takeAlarms([{ alarm: await sendDecision(type, alarmId, { by: operator.value, comment }) }]),
    )
  })
}

/** Null when it has begun; else why not, for the form that is still open. */
export async function beginMode(wish: Omit<Parameters<typeof sendBeginMode>[0], 'by'>): Promise<LocalText | null> {
  try {
    const mode = await sendBeginMode({ ...wish, by: operator.value })
    modes.value = [...modes.value.filter(({ id }) => id !== mode.id), mode].sort((a, b) => a.until - b.until)
    return null
  } catch (error) {
    return textOf(error instanceof ApiFailure ? error : new ApiFailure(0, String(error)))
  }
}

export function endMode(id: string): void {
  withOperator(() => {
    void send(id, async () => {
      await sendEndMode(id, operator.value)
      modes.value = modes.value.filter((mode) => mode.id !== id)
    })
  })
}

async function send(id: string, ask: () => Promise<void>): Promise<void> {
  if (underWay.value.has(id)) return
  underWay.value = new Set([...underWay.value, id])
  try {
    await ask()
    notice.value = null
  } catch (error) {
    const failure = error instanceof ApiFailure ? error : new ApiFailure(0, String(error))
    notice.value = textOf(failure)
    // Somebody else was quicker, or the session ended: look at what is true now.
    if (failure.status !== 0) void connect()
  } finally {
    underWay.value = new Set([...underWay.value].filter((other) => other !== id))
  }
}

function textOf(failure: ApiFailure) {
  if (failure.status === 0) {
    return {
      zh: '网关没有回答，操作可能没有生效。',
      en: 'The gateway did not answer; this may not have been done.',
    }
  }
  return failure.text ?? { zh: failure.message, en: failure.message }
}
