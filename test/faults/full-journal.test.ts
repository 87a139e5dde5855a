/** A receiver that is away for longer than there is room: the oldest readings go, counted and told; alarm events never. */
import { afterEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver, status } from '../support/http-receiver.ts'
import { PublishStorm } from '../support/publish-storm.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, storeSink, tagDevice } from '../support/tag-station.ts'

const ROOM = 10_000
const READINGS = 40_000
const TAGS = ['tag-0', 'tag-1', 'tag-2', 'tag-3']
const WITHIN = { timeout: 60_000, interval: 100 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('more than the journal may keep: the newest stay, people are told, and no alarm event is missing', async () => {
  const store = await startReceiver(status(503, { 'retry-after': '1' }))
  const dispatch = await startReceiver(status(503, { 'retry-after': '1' }))
  const gateway = await GatewayProcess.create({
    devices: [...TAGS, 'watched'].map((id) => tagDevice(id, { rules: { removed: { onDelay: '0s', offDelay: '0s' } } })),
    storage: { maxReadings: ROOM },
    sinks: [storeSink(store.url, { sends: ['readings'] }), dispatchSink(dispatch.url)],
    environment: DISPATCH_ENVIRONMENT,
  })
  ends.push(
    () => store.close(),
    () => dispatch.close(),
    () => gateway.remove(),
  )
  await gateway.start()
  const watched = await gateway.connect('watched')
  ends.push(() => watched.endAsync(true))
  const say = (present: boolean) =>
    watched.publishAsync('outpost/extinguisher/watched', JSON.stringify({ present }), { qos: 1 })
  await say(false)

  const storm = await PublishStorm.start(`mqtt://127.0.0.1:${gateway.mqttPort}`, { devices: TAGS })
  await storm.until(READINGS)
  storm.stop()
  await say(true)
  await gateway.event(({ type, alarm }) => type === 'raised' && alarm.id === 'station-1.readings-dropped', {
    within: 60_000,
  })
  const dropped = await gateway.metric('outpost_readings_discarded_total{reason="journal-full"}')
  expect(dropped).toBeGreaterThan(READINGS - ROOM * 2)

  store.answer = status(204)
  dispatch.answer = status(204)
  const newest = storm.acknowledged.slice(-1000)
  const missing = () => {
    const all = store.requests.map(({ body }) => body).join('\n')
    return newest.filter(({ time }) => !all.includes(` ${time}000000`)).length
  }
  await expect.poll(missing, { ...WITHIN, interval: 1000 }).toBe(0)
  const events = await gateway.alarmEvents()
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const told = () => new Set(dispatch.requests.map(({ body }) => (JSON.parse(body) as AlarmEvent).id))
  await expect.poll(() => events.filter(({ id }) => !told().has(id)).length, WITHIN).toBe(0)
  const types = events.filter(({ alarm }) => alarm.id === 'watched.removed').map(({ type }) => type)
  expect(types).toEqual(['raised', 'returned'])
})
