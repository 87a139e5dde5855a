/** What a person does with an alarm. */
import { signal } from '@preact/signals'
import { ApiFailure, sendCommand } from './api.ts'
import { connect } from './feed.ts'
import { notice, operator, takeAlarm } from './store.ts'

/** Alarms whose command is on its way: their buttons wait. */
export const underWay = signal<ReadonlySet<string>>(new Set())
/** Set while the operator's name is asked for; `goOn` does with what was wanted. */
export const nameWanted = signal<{ readonly goOn: () => void } | null>(null)

export function command(type: 'acknowledge' | 'reset', alarmId: string): void {
  if (operator.value === '') nameWanted.value = { goOn: () => command(type, alarmId) }
  else void send(type, alarmId)
}

async function send(type: 'acknowledge' | 'reset', alarmId: string): Promise<void> {
  if (underWay.value.has(alarmId)) return
  underWay.value = new Set([...underWay.value, alarmId])
  try {
    takeAlarm({ alarm: await sendCommand(type, alarmId, operator.value) })
    notice.value = null
  } catch (error) {
    const failure = error instanceof ApiFailure ? error : new ApiFailure(0, String(error))
    notice.value = textOf(failure)
    // Somebody else was quicker, or the session ended: look at what is true now.
    if (failure.status !== 0) void connect()
  } finally {
    underWay.value = new Set([...underWay.value].filter((id) => id !== alarmId))
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
