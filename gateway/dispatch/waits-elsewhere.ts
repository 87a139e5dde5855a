/** What a channel that calls for several alarms at once must know before it falls silent for one of them. */
import type { DispatchState } from './dispatch-state.ts'

export interface Falling {
  readonly channel: string
  /** Id of the notification that says that nobody needs to act. */
  readonly notification: string
  /** Whether exercises and tests count. */
  readonly exercises: boolean
}

/** Whether another alarm that was told over the channel still waits for somebody. */
export function waitsElsewhere(
  state: Pick<DispatchState, 'cases' | 'notification'>,
  { channel, notification, exercises }: Falling,
): boolean {
  const own = state.notification(notification)?.cases ?? []
  for (const { id, phase, told, drill, facts } of state.cases()) {
    if (phase !== 'calling' || own.includes(id) || !told.has(channel)) continue
    if (exercises || (drill === null && facts.mark === null)) return true
  }
  return false
}
