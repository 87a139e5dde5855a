/** What a person does with an alarm or a mode. */
import { signal } from '@preact/signals'
import { ApiFailure, type Decision, sendCommand, sendDecision, sendEndMode } from './api.ts'
import { connect } from './feed.ts'
import { modes, notice, operator, takeAlarms } from './store.ts'

/** Alarms and modes whose command is on its way: their buttons wait. */
export const underWay = signal<ReadonlySet<string>>(new Set())
/** Set while the operator's name is asked for; `goOn` does with what was wanted. */
export const nameWanted = signal<{ readonly goOn: () => void } | null>(null)

export function command(type: 'acknowledge' | 'reset', alarmId: string): void {
  if (operator.value === '') nameWanted.value = { goOn: () => command(type, alarmId) }
  else void send(alarmId, async () => takeAlarms([{ alarm: await sendCommand(type, alarmId, operator.value) }]))
}

/** About a proposed level. */
export function decide(type: Decision, alarmId: string, comment: string): void {
  if (operator.value === '') nameWanted.value = { goOn: () => decide(type, alarmId, comment) }
  else
    void send(alarmId, async () =>
      takeAlarms([{ alarm: await sendDecision(type, alarmId, { by: operator.value, comment }) }]),
    )
}

export function endMode(id: string): void {
  if (operator.value === '') nameWanted.value = { goOn: () => endMode(id) }
  else {
    void send(id, async () => {
      await sendEndMode(id, operator.value)
      modes.value = modes.value.filter((mode) => mode.id !== id)
    })
  }
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
