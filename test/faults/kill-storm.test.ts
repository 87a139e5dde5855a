/**
 * kill -9 at random moments of a storm of publishes and polls, with receivers up, down and flapping: everything that was acknowledged is in
 * InfluxDB afterwards, the alarm events have no gap and nobody gets two under one number, and an alarm that was active stays the
 * same alarm. OUTPOST_KILL_ROUNDS: how often. OUTPOST_KILL_SEED: other moments.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { mulberry32 } from '../../simulator/mulberry32.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import type { ReceivedRequest } from '../support/http-receiver.ts'
import { type MoodyReceiver, startMoodyReceiver } from '../support/moody-receiver.ts'
import { PublishStorm, type SentReading, textOf } from '../support/publish-storm.ts'
import { describeReal, queryInfluxd, startInfluxd } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, storeSink, tagDevice } from '../support/tag-station.ts'

const ROUNDS = Number(process.env.OUTPOST_KILL_ROUNDS ?? 4)
const random = mulberry32(Number(process.env.OUTPOST_KILL_SEED ?? 1))
const MOODS = ['up', 'down', 'flapping'] as const
const TAGS = ['tag-1', 'tag-2', 'tag-3', 'tag-4', 'tag-5']
const MOST_ACKNOWLEDGED = 1500
/** So many rounds there are for one that is killed while it starts. */
const KILLED_AT_START = 5
const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const WITHIN = { timeout: 30_000 + ROUNDS * 1000, interval: 250 }

describeReal('influxd')('a gateway that is killed in a storm', () => {
  let influxd: RealServer
  let store: MoodyReceiver
  let dispatch: MoodyReceiver
  let field: Simulation
  let gateway: GatewayProcess
  const acknowledged: SentReading[] = []

  beforeAll(async () => {
    influxd = await startInfluxd()
    await queryInfluxd(influxd, { query: 'CREATE DATABASE outpost' })
    store = await startMoodyReceiver((request) => forward(request, influxd))
    dispatch = await startMoodyReceiver()
    gateway = await GatewayProcess.create({ devices: [], environment: DISPATCH_ENVIRONMENT })
    field = await startField(
      {
        lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: 0 }],
        devices: [{ id: 'gauge', ...WATER, line: 'cabinet', unitId: 1, values: { level: 0.02 } }],
      },
      gateway,
    )
    gateway.configure({
      lines: [{ id: 'cabinet', type: 'modbus-tcp', host: '127.0.0.1', port: field.ports().get('cabinet') }],
      devices: [
        ...['tag-0', ...TAGS].map((id) => tagDevice(id, { rules: { removed: { onDelay: '0s' } } })),
        {
          ...{ id: 'gauge', place: '下穿通道', ...WATER, line: 'cabinet', unitId: 1, pollInterval: '50ms' },
          rules: { 'water-level': { onDelay: '0s', offDelay: '0s' } },
        },
      ],
      sinks: [storeSink(store.url), dispatchSink(dispatch.url)],
    })
  })

  afterAll(async () => {
    await gateway?.remove()
    await field?.stop()
    await dispatch?.close()
    await store?.close()
    await influxd?.remove()
  })

  it(
    `loses nothing in ${ROUNDS} rounds`,
    async () => {
      await gateway.start()
      await say('tag-0', { present: false })
      await gateway.event((event) => event.type === 'raised' && event.alarm.id === 'tag-0.removed')
      for (let round = 0; round < ROUNDS; round++) await playRound(round)
      expect(acknowledged.length).toBeGreaterThan(ROUNDS * 10)
      for (const receiver of [store, dispatch]) receiver.mood = 'up'
      await acknowledgeAlarm()
      await expectAllStored()
      await expectDispatch()
    },
    60_000 + ROUNDS * 30_000,
  )

  async function playRound(round: number): Promise<void> {
    store.mood = MOODS[round % MOODS.length] ?? 'up'
    dispatch.mood = MOODS[(round + Math.floor(round / MOODS.length)) % MOODS.length] ?? 'up'
    // Over the limit and back: events of a polled line, too, are on their way when it is killed.
    field.setValue('gauge', 'level', round % 2 === 0 ? 0.3 : 0.02)
    const storm = await PublishStorm.start(`mqtt://127.0.0.1:${gateway.mqttPort}`, { devices: TAGS, name: `s${round}` })
    await storm.until(Math.ceil(random() * MOST_ACKNOWLEDGED))
    await gateway.end('SIGKILL')
    storm.stop()
    acknowledged.push(...storm.acknowledged)
    if (round % KILLED_AT_START === KILLED_AT_START - 1) {
      gateway.launch()
      // Any moment of the start will do.
      await delay(random() * 1500)
      await gateway.end('SIGKILL')
    }
    await gateway.start()
    expect((await gateway.alarms()).find(({ id }) => id === 'tag-0.removed')).toMatchObject({
      ...{ state: 'unacknowledged', occurrence: 1 },
    })
  }

  async function say(tag: string, message: object): Promise<void> {
    const client = await gateway.connect('say')
    await client.publishAsync(`outpost/extinguisher/${tag}`, JSON.stringify(message), { qos: 1 })
    await client.endAsync()
  }

  async function acknowledgeAlarm(): Promise<void> {
    const answer = await gateway.post('/api/alarms/tag-0.removed/acknowledge', { by: '张伟', comment: '灭火演练' })
    expect(answer.status).toBe(200)
  }

  async function expectAllStored(): Promise<void> {
    const missing = async () => {
      const series = await queryInfluxd(influxd, {
        ...{ database: 'outpost', epoch: 'ms' },
        query: `SELECT value FROM reading WHERE point = 'pressure' GROUP BY device`,
      })
      const stored = new Set(
        series.flatMap(({ tags, values }) =>
          values.map(([time, value]) =>
            textOf({ device: tags?.device ?? '', time: Number(time), pressure: Number(value) }),
          ),
        ),
      )
      return acknowledged.map(textOf).filter((text) => !stored.has(text)).length
    }
    await expect.poll(missing, WITHIN).toBe(0)
  }

  async function expectDispatch(): Promise<void> {
    const journaled = await gateway.alarmEvents()
    expect(journaled.map(({ seq }) => seq)).toEqual(journaled.map((_, index) => index + 1))
    const typesOf = (id: string) => journaled.filter(({ alarm }) => alarm.id === id).map(({ type }) => type)
    expect(typesOf('tag-0.removed')).toEqual(['raised', 'acknowledged'])
    expect(typesOf('gauge.water-level').filter((type) => type === 'raised').length).toBeGreaterThan(0)
    const last = journaled.at(-1) as AlarmEvent
    const received = () => dispatch.taken.map(({ body }) => JSON.parse(body) as AlarmEvent)
    await expect.poll(() => received().some(({ id }) => id === last.id), WITHIN).toBe(true)
    const byId = new Map(received().map((event) => [event.id, event]))
    const inOrder = [...byId.values()].sort((a, b) => a.seq - b.seq)
    // What a receiver got before a kill is what the journal says after it: no number was ever given twice.
    expect(inOrder.map(({ seq, type, alarm }) => [seq, type, alarm.id])).toEqual(
      journaled.map(({ seq, type, alarm }) => [seq, type, alarm.id]),
    )
  }
})

/** To the real server; a refusal is passed on. */
async function forward({ method, path, body }: ReceivedRequest, { url }: RealServer): Promise<number> {
  const { status } = await fetch(`${url}${path}`, { method, body })
  return status
}
