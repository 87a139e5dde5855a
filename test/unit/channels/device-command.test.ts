import { expect, test } from 'vitest'
import {
  type CommandOutcome,
  type CommandWish,
  createDeviceCommandChannel,
} from '../../../gateway/channels/device-command.ts'
import type { Notification } from '../../../gateway/dispatch-model.ts'
import { eventOf, notification } from '../../support/notifications.ts'

const never = new AbortController().signal
const OVER = { active: false, acked: true, latched: false, suppression: null }
const ended = { purpose: 'ended', events: [eventOf(2, { facts: OVER, state: 'normal' })] } as const
const acknowledged = {
  purpose: 'update',
  events: [eventOf(2, { facts: { ...OVER, active: true }, state: 'acknowledged' })],
} as const

interface Given {
  readonly exercises?: boolean
  readonly elsewhere?: boolean
  readonly off?: boolean
  readonly outcome?: CommandOutcome
}

function siren({ exercises = false, elsewhere = false, off = true, outcome = { type: 'confirmed' } }: Given = {}) {
  const wishes: CommandWish[] = []
  const channel = createDeviceCommandChannel({
    ...{ id: 'corridor', device: 'siren-3', exercises, isNeededElsewhere: () => elsewhere },
    on: { command: 'sound', value: 1, values: { red: 3 } },
    off: off ? { command: 'silence', value: null, values: {} } : null,
    send: (wish) => {
      wishes.push(wish)
      return Promise.resolve(outcome)
    },
  })
  const told = async (change: Partial<Notification>) => {
    const handover = await channel.send(notification(1, change), never)
    return { handover, commands: wishes.map(({ name, value }) => (value === null ? name : `${name} ${value}`)) }
  }
  return { told, wishes }
}

test('it sounds while somebody must act, and the device is told who wished it and why', async () => {
  const { told, wishes } = siren()
  expect(await told({})).toEqual({
    handover: { state: 'delivered', by: 'siren-3', detail: 'siren-3: sound 1' },
    commands: ['sound 1'],
  })
  expect(wishes[0]).toMatchObject({ device: 'siren-3', by: 'channel corridor', comment: '下穿涵洞：水位过高（橙色）' })
})

test.each([
  ['a reminder', { purpose: 'reminder' }, ['sound 1']],
  ['an escalation', { purpose: 'escalation' }, ['sound 1']],
  ['what is red', { events: [eventOf(1, { level: 'red', priority: 'urgent' })] }, ['sound 3']],
  ['an end', ended, ['silence']],
  ['an acknowledgement', acknowledged, ['silence']],
  ['what people put aside', { purpose: 'ended' }, ['silence']],
  ['another level that nobody has acknowledged', { purpose: 'update' }, ['sound 1']],
] as const)('%s', async (_, change, commands) => {
  expect((await siren().told(change)).commands).toEqual(commands)
})

test.each([
  ['a drill', { drill: 'd1' }],
  ['an exercised alarm', { events: [eventOf(1, { mark: 'exercise' })] }],
  ['a tested point', { events: [eventOf(1, { mark: 'test' })] }],
] as const)('%s moves nothing, unless the configuration says so', async (_, change) => {
  expect(await siren().told(change)).toEqual({
    handover: { state: 'sent', detail: 'an exercise or a test moves no device here' },
    commands: [],
  })
  expect((await siren({ exercises: true }).told(change)).commands).toHaveLength(1)
})

test('what another alarm still needs goes on', async () => {
  expect((await siren({ elsewhere: true }).told(ended)).commands).toEqual([])
  expect((await siren({ elsewhere: true }).told({})).commands).toEqual(['sound 1'])
})

test('what ends by itself is not ended', async () => {
  expect((await siren({ off: false }).told(ended)).commands).toEqual([])
})

test('what a device cannot show is sent, and no more', async () => {
  expect((await siren({ outcome: { type: 'sent' } }).told({})).handover).toMatchObject({ state: 'sent' })
})

test('a command that failed is a failure of the channel', async () => {
  const outcome = { type: 'failed', failure: 'busy', why: 'another command is under way', retryAfterMs: 500 } as const
  await expect(siren({ outcome }).told({})).rejects.toMatchObject({
    ...{ failure: 'busy', retryAfterMs: 500, message: 'siren-3: sound 1: another command is under way' },
  })
})
