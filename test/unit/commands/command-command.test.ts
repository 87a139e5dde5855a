/** `outpost command` against the API of a gateway of the mind. */
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { commandCommand } from '../../../gateway/commands/command-command.ts'
import type { DeviceCommand } from '../../../gateway/device-command.ts'
import type { CommandDescription, CommandWish, CommandWishAnswer } from '../../../gateway/http/command-view.ts'
import { startTestServer } from '../../support/http.ts'
import { hearWhatIsSaid } from '../../support/said.ts'

const TOKEN = 'a-token-for-the-duty-desk'
const ID = '0b7f3f6e-52f1-4a8a-9c44-8b1f0d8a7f10'

const said = hearWhatIsSaid()
afterEach(() => {
  vi.unstubAllEnvs()
})

const record: DeviceCommand = {
  ...{ id: ID, device: 'gauge', deviceName: 'gauge', name: 'interval', title: { zh: '间隔', en: 'Interval' } },
  ...{ value: 300, unit: 's', by: '张伟', comment: null, via: 'http', key: null, target: 'gauge 85' },
  ...{ state: 'confirmed', reason: null, requestedAt: 1, sentAt: 2, endedAt: 3, shown: 300, exchanges: [] },
  revert: null,
}
const reason = { code: 'unconfirmed', text: { zh: '未确认', en: 'nothing showed it within 15 s' } } as const
const failed: DeviceCommand = { ...record, state: 'failed', reason }

const siren: CommandDescription = {
  ...{ id: 'sound', name: { zh: '鸣响', en: 'Sound' }, note: { zh: '响', en: 'It is loud.' } },
  argument: { name: null, unit: 's', range: [1, 30], states: null, decimals: 0 },
  interlocks: [
    {
      ...{ point: 'siren.test', pointName: { zh: '测试', en: 'Test' }, is: [0], isNot: null, above: null, below: null },
      ...{ maxAgeMs: 3000, because: { zh: '在测试', en: 'it is being tested' } },
    },
  ],
  confirmation: { type: 'read-back', withinMs: 2000, because: null },
  expiry: { afterMs: 600_000, revert: 0 },
}
const chirp: CommandDescription = {
  ...{ id: 'chirp', name: { zh: '鸣', en: 'Chirp' }, note: null, argument: null, interlocks: [], expiry: null },
  confirmation: { type: 'none', withinMs: null, because: { zh: '无', en: 'it says nothing' } },
}

async function gateway(answer: CommandWishAnswer, later: readonly DeviceCommand[] = []) {
  const wishes: CommandWish[] = []
  const looks = [...later]
  const { server, gateway, url } = await startTestServer({
    authentication: { type: 'tokens', tokens: [{ name: 'desk', token: TOKEN }] },
  })
  onTestFinished(() => server.stop())
  gateway.deviceCommands = {
    ...gateway.deviceCommands,
    of: (device) => (device === 'siren' ? { device, commands: [siren, chirp], open: [record] } : undefined),
    send: (wish) => {
      wishes.push(wish)
      return Promise.resolve(answer)
    },
    command: () => looks.shift() ?? record,
  }
  vi.stubEnv('OUTPOST_TOKEN', TOKEN)
  const run = (...args: string[]) => commandCommand(['--gateway', `${url}/`, ...args])
  return { wishes, run, url }
}
const taken = (command: DeviceCommand): CommandWishAnswer => ({ type: 'taken', command })

test('a confirmed command is exit code 0, with who and why', async () => {
  const { run, wishes } = await gateway(taken(record))
  expect(await run('gauge', 'interval', '300', '--by', '张伟', '--comment', '雨季', '--key', 'k')).toBe(0)
  expect(said.stdout).toBe(`gauge interval 300 s: confirmed [${ID}]\n`)
  expect(wishes).toEqual([
    { device: 'gauge', name: 'interval', value: 300, by: '张伟 (token desk)', comment: '雨季', key: 'k' },
  ])
})

test('a command that was not confirmed is exit code 3, with the reason', async () => {
  const { run } = await gateway(taken(failed))
  expect(await run('gauge', 'interval', '300', '--by', '张伟')).toBe(3)
  expect(said.stdout).toBe(`gauge interval 300 s: failed: nothing showed it within 15 s [${ID}]\n`)
})

test('a command that is under way is waited for', async () => {
  const sent: DeviceCommand = { ...record, state: 'sent', endedAt: null }
  const { run } = await gateway(taken(sent), [sent, failed])
  expect(await run('gauge', 'interval', '300', '--by', '张伟', '--json')).toBe(3)
  expect(said.stderr).toContain('sent')
  expect(JSON.parse(said.stdout)).toMatchObject({ state: 'failed', reason })
})

test('a wish that is not taken is exit code 1, in the words of the gateway', async () => {
  const message = { zh: '不行', en: 'expected a whole number from 1 to 30 s' }
  const { run } = await gateway({ type: 'refused', refusal: 'invalid-value', message })
  expect(await run('gauge', 'interval', '--by', '张伟', '--', '-5')).toBe(1)
  expect(said.stderr).toBe('outpost command: expected a whole number from 1 to 30 s\n')
})

test('a wrong token, and a gateway that is not there, are exit code 1', async () => {
  const { run } = await gateway(taken(record))
  vi.stubEnv('OUTPOST_TOKEN', 'another-token-altogether')
  expect(await run('gauge', 'interval', '300', '--by', '张伟')).toBe(1)
  expect(said.stderr).toContain('token')
  expect(await commandCommand(['siren', '--gateway', 'http://127.0.0.1:1'])).toBe(1)
  expect(said.stderr).toContain('http://127.0.0.1:1 cannot be asked: ')
  expect(said.stderr).not.toContain('another-token')
})

test('without a name it says what the device can be told, and what is open', async () => {
  const { run } = await gateway(taken(record))
  expect(await run('siren')).toBe(0)
  expect(said.stdout.split('\n')).toEqual([
    'sound VALUE    Sound (鸣响)',
    '    It is loud.',
    '    VALUE: a whole number from 1 to 30 s',
    '    only where "Test" allows it: it is being tested',
    '    confirmed by what is read back within 2 s',
    '    after 600 s it is reverted to 0',
    'chirp    Chirp (鸣)',
    '    cannot be confirmed, so it counts as failed: it says nothing',
    '',
    'open:',
    `  gauge interval 300 s: confirmed [${ID}]`,
    '',
  ])
  expect(await run('nobody')).toBe(1)
  expect(said.stderr).toContain("there is no device 'nobody'")
})

test.each([
  [[], /expected "outpost command DEVICE/],
  [['a', 'b', '1', '2'], /got 4 words/],
  [['a', 'b'], /--by is needed/],
  [['a', 'b', '--by', ' '], /--by is needed/],
  [['a', 'b', 'loud', '--by', 'x'], /expected a number as VALUE, got "loud"/],
  [['a', '--gateway', 'gateway:8080'], /--gateway: expected a URL/],
  [['a', '--loud'], /--loud/],
])('outpost command %j', async (args, message) => {
  await expect(commandCommand(args)).rejects.toThrow(message)
})

test('help names every option', async () => {
  expect(await commandCommand(['--help'])).toBe(0)
  for (const option of ['--by', '--comment', '--key', '--gateway', '--json']) expect(said.stdout).toContain(option)
})
