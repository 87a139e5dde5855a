/**
 * A gateway measures how fast it really detects, and says so when that is too slow. Its clock is the test's: minutes pass in
 * seconds, while the line, the broker and the files are real.
 */
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alarm } from '../../gateway/alarm-model.ts'
import type { LineView } from '../../gateway/http/line-view.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { startField } from '../support/simulated-field.ts'

const SMOKE = { profile: 'renke-rs-yg-n01', line: 'loop', unitId: 1 }
/** Silence and distrust are not what this is about. */
const PATIENT = { 'no-data': { after: '1h' }, 'bad-quality': { onDelay: '1h' } }
const INTERVAL_MS = 2000
/** A busy machine is slow. */
const WITHIN = { timeout: 15_000, interval: 2 }

let clock: FakeClock
let field: Simulation
let app: AppInProcess
let client: MqttClient

beforeAll(async () => {
  field = await startField(
    {
      lines: [{ id: 'loop', type: 'modbus-tcp', host: '127.0.0.1', port: 0 }],
      devices: [{ id: 'fire', ...SMOKE, values: { smoke: 0 } }],
    },
    { mqttPort: 1 },
  )
  const gauge = { profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'tag', interval: '5s' }
  clock = new FakeClock()
  app = await startApp(
    {
      lines: [{ id: 'loop', type: 'modbus-tcp', host: '127.0.0.1', port: field.ports().get('loop'), timeout: '5s' }],
      devices: [
        { id: 'fire', name: '值班室烟感', place: '值班室', ...SMOKE, pollInterval: '2s', rules: PATIENT },
        {
          ...{ id: 'tag', name: '大厅标签', place: '大厅', ...gauge },
          rules: { ...PATIENT, removed: { onDelay: '0s', maxDetectionSeconds: 10 } },
        },
      ],
    },
    { clock },
  )
  client = await app.gateway.connect('tag')
})

afterAll(async () => {
  await client?.endAsync(true)
  await app?.remove()
  await field?.stop()
})

const line = async (): Promise<LineView> =>
  (await app.gateway.get<{ lines: readonly LineView[] }>('/api/lines')).lines[0] as LineView
const alarm = async (id: string): Promise<Alarm | undefined> =>
  (await app.gateway.alarms()).find((candidate) => candidate.id === id)

/** Lets the next poll have its answer, which comes in real time. */
async function poll(): Promise<void> {
  const before = (await line()).answers
  await clock.advance(INTERVAL_MS)
  await expect.poll(async () => (await line()).answers, WITHIN).toBeGreaterThan(before)
}

async function polls(count: number): Promise<void> {
  for (let time = 0; time < count; time++) await poll()
}

/** The line is down for so long, and for as long as it takes to come back. */
async function fail(ms: number): Promise<void> {
  await field.stop()
  await clock.advance(ms)
  await field.start()
  const before = (await line()).answers
  const later = () => clock.advance(500).then(() => line())
  await expect.poll(async () => (await later()).answers, WITHIN).toBeGreaterThan(before)
}

test('what it measures stands beside what was computed', async () => {
  await polls(4)
  const { cycle, units, detections } = await line()
  expect(cycle.predictedMs).toBeCloseTo(20, 5)
  expect(cycle.measuredMs).toEqual(expect.any(Number))
  expect(units).toMatchObject([{ device: 'fire', state: 'polling', error: null }])
  const [smoke] = detections.filter((detection) => detection.alarm === 'fire.smoke-alarm')
  expect(smoke).toMatchObject({ point: 'fire.smoke', allowedMs: 10_000, predictedMs: expect.any(Number) })
  // A change is seen with the next poll; nobody else is on the line. The clock stands still while the answer comes.
  expect(smoke?.measuredMs).toBeGreaterThanOrEqual(INTERVAL_MS)
  expect(smoke?.measuredMs).toBeLessThanOrEqual(smoke?.predictedMs ?? 0)
  await expect.poll(() => app.gateway.reading('line-loop.detection-seconds'), WITHIN).toMatchObject({ quality: 'good' })
  expect(await app.gateway.metric('outpost_detection_seconds{source="loop"}')).toBeGreaterThanOrEqual(2)
  const { checks } = await app.gateway.get<{ checks: readonly { name: string }[] }>('/api/health')
  expect(checks).toContainEqual({ name: 'detection', ok: true, detail: 'as fast as it must be' })
})

test('one late value raises nothing, the second one does, and names what was late', async () => {
  await fail(12_000)
  await polls(10)
  expect(await alarm('line-loop.detection-overdue')).toBeUndefined()
  await fail(12_000)
  await polls(12)
  const raised = await alarm('line-loop.detection-overdue')
  expect(raised).toMatchObject({ class: 'fault', priority: 'high', facts: { active: true } })
  expect(raised?.reason.zh).toMatch(/：值班室烟感 fire\.smoke \d\d(\.\d)? s > 10 s$/)
  expect(raised?.reason.en).toMatch(/: 值班室烟感 fire\.smoke \d\d(\.\d)? s > 10 s$/)
  const { checks } = await app.gateway.get<{ checks: readonly { name: string; detail: string }[] }>('/api/health')
  expect(checks.find(({ name }) => name === 'detection')?.detail).toMatch(/^too slow: 值班室烟感 fire\.smoke /)
})

test('it is over when for some minutes no value was late', async () => {
  // The window is that of the gateway, and its polls go on with the test's clock.
  await polls((11 * 60_000) / INTERVAL_MS)
  expect(await alarm('line-loop.detection-overdue')).toMatchObject({ facts: { active: false } })
})

test('a device that speaks MQTT is measured by its regular messages', async () => {
  const say = () => client.publishAsync('outpost/extinguisher/tag', JSON.stringify({ present: true }), { qos: 1 })
  for (const seconds of [5, 5, 13, 5, 14, 5]) {
    await say()
    await clock.advance(1000 * seconds)
  }
  for (let passed = 0; passed < 25; passed += 5) {
    await say()
    await clock.advance(5000)
  }
  const raised = await alarm('station-1.detection-overdue')
  expect(raised?.reason.en).toMatch(/: 大厅标签 tag\.present 13 s > 10 s$/)
})
