import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMessageDecoder } from '../../../device-profiles/codec/message.ts'
import { MqttDevice, type MqttDeviceOptions } from '../../../simulator/mqtt-device.ts'
import { FieldBroker } from './field-broker.ts'
import { profileOf } from './modbus/profiles.ts'

const HOUR = 3_600_000
const profile = profileOf('outpost-ref-extinguisher-tag')

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function startBroker(options: { password?: string } = {}): Promise<FieldBroker> {
  const broker = new FieldBroker(options)
  await broker.start()
  cleanUps.push(() => broker.stop())
  return broker
}

function createDevice(url: string, options: Partial<MqttDeviceOptions> = {}): MqttDevice {
  const device = new MqttDevice({
    id: 'tag',
    profile,
    parameters: {},
    topic: 'outpost/extinguisher/lobby',
    intervalMs: HOUR,
    broker: { url },
    values: () => ({ pressure: 1180, present: 1 }),
    ...options,
  })
  cleanUps.push(() => device.stop())
  return device
}

describe('an MQTT device', () => {
  it('speaks as soon as it is connected, with QoS 1, as its profile says', async () => {
    const broker = await startBroker()
    const before = Date.now()
    const device = createDevice(broker.url)
    device.start()
    const [message] = await broker.received(1)
    expect(message).toMatchObject({ client: 'simulator-tag', topic: 'outpost/extinguisher/lobby', qos: 1 })
    const decoded = createMessageDecoder(profile, {})(message?.payload ?? new Uint8Array())
    if ('malformed' in decoded) expect.fail(decoded.malformed)
    expect(Object.fromEntries(decoded.points)).toEqual({ pressure: { value: 1180 }, present: { value: 1 } })
    expect(decoded.time).toBeGreaterThanOrEqual(before)
    expect(decoded.time).toBeLessThanOrEqual(Date.now())
    await vi.waitFor(() => expect(device.counters).toEqual({ published: 1, acknowledged: 1, missed: 0 }))
  })

  it('speaks again at every interval, with the values of that moment', async () => {
    const broker = await startBroker()
    let pressure = 1000
    createDevice(broker.url, { intervalMs: 20, values: () => ({ pressure: pressure++ }) }).start()
    const messages = await broker.received(4)
    expect(messages.slice(0, 4).map(({ json }) => json.pressure)).toEqual([1000, 1001, 1002, 1003])
  })

  it('needs its password, says so once, and goes on trying', async () => {
    const broker = await startBroker({ password: 'right' })
    const news: (string | null)[] = []
    const onConnection = (failure: string | null) => news.push(failure)
    const wrong = { url: broker.url, username: 'field', password: 'wrong' }
    createDevice(broker.url, { broker: wrong, onConnection }).start()
    const right = createDevice(broker.url, { id: 'other', broker: { ...wrong, password: 'right' } })
    right.start()
    await broker.received(1)
    await vi.waitFor(() => expect(news).toEqual(['Connection refused: Not authorized']))
    expect(broker.messages.map(({ client }) => client)).toEqual(['simulator-other'])
  })

  it('comes back after its broker did, and tells at once what is', async () => {
    const broker = await startBroker()
    const news: (string | null)[] = []
    const device = createDevice(broker.url, { onConnection: (failure) => news.push(failure) })
    device.start()
    await broker.received(1)
    await broker.stop()
    await vi.waitFor(() => expect(device.isConnected).toBe(false))
    device.publish()
    expect(device.counters).toMatchObject({ published: 1, missed: 1 })
    await broker.start()
    await broker.received(2)
    expect(news).toEqual([null, `no connection to ${broker.url}`, null])
  })

  it('connects when its broker starts later than itself', async () => {
    const broker = await startBroker()
    await broker.stop()
    const news: (string | null)[] = []
    createDevice(broker.url, { onConnection: (failure) => news.push(failure) }).start()
    await vi.waitFor(() => expect(news).toHaveLength(1))
    expect(news[0]).toMatch(/^connect ECONNREFUSED/)
    await broker.start()
    await broker.received(1)
  })

  it('says nothing while it is silent, and speaks when that ends', async () => {
    const broker = await startBroker()
    let pressure = 1
    const device = createDevice(broker.url, { values: () => ({ pressure }) })
    device.start()
    await broker.received(1)
    device.setFault({ type: 'silent' })
    pressure = 2
    device.publish()
    pressure = 3
    device.setFault(null)
    device.setFault(null)
    await broker.received(2)
    await vi.waitFor(() => expect(device.counters).toEqual({ published: 2, acknowledged: 2, missed: 0 }))
    expect(broker.messages.map(({ json }) => json.pressure)).toEqual([1, 3])
    expect(device.isConnected).toBe(true)
  })

  it('counts a message as acknowledged only when its PUBACK came, and keeps only so many waiting', async () => {
    const broker = await startBroker()
    broker.holdsAcknowledgements = true
    const device = createDevice(broker.url)
    device.start()
    await broker.received(1)
    for (let i = 0; i < 30; i++) device.publish()
    await broker.received(20)
    expect(device.counters).toEqual({ published: 20, acknowledged: 0, missed: 11 })
    broker.acknowledgeAll()
    await vi.waitFor(() => expect(device.counters.acknowledged).toBe(20))
    device.publish()
    await broker.received(21)
  })

  it('stops in time when its broker has stopped answering', async () => {
    const deaf = createServer(() => {}).listen(0, '127.0.0.1')
    await once(deaf, 'listening')
    const address = deaf.address()
    const device = createDevice(`mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
    const asked = once(deaf, 'connection')
    device.start()
    const [socket] = await asked
    await device.stop()
    await device.stop()
    socket.destroy()
    deaf.close()
  })

  it('stops in time when a PUBACK never comes', async () => {
    const broker = await startBroker()
    broker.holdsAcknowledgements = true
    const device = createDevice(broker.url)
    device.start()
    await broker.received(1)
    await device.stop()
    expect(device.counters).toEqual({ published: 1, acknowledged: 0, missed: 0 })
  })

  it('can be started again, as if nothing had waited', async () => {
    const broker = await startBroker()
    broker.holdsAcknowledgements = true
    const device = createDevice(broker.url)
    device.start()
    await broker.received(1)
    for (let i = 0; i < 19; i++) device.publish()
    await broker.received(20)
    await device.stop()
    broker.acknowledgeAll()
    device.start()
    await broker.received(21)
    await vi.waitFor(() => expect(device.counters).toEqual({ published: 21, acknowledged: 1, missed: 0 }))
  })
})
