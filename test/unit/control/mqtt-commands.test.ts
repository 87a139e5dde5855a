import { expect, test } from 'vitest'
import type { CommandProfile } from '../../../device-profiles/command-schema.ts'
import { PublishError } from '../../../gateway/sources/mqtt/publish-error.ts'
import { Bench, deviceOf, GAUGE, SMOKE } from './bench.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

test('a message is sent once, and the point that it changes confirms it', async () => {
  const bench = await new Bench().start()
  bench.read('smoke.silenced', 0)
  const answer = bench.command('smoke', 'silence')
  await bench.pass(100)
  expect(bench.published).toMatchObject([{ broker: 'embedded', topic: 'zigbee2mqtt/hall/set', qos: 0 }])
  expect(text(bench.published[0]?.payload)).toBe('{"silence":true}')
  bench.read('smoke.silenced', 0)
  await bench.pass(100)
  bench.read('smoke.silenced', 1)
  expect(await answer).toMatchObject({
    state: 'confirmed',
    shown: 1,
    exchanges: [
      { step: 'publish', sent: 'zigbee2mqtt/hall/set {"silence":true}', answer: 'handed to the broker' },
      { step: 'confirmation', sent: null, answer: 'silenced = 1' },
    ],
  })
  expect(bench.types).toEqual(['requested', 'sent', 'confirmed'])
})

test('what was read before the message, or is not good, confirms nothing', async () => {
  const bench = await new Bench().start()
  bench.read('smoke.silenced', 1)
  await bench.pass(1)
  const answer = bench.command('smoke', 'silence')
  await bench.pass(0)
  bench.control.heard('smoke')
  bench.read('smoke.silenced', 1, 'uncertain')
  await bench.pass(15_000)
  expect(await answer).toMatchObject({
    state: 'failed',
    reason: { code: 'unconfirmed', text: { en: 'it was sent, and the device did not confirm it within 15 s' } },
  })
  expect(bench.published).toHaveLength(1)
})

test('an answer that comes before the broker has said anything counts', async () => {
  const bench = await new Bench().start()
  const broker = Promise.withResolvers<void>()
  bench.broker = broker.promise
  const answer = bench.command('smoke', 'silence')
  await bench.pass(10)
  bench.read('smoke.silenced', 1)
  broker.resolve()
  expect((await answer).state).toBe('confirmed')
})

test('a test is not begun while there is a fire', async () => {
  const bench = await new Bench().start()
  bench.read('smoke.smoke', 1)
  expect(await bench.command('smoke', 'self-test')).toMatchObject({
    state: 'refused',
    reason: { code: 'interlocked', text: { zh: '未执行：探测器状态为 1；正在报火警，此时自检会掩盖真实火情' } },
  })
  expect(bench.published).toEqual([])
})

test('a broker that is away is told as not sent; one that broke off in the middle as unconfirmed', async () => {
  const bench = await new Bench().start()
  bench.brokerError = new PublishError('not connected', { mayHaveLeft: false })
  expect(await bench.command('smoke', 'silence')).toMatchObject({
    reason: { code: 'not-sent' },
    sentAt: null,
    revert: null,
  })
  bench.brokerError = new PublishError('the connection was lost', { mayHaveLeft: true })
  const answer = bench.command('smoke', 'silence')
  await bench.pass(15_000)
  expect(await answer).toMatchObject({ reason: { code: 'unconfirmed' }, revert: { state: 'waiting' } })
})

test('levels that the profile leaves open are those of the last message; without one nothing is sent', async () => {
  const bench = await new Bench().start()
  expect((await bench.command('gauge', 'report-interval', { value: 1200 })).reason?.text.en).toBe(
    'it was not sent: nothing is known yet for a "+" of the topic application/+/device/24e124/command/down'.replace(
      '24e124',
      '{address}',
    ),
  )
  bench.levels = ['52f14cd4']
  const answer = bench.command('gauge', 'report-interval', { value: 1200 })
  await bench.pass(10)
  expect(bench.published).toMatchObject([{ broker: 'city', topic: 'application/52f14cd4/device/24e124/command/down' }])
  expect(JSON.parse(text(bench.published[0]?.payload))).toMatchObject({ devEui: '24e124', fPort: 85, data: '/wOwBA==' })
  // A wish that takes hours does not keep anyone waiting for so long.
  await bench.pass(20_000)
  expect((await answer).state).toBe('sent')
  bench.read('gauge.report-interval', 1200)
  await bench.pass(0)
  expect(bench.types.at(-1)).toBe('confirmed')
})

const CONFIRMED_BY_ID: CommandProfile = {
  id: 'arm',
  name: { zh: '布防', en: 'Arm' },
  argument: { unit: '1', states: { 1: { zh: '在家', en: 'home' }, 2: { zh: '外出', en: 'away' } } },
  mqtt: { topic: 'panel/{address}/do', json: { id: '{id}', mode: '{value}' }, says: { 1: 'home', 2: 'away' } },
  confirm: {
    type: 'message',
    topic: 'panel/{address}/done/+',
    where: [
      { pointer: '/id', equals: '{id}' },
      { pointer: '/mode', equals: '{value}' },
    ],
    refusedWhere: [
      { pointer: '/id', equals: '{id}' },
      { pointer: '/error', equals: true },
    ],
    within: '1m',
  },
}

test('a message confirms the very command that it names, or refuses it', async () => {
  const target = { ...SMOKE, device: deviceOf('tuya-zss-qy-ssd-a-en', 'smoke', [CONFIRMED_BY_ID]) }
  const bench = await new Bench([target]).start()
  const say = (topic: string, json: object) =>
    bench.control.message('smoke', { topic, payload: utf8(JSON.stringify(json)) })
  const answer = bench.command('smoke', 'arm', { value: 2 })
  await bench.pass(0)
  const { id } = JSON.parse(text(bench.published[0]?.payload)) as { id: string }
  expect(bench.steps[0]?.command.id).toBe(id)
  say('panel/hall/done/x', { id: 'another', mode: 'away' })
  say('panel/hall/done/x', { id, mode: 'home' })
  say('panel/attic/done/x', { id, mode: 'away' })
  bench.control.message('smoke', { topic: 'panel/hall/done/x', payload: utf8('{') })
  await bench.pass(0)
  expect(bench.types.at(-1)).toBe('sent')
  say('panel/hall/done/x', { id, mode: 'away' })
  expect(await answer).toMatchObject({ state: 'confirmed', shown: 2 })

  const refused = bench.command('smoke', 'arm', { value: 1 })
  await bench.pass(0)
  const second = JSON.parse(text(bench.published[1]?.payload)) as { id: string }
  say('panel/hall/done/x', { id: second.id, error: true })
  expect(await refused).toMatchObject({ state: 'failed', reason: { code: 'refused-by-device' } })
})

test('what nothing can show is sent, and has failed', async () => {
  const siren = {
    device: deviceOf('heiman-hs2wd-e', 'siren'),
    route: { type: 'mqtt', broker: 'embedded', address: 'yard' },
  } as const
  const bench = await new Bench([siren]).start()
  expect(await bench.command('siren', 'sound', { value: 30 })).toMatchObject({
    state: 'failed',
    reason: {
      code: 'cannot-be-confirmed',
      text: { en: 'it was sent, but cannot be confirmed: the siren does not report whether it sounds; listen on site' },
    },
  })
  expect(bench.published).toHaveLength(1)
})

test('a person can stop waiting; a device that leaves the configuration is not waited for', async () => {
  const bench = await new Bench().start()
  bench.levels = ['52f14cd4']
  const waiting = bench.command('gauge', 'report-interval', { value: 600 })
  await bench.pass(0)
  const { id } = bench.steps[0]?.command ?? { id: '' }
  expect(await bench.control.cancel('something else', '李娜')).toBe(false)
  expect(await bench.control.cancel(id, '李娜')).toBe(true)
  expect((await waiting).reason).toMatchObject({ code: 'cancelled', text: { en: expect.stringContaining('李娜') } })
  expect(await bench.control.cancel(id, '李娜')).toBe(false)
  const gone = bench.command('gauge', 'report-interval', { value: 900 })
  await bench.pass(0)
  bench.control.setTargets([SMOKE])
  expect((await gone).reason?.code).toBe('given-up')
  expect(await bench.wish('gauge', 'report-interval', { value: 900 })).toMatchObject({ refusal: 'unknown-device' })
  bench.control.setTargets([SMOKE, GAUGE])
})
