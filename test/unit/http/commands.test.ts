/** Commands to devices over HTTP: the status tells a program whether it was done. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CommandFailure, DeviceCommand, DeviceCommandState } from '../../../gateway/device-command.ts'
import type { CommandWish, CommandWishAnswer, DeviceCommandsView } from '../../../gateway/http/command-view.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'

const ID = '0b7f3f6e-52f1-4a8a-9c44-8b1f0d8a7f10'
const TOKEN = 'a-token-for-the-duty-desk'
const VIEWER = 'a-token-for-the-lobby-screen'

let here: TestServer
beforeAll(async () => {
  const tokens = [
    { name: 'desk', token: TOKEN },
    { name: 'lobby', token: VIEWER, role: 'viewer' as const },
  ]
  here = await startTestServer({ authentication: { type: 'tokens', tokens } })
})
afterAll(() => here.server.stop())

function record(changes: Partial<DeviceCommand> = {}): DeviceCommand {
  return {
    ...{ id: ID, device: 'tower', deviceName: 'gate tower', name: 'silence', title: { zh: '消音', en: 'Silence' } },
    ...{
      value: 0,
      unit: '1',
      by: '张伟 (token desk)',
      comment: 'test',
      via: 'http',
      key: null,
      target: 'tower coil 3',
    },
    ...{ state: 'confirmed', reason: null, requestedAt: 1, sentAt: 2, endedAt: 3, shown: 0 },
    exchanges: [{ step: 'write', at: 2, sent: '050003ff00', answer: '050003ff00' }],
    revert: {
      ...{ value: 1, dueAt: 600_003, state: 'waiting', attempts: 0, reason: null, endedAt: null, exchanges: [] },
    },
    ...changes,
  }
}

const failed = (code: CommandFailure, state: DeviceCommandState = 'failed'): CommandWishAnswer => ({
  type: 'taken',
  command: record({ state, reason: { code, text: { zh: '原因', en: `because of ${code}` } }, revert: null }),
})

let wishes: CommandWish[]
let answer: CommandWishAnswer
const description: DeviceCommandsView = {
  device: 'tower',
  commands: [
    {
      id: 'sound',
      name: { zh: '声音', en: 'Sound' },
      note: null,
      argument: { name: null, unit: '1', range: null, states: { 1: { zh: '短', en: 'short' } }, decimals: 0 },
      interlocks: [
        {
          ...{ point: 'tower.test', pointName: { zh: '测试', en: 'Test' }, is: null, isNot: [1], above: null },
          ...{ below: null, maxAgeMs: 3000, because: { zh: '正在测试', en: 'it is being tested' } },
        },
      ],
      confirmation: { type: 'read-back', withinMs: 2000, because: null },
      expiry: { afterMs: 600_000, revert: 0 },
    },
    {
      ...{ id: 'chirp', name: { zh: '鸣', en: 'Chirp' }, note: { zh: '响一声', en: 'once' }, argument: null },
      interlocks: [],
      confirmation: { type: 'none', withinMs: null, because: { zh: '无回应', en: 'it says nothing' } },
      expiry: null,
    },
  ],
  open: [record()],
}
const events = [{ seq: 8, time: 3, type: 'confirmed' as const, command: record() }]

beforeEach(() => {
  wishes = []
  answer = { type: 'taken', command: record() }
  here.gateway.deviceCommands = {
    of: (device) => (device === 'tower' ? description : undefined),
    send: (wish) => {
      wishes.push(wish)
      return Promise.resolve(answer)
    },
    command: (id) => (id === ID ? record({ state: 'sent' }) : undefined),
    cancel: (_, by) => Promise.resolve(by.startsWith('李娜')),
    events: (after, limit) => Promise.resolve({ events: after < 8 && limit > 0 ? events : [], lastSeq: 8 }),
  }
})

async function call(method: string, path: string, { body, token = TOKEN }: { body?: unknown; token?: string } = {}) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(here.url + path, { method, headers, ...text })
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they like
  return { status: response.status, body: (await response.json()) as any, headers: response.headers }
}
const send = (body: unknown, options: { token?: string } = {}) =>
  call('POST', '/api/devices/tower/commands/silence', { body, ...options })

test('what a device can be told comes whole, in both languages, with what is open', async () => {
  const { status, body } = await call('GET', '/api/devices/tower/commands')
  expect(status).toBe(200)
  expect(body).toEqual(JSON.parse(JSON.stringify(description)))
  expect(await call('GET', '/api/devices/nobody/commands')).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown-device' } },
  })
})

test('a confirmed command is 200, with the person and the token that sent it', async () => {
  const { status, body } = await send({ by: ' 张伟 ', comment: ' ', value: 0, key: 'k1' })
  expect(status).toBe(200)
  expect(body).toEqual(JSON.parse(JSON.stringify(record())))
  expect(wishes).toEqual([
    { device: 'tower', name: 'silence', value: 0, key: 'k1', by: '张伟 (token desk)', comment: null },
  ])
})

test('a command that is still under way is 202', async () => {
  answer = { type: 'taken', command: record({ state: 'sent', endedAt: null }) }
  expect(await send({ by: '张伟' })).toMatchObject({ status: 202, body: { state: 'sent', id: ID } })
})

const failures: readonly [CommandFailure, number][] = [
  ['interlocked', 409],
  ['cancelled', 409],
  ['not-sent', 502],
  ['refused-by-device', 502],
  ['not-kept', 502],
  ['cannot-be-confirmed', 502],
  ['unknown-outcome', 502],
  ['unconfirmed', 504],
  ['given-up', 503],
]
test.each(failures)('a command that ended with %s is %i, with the reason and the record', async (code, status) => {
  answer = failed(code, code === 'interlocked' ? 'refused' : 'failed')
  const refused = await send({ by: '张伟' })
  expect(refused.status).toBe(status)
  expect(refused.body).toEqual({
    error: { code, message: `because of ${code}`, text: { zh: '原因', en: `because of ${code}` } },
    command: JSON.parse(JSON.stringify((answer as { command: DeviceCommand }).command)),
  })
})

const refusals = [
  ['unknown-device', 404],
  ['unknown-command', 404],
  ['invalid-value', 422],
  ['device-busy', 409],
  ['key-reused', 409],
  ['too-many-commands', 429],
  ['cannot-be-recorded', 503],
  ['stopping', 503],
] as const
test.each(refusals)('a wish that is refused as %s is %i', async (refusal, status) => {
  const message = { zh: '不行', en: 'no' }
  answer = { type: 'refused', refusal, message, ...(status === 429 && { retryAfterMs: 1200 }) }
  const refused = await send({ by: '张伟' })
  expect(refused).toMatchObject({ status, body: { error: { code: refusal, message: 'no', text: message } } })
  expect(refused.body).not.toHaveProperty('command')
  expect(refused.headers.get('retry-after')).toBe(status === 429 ? '2' : null)
})

const bodies: readonly [string, unknown, string][] = [
  ['without a person', { value: 1 }, "'by' is missing"],
  ['with a person of blanks', { by: '  ' }, "'by'"],
  ['with a value that is text', { by: 'x', value: '1' }, "'value'"],
  ['with an unknown member', { by: 'x', force: true }, "'force' is unknown"],
  ['with an empty key', { by: 'x', key: '' }, "'key'"],
]
test.each(bodies)('a wish %s is 400 and reaches nobody', async (_, body, message) => {
  expect(await send(body)).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid-request', message: expect.stringContaining(message) } },
  })
  expect(wishes).toEqual([])
})

test('who may only look can see what there is, and send and cancel nothing', async () => {
  expect(await call('GET', '/api/devices/tower/commands', { token: VIEWER })).toMatchObject({ status: 200 })
  expect(await send({ by: 'x' }, { token: VIEWER })).toMatchObject({ status: 403 })
  const cancel = { body: { by: '李娜' }, token: VIEWER }
  expect(await call('POST', `/api/commands/${ID}/cancel`, cancel)).toMatchObject({ status: 403 })
  expect(wishes).toEqual([])
})

test('the journal is read on from a number', async () => {
  const { body } = await call('GET', '/api/commands?after=7&limit=5')
  expect(body).toEqual(JSON.parse(JSON.stringify({ events, lastSeq: 8 })))
  expect((await call('GET', '/api/commands?after=8')).body).toEqual({ events: [], lastSeq: 8 })
  expect(await call('GET', '/api/commands?limit=1001')).toMatchObject({ status: 400 })
})

test('one command is asked for by its id', async () => {
  expect(await call('GET', `/api/commands/${ID}`)).toMatchObject({ status: 200, body: { id: ID, state: 'sent' } })
  const unknown = ID.replace('0b7f', 'ffff')
  expect(await call('GET', `/api/commands/${unknown}`)).toMatchObject({ status: 404 })
  expect(await call('GET', '/api/commands/..%2f')).toMatchObject({ status: 400 })
})

test('waiting is cancelled by a person; where nothing waits that is told', async () => {
  const cancel = (by: string, id = ID) => call('POST', `/api/commands/${id}/cancel`, { body: { by } })
  expect(await cancel('李娜')).toMatchObject({ status: 200, body: { id: ID } })
  expect(await cancel('张伟')).toMatchObject({ status: 409, body: { error: { code: 'nothing-waits' } } })
  expect(await cancel('李娜', ID.replace('0b7f', 'ffff'))).toMatchObject({ status: 404 })
})
