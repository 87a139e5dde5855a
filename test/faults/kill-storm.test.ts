/**
 * kill -9 in the middle of a storm of publishes: everything that was acknowledged is in InfluxDB afterwards, the alarm
 * sequence has no gap and no duplicate, and an alarm that was active stays the same alarm.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AlarmEvent } from '../../gateway/model.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { describeReal, queryInfluxd, startInfluxd } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

const ROUNDS = Number(process.env.OUTPOST_KILL_ROUNDS ?? 4)
const TAGS = 6
/** Round `r` is killed after so many acknowledgements: at different depths of the storm. */
const ACKNOWLEDGED_BEFORE_KILL = [150, 700, 1500, 60]

interface Sent {
  readonly tag: string
  readonly time: number
  readonly pressure: number
}

describeReal('influxd')('a gateway that is killed in a storm', () => {
  let influxd: RealServer
  let dispatch: HttpReceiver
  let gateway: GatewayProcess
  const acknowledged: Sent[] = []

  beforeAll(async () => {
    influxd = await startInfluxd()
    await queryInfluxd(influxd, { query: 'CREATE DATABASE outpost' })
    dispatch = await startReceiver()
    gateway = await GatewayProcess.create({
      devices: Array.from({ length: TAGS }, (_, index) => ({
        ...{ id: `tag-${index}`, place: '大厅', profile: 'outpost-ref-extinguisher-tag' },
        ...{ broker: 'embedded', address: `tag-${index}` },
        rules: { removed: { onDelay: '0s' } },
      })),
      sinks: [
        { id: 'store', type: 'influxdb-1', url: influxd.url, database: 'outpost' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
        { id: 'dispatch', type: 'webhook', url: dispatch.url, secret: '${DISPATCH_SECRET}' },
      ],
      environment: { DISPATCH_SECRET: 'known-to-both' },
    })
  })

  afterAll(async () => {
    await gateway.remove()
    await dispatch.close()
    await influxd.remove()
  })

  it(
    `loses nothing in ${ROUNDS} rounds`,
    async () => {
      await gateway.start()
      await raiseLastingAlarm(gateway)
      for (let round = 0; round < ROUNDS; round++) {
        const enough = ACKNOWLEDGED_BEFORE_KILL[round % ACKNOWLEDGED_BEFORE_KILL.length] as number
        acknowledged.push(...(await storm(gateway, { round, enough })))
        await gateway.end('SIGKILL')
        await gateway.start()
        expect((await gateway.alarms()).find((alarm) => alarm.id === 'tag-0.removed')).toMatchObject({
          state: 'unacknowledged',
          occurrence: 1,
        })
      }
      expect(acknowledged.length).toBeGreaterThan(ROUNDS * 60)
      await acknowledgeAlarm(gateway)
      await expectAllStored(influxd, acknowledged)
      await expectDispatch(gateway, dispatch)
    },
    60_000 + ROUNDS * 15_000,
  )
})

async function connect(gateway: GatewayProcess, clientId: string): Promise<MqttClient> {
  return await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    ...{ clientId, username: FIELD_USER.name, password: FIELD_USER.password, reconnectPeriod: 0 },
  })
}

async function raiseLastingAlarm(gateway: GatewayProcess): Promise<void> {
  const client = await connect(gateway, 'lasting')
  await client.publishAsync('outpost/extinguisher/tag-0', JSON.stringify({ present: false }), { qos: 1 })
  await gateway.event((event) => event.type === 'raised' && event.alarm.id === 'tag-0.removed')
  await client.endAsync()
}

/** Publishes without pause until enough is acknowledged; resolves then, with more on its way. */
async function storm(
  gateway: GatewayProcess,
  { round, enough }: { readonly round: number; readonly enough: number },
): Promise<readonly Sent[]> {
  const done = Promise.withResolvers<void>()
  const acknowledged: Sent[] = []
  let stopped = false
  const clients = await Promise.all(
    Array.from({ length: TAGS }, (_, index) => connect(gateway, `storm-${round}-${index}`)),
  )
  for (const [index, client] of clients.entries()) {
    client.on('error', () => {})
    let sequence = 0
    const publish = (): void => {
      if (stopped) return
      // Each publish has a time of its own, and the pressure tells which it was.
      const time = Date.now() * 1 - 10_000_000 + sequence
      const sent = { tag: `tag-${index}`, time, pressure: 1100 + (sequence % 300) + round / 10 }
      sequence++
      const message = JSON.stringify({ pressure: sent.pressure, time, present: index !== 0 })
      client.publish(`outpost/extinguisher/${sent.tag}`, message, { qos: 1 }, (error) => {
        if (error) return
        acknowledged.push(sent)
        if (acknowledged.length >= enough) done.resolve()
        publish()
      })
    }
    for (let i = 0; i < 20; i++) publish()
  }
  await done.promise
  void Promise.resolve().then(() => {
    stopped = true
    for (const client of clients) client.end(true)
  })
  return acknowledged
}

async function acknowledgeAlarm(gateway: GatewayProcess): Promise<void> {
  const answer = await gateway.post('/api/alarms/tag-0.removed/acknowledge', { by: '张伟', comment: '灭火演练' })
  expect(answer.status).toBe(200)
}

async function expectAllStored(influxd: RealServer, sent: readonly Sent[]): Promise<void> {
  const stored = new Set<string>()
  const missing = (): readonly Sent[] =>
    sent.filter(({ tag, time, pressure }) => !stored.has(`${tag} ${time} ${pressure}`))
  await expect
    .poll(
      async () => {
        const series = await queryInfluxd(influxd, {
          ...{ database: 'outpost', epoch: 'ms' },
          query: `SELECT value FROM reading WHERE point = 'pressure' GROUP BY device`,
        })
        for (const { tags, values } of series) {
          for (const [time, value] of values) stored.add(`${tags?.device} ${time} ${value}`)
        }
        return missing().length
      },
      { timeout: 20_000, interval: 250 },
    )
    .toBe(0)
}

async function expectDispatch(gateway: GatewayProcess, dispatch: HttpReceiver): Promise<void> {
  const journaled = await gateway.alarmEvents()
  expect(journaled.map((event) => event.seq)).toEqual(journaled.map((_, index) => index + 1))
  const removed = journaled.filter((event) => event.alarm.id === 'tag-0.removed')
  expect(removed.map((event) => event.type)).toEqual(['raised', 'acknowledged'])
  const last = journaled.at(-1) as AlarmEvent
  const received = (): readonly AlarmEvent[] => dispatch.requests.map(({ body }) => JSON.parse(body) as AlarmEvent)
  await expect.poll(() => received().some((event) => event.id === last.id), { timeout: 10_000 }).toBe(true)
  const byId = new Map(received().map((event) => [event.id, event.seq]))
  expect([...byId.values()].sort((a, b) => a - b)).toEqual(journaled.map((event) => event.seq))
}
