/** The MQTT channel over a real broker: a notification is confirmed by its PUBACK, and receipts come back on their topic. */
import mqtt from 'mqtt'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createMqttChannel } from '../../../gateway/channels/mqtt.ts'
import type { Notification, Receipt } from '../../../gateway/dispatch-model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { startBroker } from '../../support/running-broker.ts'

const PATIENT = { timeout: 20_000 }
const NOTIFICATION = {
  ...{ id: 'gw-1.longtian.street.first.0', seq: 1, createdAt: 0, channel: 'street', to: [], purpose: 'first', step: 0 },
  ...{ station: { id: 'longtian' }, events: [alarmEvent(1)], place: null, earlier: [], drill: null },
} as unknown as Notification

async function street() {
  const { port, broker } = await startBroker()
  const receipts: Omit<Receipt, 'at'>[] = []
  const channel = createMqttChannel({
    ...{ id: 'street', gateway: 'gw', url: `mqtt://127.0.0.1:${port}`, protocolVersion: 4, timeoutMs: 5000 },
    ...{ topic: 'street/{station}/{priority}/{purpose}', receiptsTopic: 'street/receipts', log: createMemoryLog() },
    confirm: (receipt) => Promise.resolve(receipts.push(receipt) > 0),
  })
  await channel.start?.()
  onTestFinished(() => channel.stop?.())
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`)
  onTestFinished(() => client.endAsync(true))
  return { channel, client, broker, receipts }
}

test('a notification arrives on its topic, whole', async () => {
  const { channel, client } = await street()
  const heard: [string, Record<string, unknown>][] = []
  client.on('message', (topic, payload) => heard.push([topic, JSON.parse(payload.toString())]))
  await client.subscribeAsync('street/+/+/+', { qos: 1 })
  expect(await channel.send(NOTIFICATION, new AbortController().signal)).toEqual({ state: 'sent' })
  await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENT)
  expect(heard[0]?.[0]).toBe('street/longtian/high/first')
  expect(heard[0]?.[1]).toMatchObject({ version: 1, type: 'notification', id: NOTIFICATION.id })
})

test('a receipt is taken with the name in it, and what is none costs nothing', async () => {
  const { client, receipts } = await street()
  const say = (said: unknown) => client.publishAsync('street/receipts', JSON.stringify(said), { qos: 1 })
  await vi.waitFor(async () => {
    await say({ notification: NOTIFICATION.id, state: 'acknowledged', by: '李娜' })
    expect(receipts.length).toBeGreaterThan(0)
  }, PATIENT)
  const before = receipts.length
  for (const said of [
    null,
    7,
    {},
    { notification: 'x', state: 'eaten', by: 'y' },
    { notification: 'x', state: 'seen' },
  ]) {
    await say(said)
  }
  await client.publishAsync('street/receipts', 'x'.repeat(20_000), { qos: 1 })
  await say({ notification: 'n-2', state: 'seen', by: ' 王强 ', detail: 'on my way' })
  await vi.waitFor(() => expect(receipts.length).toBeGreaterThan(before), PATIENT)
  expect(receipts[0]).toEqual({ notification: NOTIFICATION.id, state: 'acknowledged', by: '李娜', detail: null })
  expect(receipts.slice(before)).toEqual([{ notification: 'n-2', state: 'seen', by: '王强', detail: 'on my way' }])
})

test('a broker that is away is unreachable', async () => {
  const { channel, broker } = await street()
  await broker.stop()
  await expect(channel.send(NOTIFICATION, new AbortController().signal)).rejects.toMatchObject({
    failure: 'unreachable',
  })
})
