/**
 * What people at the station learn of receivers that are gone or refuse, and that nothing is lost meanwhile. The gateway's
 * clock is the test's: an hour passes in seconds, while sockets, files and InfluxDB are real.
 */
import mqtt from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FIELD_USER } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver, status } from '../support/http-receiver.ts'
import { describeReal, queryInfluxd, startInfluxd } from '../support/real-servers.ts'
import { freePort } from '../support/server-process.ts'
import { DISPATCH_ENVIRONMENT, tagDevice } from '../support/tag-station.ts'

/** The gateway looks at its own health so often. */
const STEP_MS = 5000
const MINUTE_STEPS = 12
/** An alarm event is tried again after 15 s at the latest. */
const ALARM_DELAY_STEPS = 3
const TAG = {
  ...tagDevice('tag'),
  rules: { removed: { onDelay: '0s', offDelay: '0s' } },
}
const environment = DISPATCH_ENVIRONMENT
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const store = (url: string) => ({ id: 'store', type: 'influxdb-1', url, database: 'outpost' })
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the configuration file
const dispatch = (url: string) => ({ id: 'dispatch', type: 'webhook', url, secret: '${DISPATCH_SECRET}' })

class Station {
  readonly clock: FakeClock
  readonly #app: AppInProcess
  readonly #client: mqtt.MqttClient

  private constructor(clock: FakeClock, app: AppInProcess, client: mqtt.MqttClient) {
    this.clock = clock
    this.#app = app
    this.#client = client
  }

  static async start(sinks: readonly object[]): Promise<Station> {
    const clock = new FakeClock()
    const app = await startApp({ devices: [TAG], sinks, environment }, { clock })
    ends.push(() => app.remove())
    const { name: username, password } = FIELD_USER
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${app.gateway.mqttPort}`, { username, password })
    ends.push(() => client.endAsync(true))
    return new Station(clock, app, client)
  }

  /** Resolves when it is on disk. */
  async says(message: object): Promise<void> {
    await this.#client.publishAsync('outpost/extinguisher/tag', JSON.stringify(message), { qos: 1 })
  }

  async pass(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.clock.advance(STEP_MS)
      // The way over HTTP gives disk and sockets, whose time is real, the chance to follow.
      await this.alarms()
    }
  }

  async alarms(): Promise<ReadonlyMap<string, Alarm>> {
    return new Map((await this.#app.gateway.alarms()).map((alarm) => [alarm.id, alarm]))
  }

  events(): Promise<readonly AlarmEvent[]> {
    return this.#app.gateway.alarmEvents()
  }

  /** Lets time pass until the alarm is so. */
  async until(id: string, expected: object): Promise<void> {
    await expect
      .poll(() => this.pass(1).then(() => this.alarms().then((all) => all.get(id))), WITHIN)
      .toMatchObject(expected)
  }
}

const WITHIN = { timeout: 10_000, interval: 1 }
const active = (level: string | null) => ({ class: 'fault', level, facts: { active: true } })
const over = { class: 'fault', facts: { active: false } }
const told = ({ requests }: HttpReceiver): readonly AlarmEvent[] =>
  requests.map(({ body }) => JSON.parse(body) as AlarmEvent)

describeReal('influxd')('an hour without receivers', () => {
  test('is told in steps, and over when all has arrived', async () => {
    const influxd = await startInfluxd()
    ends.push(() => influxd.remove())
    await queryInfluxd(influxd, { query: 'CREATE DATABASE outpost' })
    await influxd.stop()
    const dispatchPort = await freePort()
    const station = await Station.start([store(influxd.url), dispatch(`http://127.0.0.1:${dispatchPort}`)])
    await station.says({ present: false })
    const sent: (readonly [number, number])[] = []
    const levels: Record<string, (string | null)[]> = { 'sink-unreachable': [], 'sink-waiting': [] }
    for (let minute = 0; minute <= 61; minute++) {
      sent.push([Math.round(station.clock.now().wall), 1100 + minute])
      await station.says({ pressure: 1100 + minute })
      await station.pass(MINUTE_STEPS)
      const alarms = await station.alarms()
      for (const [rule, seen] of Object.entries(levels)) {
        const both = ['store', 'dispatch'].map((sink) => alarms.get(`sink-${sink}.${rule}`))
        seen.push(both.every((alarm) => alarm?.facts.active) ? (both[0]?.level ?? null) : null)
      }
    }
    const minutes = (seen: (string | null)[] | undefined, level: string) => seen?.filter((one) => one === level).length
    expect(minutes(levels['sink-unreachable'], 'high')).toBeGreaterThanOrEqual(8)
    expect(minutes(levels['sink-unreachable'], 'high-high')).toBeGreaterThanOrEqual(50)
    expect(minutes(levels['sink-waiting'], 'high')).toBeGreaterThanOrEqual(53)
    expect(levels['sink-waiting']?.at(-1)).toBe('high-high')

    await influxd.start()
    const receiver = await startReceiver(undefined, dispatchPort)
    ends.push(() => receiver.close())
    // However long it was gone.
    await station.pass(ALARM_DELAY_STEPS)
    await receiver.received(1)
    for (const sink of ['sink-store', 'sink-dispatch']) {
      await station.until(`${sink}.sink-unreachable`, over)
      await station.until(`${sink}.sink-waiting`, over)
    }
    const query = `SELECT value FROM reading WHERE point = 'pressure'`
    const stored = async () => (await queryInfluxd(influxd, { database: 'outpost', query }))[0]?.values
    await expect.poll(() => station.pass(1).then(stored), WITHIN).toEqual(sent)
    const events = await station.events()
    await expect
      .poll(() => station.pass(1).then(() => told(receiver).length), WITHIN)
      .toBeGreaterThanOrEqual(events.length)
    expect(told(receiver).slice(0, events.length)).toEqual(events.map((event) => ({ version: 1, ...event })))
  })
})

test('a step of the clock neither raises nor hides the alarms of a receiver that is gone', async () => {
  const gone = `http://127.0.0.1:${await freePort()}`
  const station = await Station.start([store(gone), dispatch(gone)])
  const sinks = ['sink-store', 'sink-dispatch']
  const about = async (rule: string) => {
    const alarms = await station.alarms()
    return sinks.map((sink) => alarms.get(`${sink}.${rule}`)?.level)
  }
  await station.says({ present: false, pressure: 1180 })
  await station.pass(2)
  station.clock.stepWall(86_400_000)
  await station.pass(2)
  await station.until('station-1.clock-step', active('high'))
  expect(await about('sink-unreachable')).toEqual([undefined, undefined])
  expect(await about('sink-waiting')).toEqual([undefined, undefined])
  await station.pass(6 * MINUTE_STEPS)
  for (const rule of ['sink-unreachable', 'sink-waiting']) expect(await about(rule)).toEqual(['high', 'high'])
  station.clock.stepWall(-2 * 86_400_000)
  await station.pass(3)
  for (const rule of ['sink-unreachable', 'sink-waiting']) expect(await about(rule)).toEqual(['high', 'high'])
})

test.each([401, 404])('a receiver that answers %i is reported as refusing and tried on', async (code) => {
  const receiver = await startReceiver(status(code))
  ends.push(() => receiver.close())
  const station = await Station.start([store(receiver.url), dispatch(receiver.url)])
  await station.says({ present: false, pressure: 1180 })
  for (const sink of ['sink-store', 'sink-dispatch']) await station.until(`${sink}.sink-refused`, active(null))
  await station.pass(MINUTE_STEPS)
  receiver.answer = status(204)
  const before = receiver.requests.length
  for (const sink of ['sink-store', 'sink-dispatch']) await station.until(`${sink}.sink-refused`, over)
  const events = await station.events()
  const posted = () => receiver.requests.slice(before).filter(({ path }) => !path.startsWith('/write'))
  await expect.poll(() => station.pass(1).then(() => posted().length), WITHIN).toBeGreaterThanOrEqual(events.length)
  expect(
    posted()
      .map(({ body }) => (JSON.parse(body) as AlarmEvent).seq)
      .slice(0, events.length),
  ).toEqual(events.map(({ seq }) => seq))
  const written = receiver.requests.slice(before).filter(({ path }) => path.startsWith('/write'))
  expect(written.some(({ body }) => /^reading,.*point=pressure.*[ ,]value=1180/m.test(body))).toBe(true)
  for (const sink of ['sink-store', 'sink-dispatch']) {
    expect((await station.alarms()).get(`${sink}.dead-letters`)).toBeUndefined()
  }
})
