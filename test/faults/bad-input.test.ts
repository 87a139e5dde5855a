/**
 * Whatever comes from the field: the gateway goes on, believes nothing that it should not, counts it, and says it once.
 * One process takes everything in this file, and a good device beside it must not notice.
 */
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BAD_MESSAGES, BEFORE, MEANT } from '../support/bad-messages.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { GoodDevice, goodValues } from '../support/good-device.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { freePort } from '../support/server-process.ts'
import { readStored } from '../support/stored.ts'
import { storeSink } from '../support/tag-station.ts'

const RADAR = {
  profile: 'milesight-em310-udl',
  address: '24e124713c000006',
  parameters: { 'installation-height': 2.5 },
}
const SMOKE = { profile: 'tg563a', address: '24e124713c000007' }
const WITHIN = { timeout: 15_000, interval: 25 }
const FLOOD = 50_000
const WARM_UP = 10_000

let gateway: GatewayProcess
let client: MqttClient
let good: GoodDevice
let pid: number | undefined

beforeAll(async () => {
  const tag = { place: '大厅', profile: 'outpost-ref-extinguisher-tag' }
  gateway = await GatewayProcess.create({
    devices: [
      { id: 'good', ...tag, address: 'good' },
      { id: 'tag', ...tag, address: 'tag' },
      { id: 'radar', place: '下穿通道', ...RADAR },
      { id: 'smoke', place: '厨房', ...SMOKE },
    ].map((device) => ({ ...device, broker: 'embedded' })),
    // Never there, so that every reading stays in the store.
    sinks: [storeSink(`http://127.0.0.1:${await freePort()}`)],
  })
  await gateway.start()
  pid = gateway.pid
  client = await gateway.connect('bad')
  good = await GoodDevice.start(gateway)
})

afterAll(async () => {
  await client?.endAsync(true)
  await gateway?.remove()
})

describe('a message', () => {
  test.each(BAD_MESSAGES)('$what', async ({ payload, pressure }) => {
    await say('tag', JSON.stringify({ pressure: BEFORE }))
    await say('tag', payload)
    expect(await gateway.reading('tag.pressure')).toMatchObject(
      typeof pressure === 'number'
        ? { value: pressure, quality: 'good' }
        : { value: null, quality: 'bad', reason: pressure },
    )
  })

  test.each(['0', '-1', '1e15', '1e308', '-1e999', '"2026-01-01T00:00:00Z"', 'null', '{}'])(
    'with the time %s',
    async (time) => {
      const before = Date.now()
      await say('tag', `{"pressure":${MEANT},"time":${time}}`)
      const reading = await gateway.reading('tag.pressure')
      expect(reading?.value).toBe(MEANT)
      expect(reading?.time).toBeGreaterThanOrEqual(before - 1)
      expect(reading?.time).toBeLessThanOrEqual(Date.now() + 1)
    },
  )

  test('that is binary and cut off, or longer, or nothing at all, gives no other value', async () => {
    const whole = { radar: Buffer.from('AXVcA4JECAQAAQ==', 'base64'), smoke: Buffer.from('AHgaAwA=', 'base64') }
    for (const [device, bytes] of Object.entries(whole)) {
      const variants = Array.from({ length: bytes.length + 1 }, (_, end) => bytes.subarray(0, end))
      variants.push(Buffer.concat([bytes, Buffer.from([0x03])]), Buffer.concat([bytes, Buffer.alloc(200, 0xff)]))
      for (const data of variants) await uplink(device, JSON.stringify({ fPort: 1, data: data.toString('base64') }))
      const texts = ['"AXVc*"', '"A"', '12', 'null', '[]', '"====" ', '"AXVc\\u0000"']
      for (const text of texts) await uplink(device, `{"fPort":1,"data":${text}}`)
      await uplink(device, bytes)
    }
    expect(await gateway.reading('radar.distance')).toMatchObject({ quality: 'bad', reason: 'malformed' })
    expect(await gateway.reading('smoke.smoke')).toMatchObject({ quality: 'bad', reason: 'malformed' })
  })
})

describe('the broker', () => {
  test('takes thousands of unknown topics with any QoS, retained or not, and names fifty', async () => {
    const before = await gateway.metric('outpost_mqtt_messages_total{result="unknown-topic"}')
    const qos = [0, 1, 2] as const
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        client.publishAsync(`unknown/${index}/' OR 1=1 --/水位`, 'x', {
          qos: qos[index % 3] ?? 0,
          retain: index % 5 === 0,
        }),
      ),
    )
    const after = () => gateway.metric('outpost_mqtt_messages_total{result="unknown-topic"}')
    await expect.poll(after, WITHIN).toBe(before + 3000)
    expect(gateway.logged('MQTT topic belongs to no device')).toBeLessThanOrEqual(50)
  })

  test('cuts off who sends too much or no MQTT, and says it once', async () => {
    const oversized = Buffer.from([0x32, 0x80, 0x80, 0x80, 0x02])
    for (const bytes of [
      oversized,
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x36, 0x02, 0, 0]),
      Buffer.alloc(64, 0xff),
    ]) {
      for (let again = 0; again < 5; again++) {
        const { name: username, password } = FIELD_USER
        const raw = await RawClient.connected(gateway.mqttPort, {
          clientId: 'raw',
          username,
          password: Buffer.from(password),
        })
        raw.bytes(bytes)
        await raw.closed
      }
    }
    expect(await gateway.metric('outpost_mqtt_refusals_total{reason="oversized-packet"}')).toBe(5)
    expect(await gateway.metric('outpost_mqtt_refusals_total{reason="malformed-packet"}')).toBeGreaterThanOrEqual(10)
    expect(gateway.logged('MQTT client refused or cut off')).toBeLessThanOrEqual(3)
  })
})

test('a flood of bad messages takes no memory that stays, and nobody else is disturbed', async () => {
  await flood(WARM_UP)
  const before = await gateway.metric('process_resident_memory_bytes')
  const malformed = await gateway.metric('outpost_readings_not_recorded_total{reason="malformed"}')
  await flood(FLOOD)
  expect((await gateway.metric('process_resident_memory_bytes')) - before).toBeLessThan(100e6)
  expect(await gateway.metric('outpost_readings_not_recorded_total{reason="malformed"}')).toBeGreaterThan(
    malformed + FLOOD / 6,
  )
}, 60_000)

test('after all of that: the same process, all that the good device sent, and no value that nobody meant', async () => {
  expect(gateway.pid).toBe(pid)
  expect((await gateway.get<{ checks: { name: string; ok: boolean }[] }>('/api/health')).checks).toContainEqual(
    expect.objectContaining({ name: 'journal', ok: true }),
  )
  await good.stop()
  expect(await gateway.end()).toBe(0)
  expect(gateway.output.split('\n').length).toBeLessThan(200)
  const { readings } = await readStored(`${gateway.folder}/data`)
  expect(goodValues(readings, 'tag.pressure').toSorted()).toEqual([BEFORE, MEANT])
  expect(goodValues(readings, 'radar.distance')).toEqual([2.116])
  expect(goodValues(readings, 'smoke.smoke')).toEqual([0])
  expect(readings.filter(({ quality, value }) => (quality === 'bad') !== (value === null))).toEqual([])
  expect(good.sent.length).toBeGreaterThan(20)
  expect(good.keptIn(readings)).toEqual(good.sent)
})

async function flood(count: number): Promise<void> {
  const payloads = [
    '{"pressure":"x"}',
    '{',
    '{"pressure":1e999,"time":1}',
    Buffer.alloc(2000, 0xfe),
    '[]',
    '{"present":"no"}',
  ]
  const batch = 500
  for (let first = 0; first < count; first += batch) {
    await Promise.all(
      Array.from({ length: batch }, (_, index) => {
        const topic = index % 6 === 5 ? `flood/${first + index}` : 'outpost/extinguisher/tag'
        return client.publishAsync(topic, payloads[(first + index) % payloads.length] ?? '', {
          qos: index % 2 === 0 ? 1 : 0,
        })
      }),
    )
  }
}

async function say(tag: string, payload: string | Buffer): Promise<void> {
  await client.publishAsync(`outpost/extinguisher/${tag}`, payload, { qos: 1 })
}

async function uplink(device: string, payload: string | Buffer): Promise<void> {
  const address = device === 'radar' ? RADAR.address : SMOKE.address
  await client.publishAsync(`application/1/device/${address}/event/up`, payload, { qos: 1 })
}
