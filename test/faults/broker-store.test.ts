/** What the embedded broker keeps for others than the gateway, over kills of the whole gateway and damage of its file. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IConnackPacket } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HealthCheck } from '../../gateway/http/gateway-view.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { tagDevice } from '../support/tag-station.ts'

const LOGIN = { username: FIELD_USER.name, password: Buffer.from(FIELD_USER.password) }
const TOPIC = 'outpost/extinguisher/tag-0'

/** Each start of a gateway takes seconds where many tests run. */
const LIMIT = { timeout: 90_000 }

let gateway: GatewayProcess
beforeAll(async () => {
  gateway = await GatewayProcess.create({
    devices: [tagDevice('tag-0')],
  })
})
afterAll(() => gateway?.remove())

/** As somebody who listens in, with a session that lasts. */
async function listener(): Promise<{ client: RawClient; sessionPresent: boolean }> {
  const client = await RawClient.open(gateway.mqttPort)
  const connack = (await client.connect({ ...LOGIN, clientId: 'listener', clean: false })) as IConnackPacket
  return { client, sessionPresent: connack.sessionPresent }
}

async function publish(pressure: number): Promise<void> {
  const device = await RawClient.connected(gateway.mqttPort, { ...LOGIN, clientId: 'tag-0' })
  device.publish(TOPIC, JSON.stringify({ pressure }), { retain: true })
  expect(await device.next()).toMatchObject({ cmd: 'puback' })
  await gateway.end('SIGKILL')
}

test('a session, its messages and what is retained outlive a kill right after the PUBACK', LIMIT, async () => {
  await gateway.start()
  const { client } = await listener()
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'outpost/#', qos: 1 }] })
  await client.next()
  await client.vanish()
  await publish(1100)
  await gateway.start()
  expect(await gateway.metric('outpost_mqtt_broker_kept{kind="queued"}')).toBe(1)
  expect(await gateway.metric('outpost_mqtt_broker_kept{kind="retained"}')).toBe(1)
  const back = await listener()
  expect(back.sessionPresent).toBe(true)
  expect(await back.client.next()).toMatchObject({ payload: Buffer.from('{"pressure":1100}') })
  expect(await gateway.end()).toBe(0)
})

test('a damaged file is set aside, an alarm says so, and everything else goes on', LIMIT, async () => {
  const file = `${gateway.folder}/data/broker.sqlite`
  writeFileSync(file, 'x'.repeat(5000))
  await gateway.start()
  await gateway.event(({ type, alarm }) => type === 'raised' && alarm.id === 'station-1.broker-store-set-aside')
  const { checks } = await gateway.get<{ checks: readonly HealthCheck[] }>('/api/health')
  const aside = readdirSync(`${gateway.folder}/data`).find((name) => name.startsWith('broker.sqlite.damaged-'))
  expect(checks.find(({ name }) => name === 'broker store')).toEqual({
    ...{ name: 'broker store', ok: false },
    detail: `a file was damaged (file is not a database); it is now ${gateway.folder}/data/${aside}`,
  })
  expect(readFileSync(`${gateway.folder}/data/${aside}`, 'utf8')).toBe('x'.repeat(5000))
  expect((await listener()).sessionPresent).toBe(false)
  await publish(1102)
})
