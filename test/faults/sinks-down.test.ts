/**
 * The receivers are gone when the gateway starts, and for an hour of readings: the line to the field does not notice, and
 * all of it arrives when they are back, once, with its own times.
 */
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { describeReal, queryInfluxd, startInfluxd } from '../support/real-servers.ts'
import { freePort, type RealServer } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'
import { DISPATCH_ENVIRONMENT, storeSink, tagDevice } from '../support/tag-station.ts'

const TAGS = ['tag-0', 'tag-1', 'tag-2', 'tag-3']
const HOUR_S = 3600
/** Seconds of the hour after which each tag is taken from its hook, or hung back. */
const EVERY_S = 450
const POLL_MS = 100
const POLLS = 60
const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const AT_ONCE = { onDelay: '0s', offDelay: '0s' }
const RESTORED_WITHIN_MS = 30_000

describeReal('influxd')('receivers that are down for an hour', () => {
  let influxd: RealServer
  let dispatch: HttpReceiver | null = null
  let dispatchPort: number
  let field: Simulation
  let gateway: GatewayProcess
  const begin = Math.floor(Date.now() / 1000) * 1000 - HOUR_S * 1000

  beforeAll(async () => {
    influxd = await startInfluxd()
    await queryInfluxd(influxd, { query: 'CREATE DATABASE outpost' })
    await influxd.stop()
    dispatchPort = await freePort()
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
        ...TAGS.map((id) => tagDevice(id, { rules: { removed: AT_ONCE } })),
        {
          ...{ id: 'gauge', place: '下穿通道', ...WATER, line: 'cabinet', unitId: 1, pollInterval: `${POLL_MS}ms` },
          rules: { 'water-level': AT_ONCE, 'no-data': { after: '20s' } },
        },
      ],
      sinks: [
        storeSink(influxd.url),
        {
          ...{ id: 'dispatch', type: 'webhook', url: `http://127.0.0.1:${dispatchPort}` },
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
          secret: '${DISPATCH_SECRET}',
        },
      ],
    })
  })

  afterAll(async () => {
    await gateway?.remove()
    await field?.stop()
    await dispatch?.close()
    await influxd?.remove()
  })

  test('get all of it when they are back, and nobody polls more slowly meanwhile', { timeout: 90_000 }, async () => {
    await gateway.start()
    await Promise.all([polls(), reportAnHour(), raiseAndReturn()])
    // A line that waited for a receiver would leave out all of its cycles; a machine that is busy leaves out some.
    expect(await skippedCycles()).toBeLessThan(POLLS / 2)
    dispatch = await startReceiver(undefined, dispatchPort)
    await influxd.start()
    await Promise.all([expectReadings(), expectEvents(dispatch)])
  })

  /** Resolves when the simulated line has answered so many requests. */
  async function polls(): Promise<void> {
    const served = () => field.lineStats().get('cabinet')?.requests ?? 0
    const first = served()
    await expect.poll(() => served() - first, { timeout: 60_000, interval: POLL_MS / 4 }).toBeGreaterThanOrEqual(POLLS)
  }

  /** What each tag says at the second of the hour. */
  function reported(tag: number, second: number): { time: number; pressure: number; present: boolean } {
    const taken = Math.floor((second + tag * 7) / EVERY_S) % 2 === 1
    return { time: begin + second * 1000, pressure: 1100 + ((second + tag) % 300), present: !taken }
  }

  async function reportAnHour(): Promise<void> {
    await Promise.all(
      TAGS.map(async (id, tag) => {
        const client = await connect(id)
        const all = Array.from({ length: HOUR_S }, (_, second) =>
          client.publishAsync(`outpost/extinguisher/${id}`, JSON.stringify(reported(tag, second)), { qos: 1 }),
        )
        await Promise.all(all)
        await client.endAsync()
      }),
    )
  }

  async function raiseAndReturn(): Promise<void> {
    for (const [level, type] of [
      [0.3, 'raised'],
      [0.02, 'returned'],
    ] as const) {
      field.setValue('gauge', 'level', level)
      await gateway.event((event) => event.type === type && event.alarm.id === 'gauge.water-level')
    }
  }

  function connect(clientId: string): Promise<MqttClient> {
    const { name: username, password } = FIELD_USER
    return mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, { clientId, username, password })
  }

  async function expectReadings(): Promise<void> {
    const count = () => stored('pressure').then((series) => series.reduce((sum, { values }) => sum + values.length, 0))
    const within = { timeout: RESTORED_WITHIN_MS, interval: 250 }
    await expect.poll(count, within).toBe(TAGS.length * HOUR_S)
    for (const [tag, id] of TAGS.entries()) {
      const seconds = Array.from({ length: HOUR_S }, (_, second) => reported(tag, second))
      expect(await rows('pressure', id)).toEqual(seconds.map(({ time, pressure }) => [time, pressure]))
      expect(await rows('present', id)).toEqual(seconds.map(({ time, present }) => [time, present ? 1 : 0]))
    }
  }

  async function stored(point: string) {
    const query = `SELECT ${point === 'present' ? 'state' : 'value'} FROM reading WHERE point = '${point}' GROUP BY device`
    return await queryInfluxd(influxd, { database: 'outpost', epoch: 'ms', query }).catch(() => [])
  }

  async function rows(point: string, device: string) {
    return (await stored(point)).find(({ tags }) => tags?.device === device)?.values
  }

  /** As the gateway has them, in order, none missing and none twice. */
  async function expectEvents({ requests }: HttpReceiver): Promise<void> {
    const told = (): readonly AlarmEvent[] => requests.map(({ body }) => JSON.parse(body) as AlarmEvent)
    const events = await gateway.alarmEvents()
    await expect.poll(() => told().at(-1)?.seq, { timeout: RESTORED_WITHIN_MS }).toBeGreaterThanOrEqual(events.length)
    const all = await gateway.alarmEvents()
    await expect.poll(() => told().length, { timeout: RESTORED_WITHIN_MS }).toBe(all.length)
    expect(told()).toEqual(all.map((event) => ({ version: 1, ...event })))
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1))
    const turns = TAGS.map((_, tag) => Math.floor((HOUR_S - 1 + tag * 7) / EVERY_S))
    const removed = all.filter(({ alarm }) => alarm.rule === 'removed')
    expect(removed).toHaveLength(turns.reduce((sum, count) => sum + count, 0))
    expect(all.some(({ type, alarm }) => type === 'returned' && alarm.id === 'gauge.water-level')).toBe(true)
  }

  async function skippedCycles(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)
    const found = /^outpost_modbus_skipped_cycles_total\{[^}]*\} (\d+)$/m.exec(await answer.text())
    return Number(found?.[1] ?? Number.NaN)
  }
})
