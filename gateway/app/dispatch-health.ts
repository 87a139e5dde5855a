/** How dispatch stands: as values of its devices, and as checks for `/api/health`. */
import { channelDeviceId, DISPATCH_DEVICE } from '../config/config.ts'
import type { HealthCheck } from '../http/gateway-view.ts'
import type { SelfMeasurement } from '../sources/self.ts'
import type { DispatchRoom } from './dispatch-room.ts'

type Dispatch = Pick<DispatchRoom, 'channels' | 'figures' | 'failed'>

export function* measureDispatch(dispatch: Dispatch): Iterable<SelfMeasurement> {
  const figures = dispatch.figures()
  if (figures === null) return
  const { unreached, unanswered } = figures
  yield { deviceId: DISPATCH_DEVICE, values: { unreached, unanswered } }
  for (const channel of dispatch.channels() ?? []) {
    const { failure, state, failingMs, waitingMs, deadLettered } = channel.status()
    const isAway = failure === 'unreachable' || failure === 'busy'
    yield {
      deviceId: channelDeviceId(channel.id),
      values: {
        refused: state === 'refused' ? 1 : 0,
        'unreachable-seconds': isAway ? failingMs / 1000 : 0,
        'oldest-waiting-seconds': waitingMs / 1000,
        'dead-letters': deadLettered,
      },
    }
  }
}

export function dispatchChecks(dispatch: Dispatch): readonly HealthCheck[] {
  const figures = dispatch.figures()
  if (figures === null) return []
  const { unreached, unanswered } = figures
  const { failed } = dispatch
  const problems = [
    ...(failed === null ? [] : [`decisions are not on disk: ${failed}`]),
    ...(unreached === 0 ? [] : [`alarms that reach nobody: ${unreached}`]),
    ...(unanswered === 0 ? [] : [`alarms that nobody answers: ${unanswered}`]),
  ]
  const channels = (dispatch.channels() ?? []).map((channel): HealthCheck => {
    const { state, failure, message } = channel.status()
    const ok = state === 'idle' || state === 'delivering'
    return { name: `channel ${channel.id}`, ok, detail: ok ? 'delivers' : `${failure}: ${message}` }
  })
  return [{ name: 'dispatch', ok: problems.length === 0, detail: problems.join('; ') || 'reaches people' }, ...channels]
}

type Row = readonly [value: number, labels: Readonly<Record<string, string>>]

/** For metrics; empty where there is no dispatch. */
export function dispatchRows(dispatch: Dispatch) {
  const figures = Object.entries(dispatch.figures() ?? {})
  const channels = (dispatch.channels() ?? []).map(({ id, waiting, status }) => ({ id, waiting, status: status() }))
  return {
    cases: figures.map(([phase, count]): Row => [count, { phase }]),
    waiting: channels.map(({ id, waiting }): Row => [waiting, { channel: id }]),
    ok: channels.map(({ id, status }): Row => [status.failure === null ? 1 : 0, { channel: id }]),
    done: channels.flatMap(({ id, status }): Row[] => [
      [status.delivered, { channel: id, result: 'delivered' }],
      [status.deadLettered, { channel: id, result: 'failed' }],
    ]),
  }
}
