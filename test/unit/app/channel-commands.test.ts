import { expect, test } from 'vitest'
import { commanderOf } from '../../../gateway/app/channel-commands.ts'
import type { ControlAnswer, ControlRefusal } from '../../../gateway/control/request.ts'
import type { CommandFailure, DeviceCommand, DeviceCommandState } from '../../../gateway/device-command.ts'

const never = new AbortController().signal
const WISH = { device: 'siren', name: 'sound', value: 1, by: 'channel hall', comment: '火警' }

function taken(state: DeviceCommandState, code: CommandFailure | null = null): ControlAnswer {
  const reason = code === null ? null : { code, text: { zh: '原因', en: 'the reason' } }
  return { type: 'taken', command: { state, reason } as DeviceCommand }
}

function refused(refusal: ControlRefusal): ControlAnswer {
  return { type: 'refused', refusal, message: { zh: '不行', en: 'no' }, retryAfterMs: 700 }
}

test.each([
  [taken('confirmed'), { type: 'confirmed' }],
  [taken('failed', 'cannot-be-confirmed'), { type: 'sent' }],
  [taken('failed', 'unconfirmed'), { type: 'failed', failure: 'unreachable', why: 'the reason' }],
  [taken('failed', 'refused-by-device'), { type: 'failed', failure: 'unreachable', why: 'the reason' }],
  [taken('refused', 'interlocked'), { type: 'failed', failure: 'busy', why: 'the reason' }],
  [taken('sent'), { type: 'failed', failure: 'unreachable', why: 'not confirmed within 15 s' }],
  [refused('device-busy'), { type: 'failed', failure: 'busy', why: 'no', retryAfterMs: 700 }],
  [refused('unknown-command'), { type: 'failed', failure: 'refused', why: 'no', retryAfterMs: 700 }],
  [refused('cannot-be-recorded'), { type: 'failed', failure: 'unreachable', why: 'no', retryAfterMs: 700 }],
] as const)('%j', async (answer, outcome) => {
  const asked: unknown[] = []
  const command = commanderOf({
    request: (request) => {
      asked.push(request)
      return Promise.resolve(answer)
    },
  })
  expect(await command(WISH, never)).toEqual(outcome)
  expect(asked).toEqual([{ ...WISH, via: 'dispatch', key: null }])
})

test('a stop does not wait for a device', async () => {
  const command = commanderOf({ request: () => new Promise(() => {}) })
  const stop = new AbortController()
  const sent = command(WISH, stop.signal)
  stop.abort(new Error('stopping'))
  await expect(sent).rejects.toThrow('stopping')
})
