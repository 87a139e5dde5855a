/**
 * The gateway as a client of somebody else's broker. That broker tells a publisher "taken" and keeps the message for our
 * session, so a gateway that dies must find there all that it had not put on disk.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HealthCheck } from '../../gateway/http/gateway-view.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { PublishStorm, textOf } from '../support/publish-storm.ts'
import { describeReal, startMosquitto } from '../support/real-servers.ts'
import { freePort, type RealServer } from '../support/server-process.ts'
import { readStored } from '../support/stored.ts'
import { storeSink } from '../support/tag-station.ts'

const TAGS = ['tag-0', 'tag-1', 'tag-2', 'tag-3']
/** Acknowledgements before the kill, and then until the gateway comes back. */
const ROUNDS = [
  { alive: 300, dead: 1500 },
  { alive: 1200, dead: 40 },
  { alive: 40, dead: 400 },
]
const WITHIN = { timeout: 20_000, interval: 50 }

describeReal('mosquitto')('an outside broker', () => {
  let mosquitto: RealServer
  let gateway: GatewayProcess
  let witness: MqttClient

  beforeAll(async () => {
    // By default mosquitto drops what an absent client does not fetch beyond 1000 messages.
    mosquitto = await startMosquitto({ config: ['max_queued_messages 0'] })
    gateway = await GatewayProcess.create({
      brokers: [{ id: 'site', url: mosquitto.url }],
      devices: [...TAGS, 'lobby'].map((id) => ({
        ...{ id, place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'site', address: id },
        rules: { removed: { onDelay: '0s', offDelay: '0s' } },
      })),
      // Never there, so that every reading stays in the store.
      sinks: [storeSink(`http://127.0.0.1:${await freePort()}`)],
    })
    witness = await mqtt.connectAsync(mosquitto.url, { clientId: 'witness', reconnectPeriod: 50 })
    witness.on('error', () => {})
  })

  afterAll(async () => {
    await witness?.endAsync(true)
    await gateway?.remove()
    await mosquitto?.remove()
  })

  test('what it has taken is in the store, however often the gateway is killed on the way', async () => {
    await gateway.start()
    await isHeard()
    const storms: PublishStorm[] = []
    for (const [round, { alive, dead }] of ROUNDS.entries()) {
      const storm = await PublishStorm.start(mosquitto.url, { devices: TAGS, name: `storm-${round}` })
      storms.push(storm)
      await storm.until(alive)
      await gateway.end('SIGKILL')
      await storm.until(alive + dead)
      storm.stop()
      await gateway.start()
      expect((await gateway.alarms()).find(({ id }) => id === 'lobby.removed')).toMatchObject({
        state: 'unacknowledged',
        occurrence: 1,
      })
    }
    // Behind all that was published before, as mosquitto keeps the order.
    await witness.publishAsync('outpost/extinguisher/tag-0', JSON.stringify({ present: false }), { qos: 1 })
    await gateway.event(({ type, alarm }) => type === 'raised' && alarm.id === 'tag-0.removed')
    expect(await gateway.end()).toBe(0)

    const { readings, events } = await readStored(`${gateway.folder}/data`)
    const good = readings.filter(({ point, quality }) => point.endsWith('.pressure') && quality === 'good')
    const stored = new Set(
      good.map(({ point, time, value }) =>
        textOf({ device: point.split('.')[0] ?? '', time, pressure: Number(value) }),
      ),
    )
    const acknowledged = storms.flatMap((storm) => storm.acknowledged)
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS.reduce((sum, { alive, dead }) => sum + alive + dead, 0))
    expect(acknowledged.filter((reading) => !stored.has(textOf(reading)))).toEqual([])
    const sent = new Set(storms.flatMap((storm) => storm.sent).map(textOf))
    expect([...stored].filter((text) => !sent.has(text))).toEqual([])
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    const told = events.filter(({ alarm }) => alarm.rule === 'removed').map(({ type, alarm }) => `${type} ${alarm.id}`)
    expect(told).toEqual(['raised lobby.removed', 'raised tag-0.removed'])
  })

  test('that ends and has forgotten our session is subscribed to again', async () => {
    await gateway.start()
    await expect.poll(() => link(), WITHIN).toMatchObject({ ok: true })
    // Killed, it has nothing on disk of what its sessions were.
    await mosquitto.kill()
    await expect.poll(() => link(), WITHIN).toMatchObject({ ok: false })
    await mosquitto.start()
    await expect
      .poll(async () => {
        const present = JSON.stringify({ present: true })
        await witness.publishAsync('outpost/extinguisher/lobby', present, { qos: 1 })
        return (await gateway.alarms()).find(({ id }) => id === 'lobby.removed')?.facts.active
      }, WITHIN)
      .toBe(false)
    expect(await link()).toMatchObject({ ok: true })
    const changes = gateway.output.split('\n').filter((line) => line.includes('"source":"site"'))
    expect(changes.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'MQTT broker is connected',
      'MQTT broker cannot be used',
      'MQTT broker is connected',
    ])
  })

  /** Until the first subscription is there, mosquitto keeps nothing for us. */
  async function isHeard(): Promise<void> {
    const lobby = async () => (await gateway.alarms()).find(({ id }) => id === 'lobby.removed')?.state
    await expect
      .poll(async () => {
        await witness.publishAsync('outpost/extinguisher/lobby', JSON.stringify({ present: false }), { qos: 1 })
        return lobby()
      }, WITHIN)
      .toBe('unacknowledged')
  }

  async function link(): Promise<HealthCheck | undefined> {
    const { checks } = await gateway.get<{ checks: readonly HealthCheck[] }>('/api/health')
    return checks.find(({ name }) => name === 'link site')
  }
})
