/** Commands that come over MQTT: from whom they are taken, and what is answered. */
import { expect, test } from 'vitest'
import { type CommandResult, MqttCommands } from '../../../gateway/app/mqtt-commands.ts'
import type { MqttCommandsConfig } from '../../../gateway/config/mqtt-commands.ts'
import type { ControlAnswer, ControlRequest } from '../../../gateway/control/request.ts'
import type { DeviceCommand } from '../../../gateway/device-command.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const USERS: MqttCommandsConfig = { broker: 'embedded', from: { type: 'users', users: ['duty'] } }
const TOPIC = 'outpost/gw/devices/tower/commands/sound'
const WISH = { by: '李娜', key: 'k1', value: 2 }

const record: DeviceCommand = {
  ...{ id: '1', device: 'tower', deviceName: 'tower', name: 'sound', title: { zh: '响', en: 'Sound' }, value: 2 },
  ...{ unit: '1', by: '李娜', comment: null, via: 'mqtt', key: 'k1', target: 't', state: 'confirmed', reason: null },
  ...{ requestedAt: 1, sentAt: 2, endedAt: 3, shown: 2, exchanges: [], revert: null },
}
const taken = (changes: Partial<DeviceCommand> = {}): ControlAnswer => ({
  type: 'taken',
  command: { ...record, ...changes },
})

function room(config: MqttCommandsConfig | null, answers: readonly ControlAnswer[] = [taken()]) {
  const requests: ControlRequest[] = []
  const results: (CommandResult & { readonly broker: string; readonly topic: string })[] = []
  const log = createMemoryLog()
  const left = [...answers]
  const commands = new MqttCommands({
    gatewayId: 'gw',
    control: {
      request: (request) => {
        requests.push(request)
        return Promise.resolve(left.shift() ?? taken())
      },
    },
    publish: (broker, { topic, payload }) => {
      results.push({ broker, topic, ...(JSON.parse(Buffer.from(payload).toString()) as CommandResult) })
      return Promise.resolve()
    },
    log,
  })
  const listenersAt = (broker: string) => commands.listeners(config, broker)
  const say = async (body: unknown, username = 'duty') => {
    const payload = typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body))
    for (const { heard } of listenersAt(config?.broker ?? '')) heard({ topic: TOPIC, payload, username })
    await new Promise(setImmediate)
  }
  return { requests, results, log, listenersAt, say }
}

test('nothing is heard where the configuration does not say so, nor at another broker', () => {
  expect(room(null).listenersAt('embedded')).toEqual([])
  expect(room(USERS).listenersAt('city')).toEqual([])
  expect(room(USERS).listenersAt('embedded')).toMatchObject([{ topicFilter: 'outpost/gw/devices/+/commands/+' }])
})

test('a user who is named may, and is recorded behind the person', async () => {
  const { requests, results, say } = room(USERS)
  await say({ ...WISH, comment: ' 雨 ' })
  expect(requests).toEqual([
    {
      ...{ device: 'tower', name: 'sound', value: 2, key: 'k1', via: 'mqtt', comment: '雨' },
      by: '李娜 (MQTT user duty)',
    },
  ])
  expect(results).toMatchObject([
    { broker: 'embedded', topic: `${TOPIC}/result`, key: 'k1', done: true, confirmed: true, code: 'confirmed' },
  ])
})

test('any other user may not, whatever the message says, and the log has it once', async () => {
  const { requests, results, log, say } = room(USERS)
  for (const username of ['field', 'field', '']) await say({ ...WISH, by: 'duty' }, username)
  expect(requests).toEqual([])
  expect(results.map(({ code, confirmed }) => [code, confirmed])).toEqual(new Array(3).fill(['not-allowed', false]))
  expect(log.lines).toMatchObject([{ facts: { username: 'field' } }, { facts: { username: '' } }])
})

test.each([
  [{ broker: 'embedded', from: { type: 'anyone-on-loopback' } }, '李娜 (MQTT on this machine)'],
  [{ broker: 'city', from: { type: 'whom-the-broker-allows' } }, '李娜 (MQTT broker city)'],
] as const)('%j: it is recorded how it came', async (config, by) => {
  const { requests, say } = room(config)
  await say(WISH, '')
  expect(requests).toMatchObject([{ by }])
})

test.each([
  ['no JSON', 'loud', 'not JSON'],
  ['no key', { by: 'x' }, 'key'],
  ['no person', { key: 'k' }, 'by'],
  ['a person of blanks', { by: '  ', key: 'k' }, '/by'],
  ['a value that is text', { ...WISH, value: '2' }, '/value'],
  ['an unknown member', { ...WISH, force: true }, 'additional'],
  ['too much', { ...WISH, comment: 'x'.repeat(5000) }, '4096 bytes'],
])('%s is refused and reaches nobody', async (_, body, detail) => {
  const { requests, results, say } = room(USERS)
  await say(body)
  expect(requests).toEqual([])
  expect(results).toMatchObject([{ key: null, done: true, confirmed: false, code: 'invalid-message' }])
  expect(results[0]?.text?.en).toContain(detail)
})

test('what is under way is told, and then its end, once', async () => {
  const reason = { code: 'unconfirmed', text: { zh: '未确认', en: 'not confirmed' } } as const
  const sent = taken({ state: 'sent', endedAt: null })
  const { requests, results, say } = room(USERS, [sent, taken({ state: 'failed', reason })])
  await say(WISH)
  expect(results.map(({ done, confirmed, code }) => [done, confirmed, code])).toEqual([
    [false, false, 'sent'],
    [true, false, 'unconfirmed'],
  ])
  expect(new Set(requests.map(({ key }) => key))).toEqual(new Set(['k1']))
})

test('a refusal keeps its key, so that the sender knows which', async () => {
  const message = { zh: '忙', en: 'busy' }
  const { results, say } = room(USERS, [{ type: 'refused', refusal: 'device-busy', message }])
  await say(WISH)
  expect(results).toMatchObject([{ key: 'k1', code: 'device-busy', text: message, command: null, confirmed: false }])
})
