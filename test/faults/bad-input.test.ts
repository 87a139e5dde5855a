/**
 * Whatever comes from the field: the gateway goes on, believes nothing that it should not, counts it, and says it once.
 * One process takes everything in this file, and a good device beside it must not notice.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PointView } from '../../gateway/http/gateway-view.ts'
import type { Reading } from '../../gateway/model.ts'
import type { UnitFault } from '../../simulator/modbus/unit-fault.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { BAD_MESSAGES, BEFORE, MEANT } from '../support/bad-messages.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { freePort } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'
import { readStored } from '../support/stored.ts'

const RADAR = {
  profile: 'milesight-em310-udl',
  address: '24e124713c000006',
  parameters: { 'installation-height': 2.5 },
}
const SMOKE = { profile: 'tg563a', address: '24e124713c000007' }
const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const LINES = ['modbus-tcp', 'modbus-rtu-over-tcp'] as const
/** Different at each unit, so that a reply that is taken for another's is seen. */
const LEVELS: Readonly<Record<string, number>> = {
  'near-modbus-tcp': 0.011,
  'far-modbus-tcp': 0.022,
  'near-modbus-rtu-over-tcp': 0.033,
  'far-modbus-rtu-over-tcp': 0.044,
}
const unitIdOf = (id: string): number => (id.startsWith('near') ? 1 : 2)
const lineOf = (id: string): string => id.replace(/^(near|far)-/, '')
const WITHIN = { timeout: 15_000, interval: 25 }
const FLOOD = 50_000
const WARM_UP = 10_000

let gateway: GatewayProcess
let field: Simulation
let client: MqttClient
let pid: number | undefined
const good = { sent: [] as { time: number; pressure: number }[], stop: () => {}, done: Promise.resolve() }

beforeAll(async () => {
  gateway = await GatewayProcess.create({ devices: [] })
  field = await startField(
    {
      lines: LINES.map((type) => ({ id: type, type, host: '127.0.0.1', port: 0 })),
      devices: Object.entries(LEVELS).map(([id, level]) => ({
        ...{ id, ...WATER, line: lineOf(id), unitId: unitIdOf(id), values: { level } },
      })),
    },
    gateway,
  )
  gateway.configure({
    lines: LINES.map((type) => ({
      id: type,
      type,
      host: '127.0.0.1',
      port: field.ports().get(type),
      timeout: '200ms',
    })),
    devices: [
      ...['good', 'tag'].map((id) => ({
        id,
        place: '大厅',
        profile: 'outpost-ref-extinguisher-tag',
        broker: 'embedded',
        address: id,
      })),
      { id: 'radar', place: '下穿通道', broker: 'embedded', ...RADAR },
      { id: 'smoke', place: '厨房', broker: 'embedded', ...SMOKE },
      ...Object.keys(LEVELS).map((id) => ({
        ...{ id, place: '泵房', ...WATER, line: lineOf(id), unitId: unitIdOf(id), pollInterval: '100ms' },
      })),
    ],
    // Never there, so that every reading stays in the store.
    sinks: [{ id: 'store', type: 'influxdb-1', url: `http://127.0.0.1:${await freePort()}`, database: 'outpost' }],
  })
  await gateway.start()
  pid = gateway.pid
  client = await connect('bad')
  await beGood()
})

afterAll(async () => {
  good.stop()
  await client?.endAsync(true)
  await gateway?.remove()
  await field?.stop()
})

describe('a message', () => {
  test.each(BAD_MESSAGES)('$what', async ({ payload, pressure }) => {
    await say('tag', JSON.stringify({ pressure: BEFORE }))
    await say('tag', payload)
    expect(await readingOf('tag.pressure')).toMatchObject(
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
      const reading = await readingOf('tag.pressure')
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
    expect(await readingOf('radar.distance')).toMatchObject({ quality: 'bad', reason: 'malformed' })
    expect(await readingOf('smoke.smoke')).toMatchObject({ quality: 'bad', reason: 'malformed' })
  })
})

describe('the broker', () => {
  test('takes thousands of unknown topics with any QoS, retained or not, and names fifty', async () => {
    const before = await metric('outpost_mqtt_messages_total{result="unknown-topic"}')
    const qos = [0, 1, 2] as const
    await Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        client.publishAsync(`unknown/${index}/' OR 1=1 --/水位`, 'x', {
          qos: qos[index % 3] ?? 0,
          retain: index % 5 === 0,
        }),
      ),
    )
    const after = () => metric('outpost_mqtt_messages_total{result="unknown-topic"}')
    await expect.poll(after, WITHIN).toBe(before + 3000)
    expect(logged('MQTT topic belongs to no device')).toBeLessThanOrEqual(50)
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
    expect(await metric('outpost_mqtt_refusals_total{reason="oversized-packet"}')).toBe(5)
    expect(await metric('outpost_mqtt_refusals_total{reason="malformed-packet"}')).toBeGreaterThanOrEqual(10)
    expect(logged('MQTT client refused or cut off')).toBeLessThanOrEqual(3)
  })
})

describe('a Modbus unit that answers wrongly', () => {
  const NOTHING = ['communication-failure']
  const DISORDER = ['communication-failure', 'malformed']
  const FAULTS: readonly (readonly [UnitFault, readonly string[]])[] = [
    [{ type: 'silent' }, NOTHING],
    [{ type: 'late', ms: 300 }, NOTHING],
    [{ type: 'disconnect' }, NOTHING],
    [{ type: 'garbage' }, DISORDER],
    [{ type: 'truncated' }, DISORDER],
    [{ type: 'wrong-unit' }, DISORDER],
    [{ type: 'exception', code: 4 }, ['device-fault']],
  ]

  test.each(FAULTS)('$type is bad for the right reason, and its neighbour is read on', async (fault, reasons) => {
    await Promise.all(
      LINES.map(async (line) => {
        field.setFault(`far-${line}`, fault)
        await expect.poll(() => readingOf(`far-${line}.level`), WITHIN).toMatchObject({ quality: 'bad' })
        expect(reasons).toContain((await readingOf(`far-${line}.level`))?.reason)
        await goodAfter(`near-${line}.level`, Date.now())
        field.setFault(`far-${line}`, null)
        await goodAfter(`far-${line}.level`, Date.now())
      }),
    )
  })
})

test('a flood of bad messages takes no memory that stays, and nobody else is disturbed', async () => {
  await flood(WARM_UP)
  const before = await metric('process_resident_memory_bytes')
  const malformed = await metric('outpost_readings_not_recorded_total{reason="malformed"}')
  await flood(FLOOD)
  expect((await metric('process_resident_memory_bytes')) - before).toBeLessThan(100e6)
  expect(await metric('outpost_readings_not_recorded_total{reason="malformed"}')).toBeGreaterThan(malformed + FLOOD / 6)
}, 60_000)

test('after all of that: the same process, all that the good device sent, and no value that nobody meant', async () => {
  expect(gateway.pid).toBe(pid)
  expect((await gateway.get<{ checks: { name: string; ok: boolean }[] }>('/api/health')).checks).toContainEqual(
    expect.objectContaining({ name: 'journal', ok: true }),
  )
  good.stop()
  await good.done
  expect(await gateway.end()).toBe(0)
  expect(gateway.output.split('\n').length).toBeLessThan(250)
  const { readings } = await readStored(`${gateway.folder}/data`)
  const valuesOf = (point: string) => [
    ...new Set(readings.filter((one) => one.point === point && one.quality === 'good').map(({ value }) => value)),
  ]
  expect(valuesOf('tag.pressure').toSorted()).toEqual([BEFORE, MEANT])
  expect(valuesOf('radar.distance')).toEqual([2.116])
  expect(valuesOf('smoke.smoke')).toEqual([0])
  for (const [id, level] of Object.entries(LEVELS)) expect(valuesOf(`${id}.level`), id).toEqual([level])
  expect(readings.filter(({ quality, value }) => (quality === 'bad') !== (value === null))).toEqual([])
  const kept = readings
    .filter(({ point }) => point === 'good.pressure')
    .map(({ time, value }) => ({ time, pressure: value }))
  expect(good.sent.length).toBeGreaterThan(100)
  expect(kept).toEqual(good.sent)
})

/** Speaks all the time, and notes what was acknowledged. */
async function beGood(): Promise<void> {
  const device = await connect('good')
  let stopped = false
  good.stop = () => {
    stopped = true
  }
  good.done = (async () => {
    for (let time = Date.now() - 3_600_000; !stopped; time++) {
      const reading = { time, pressure: 1100 + (time % 300) }
      await device.publishAsync('outpost/extinguisher/good', JSON.stringify(reading), { qos: 1 })
      good.sent.push(reading)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await device.endAsync()
  })()
}

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

function connect(clientId: string): Promise<MqttClient> {
  const { name: username, password } = FIELD_USER
  return mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, { clientId, username, password, reconnectPeriod: 0 })
}

async function say(tag: string, payload: string | Buffer): Promise<void> {
  await client.publishAsync(`outpost/extinguisher/${tag}`, payload, { qos: 1 })
}

async function uplink(device: string, payload: string | Buffer): Promise<void> {
  const address = device === 'radar' ? RADAR.address : SMOKE.address
  await client.publishAsync(`application/1/device/${address}/event/up`, payload, { qos: 1 })
}

async function readingOf(id: string): Promise<Reading | null | undefined> {
  const { points } = await gateway.get<{ points: PointView[] }>(`/api/points?device=${id.split('.')[0]}`)
  return points.find((point) => point.id === id)?.reading
}

async function goodAfter(id: string, time: number): Promise<void> {
  await expect
    .poll(async () => {
      const reading = await readingOf(id)
      return reading?.quality === 'good' && reading.receivedAt > time
    }, WITHIN)
    .toBe(true)
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? 0,
  )
}

function logged(message: string): number {
  return gateway.output.split('\n').filter((line) => line.includes(message)).length
}
