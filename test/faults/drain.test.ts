/**
 * What a receiver hears that was away: fresh alarm events first, then what was measured last and is measured now, then the backlog from
 * the oldest on. OUTPOST_OUTAGE_READINGS: how many wait (86 million are a day at 1,000 a second).
 */
import { afterEach, expect, test } from 'vitest'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, type ReceivedRequest, startReceiver, status } from '../support/http-receiver.ts'
import { PublishStorm, type SentReading } from '../support/publish-storm.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, storeSink, tagDevice } from '../support/tag-station.ts'

const READINGS = Number(process.env.OUTPOST_OUTAGE_READINGS ?? 30_000)
/** Lines in one request. */
const BATCH = 2000
/** What has waited so long counts as late. */
const LATE_MS = 10_000
const WITHIN = { timeout: 60_000 + READINGS / 10, interval: 100 }
/** It says itself when to come again, so that the test need not wait for long pauses. */
const AWAY = status(503, { 'retry-after': '1' })
const TAGS = ['tag-0', 'tag-1', 'tag-2', 'tag-3']
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function startAll(): Promise<{ store: HttpReceiver; dispatch: HttpReceiver; gateway: GatewayProcess }> {
  const store = await startReceiver(AWAY)
  const dispatch = await startReceiver(AWAY)
  const gateway = await GatewayProcess.create({
    devices: [...TAGS, 'fresh'].map((id) => tagDevice(id, { rules: { removed: { onDelay: '0s' } } })),
    storage: { maxReadings: Math.max(1_000_000, READINGS * 2) },
    sinks: [storeSink(store.url, { sends: ['readings'] }), dispatchSink(dispatch.url)],
    environment: DISPATCH_ENVIRONMENT,
  })
  ends.push(
    () => store.close(),
    () => dispatch.close(),
    () => gateway.remove(),
  )
  await gateway.start()
  return { store, dispatch, gateway }
}

const lineOf = ({ device, time }: SentReading): RegExp =>
  new RegExp(`^reading,[^ ]*device=${device},[^ ]*point=pressure[^ ]* .* ${time}000000$`, 'm')
const isBacklog = ({ body }: ReceivedRequest): boolean => body.includes(' backlog=T')

test('a day without receivers, then alarms, then what is fresh, then the backlog at its own times', {
  timeout: 120_000 + READINGS,
}, async () => {
  const { store, dispatch, gateway } = await startAll()
  const began = Date.now()
  const storm = await PublishStorm.start(`mqtt://127.0.0.1:${gateway.mqttPort}`, { devices: TAGS })
  await storm.until(READINGS)
  storm.stop()
  await expect.poll(() => Date.now() - began, WITHIN).toBeGreaterThan(LATE_MS * 1.2)

  // Both come back while the fire burns: the store so slowly that one can see in which order it hears.
  const held: (() => void)[] = []
  const client = await gateway.connect('fresh')
  ends.push(() => client.endAsync(true))
  const say = (message: object) =>
    client.publishAsync('outpost/extinguisher/fresh', JSON.stringify(message), { qos: 1 })
  dispatch.answer = status(204)
  store.answer = (_, response) => held.push(() => response.writeHead(204).end())
  const taken: ReceivedRequest[] = []
  const takeNext = async () => {
    await expect.poll(() => held.length, WITHIN).toBeGreaterThan(0)
    taken.push(store.requests.at(-1) as ReceivedRequest)
    held.shift()?.()
  }
  await takeNext()
  await takeNext()
  const fresh = { device: 'fresh', time: Date.now(), pressure: 1234 }
  await say({ pressure: fresh.pressure, time: fresh.time, present: false })
  const told = () => dispatch.requests.some(({ body }) => body.includes('"id":"fresh.removed"'))
  await expect.poll(told, WITHIN).toBe(true)

  for (let i = 0; i < 8 && !taken.some(({ body }) => lineOf(fresh).test(body)); i++) await takeNext()
  const atFresh = taken.length
  expect(taken.at(-1)?.body).toMatch(lineOf(fresh))
  expect(
    taken
      .at(-1)
      ?.body.split('\n')
      .find((line) => lineOf(fresh).test(line)),
  ).not.toContain('backlog')

  store.answer = status(204)
  for (const answer of held.splice(0)) answer()
  const times = new Set<string>()
  const read = () => {
    for (const { body } of store.requests) {
      for (const [, device, time] of body.matchAll(/device=([^,]+),[^ ]*point=pressure[^ ]* .* (\d+)000000$/gm))
        times.add(`${device} ${time}`)
    }
    return storm.acknowledged.filter(({ device, time }) => !times.has(`${device} ${time}`)).length
  }
  await expect.poll(read, { ...WITHIN, interval: 1000 }).toBe(0)
  const later = store.requests.slice(store.requests.indexOf(taken[atFresh - 1] as ReceivedRequest) + 1)
  // What was heard before the fresh one is part of the same backlog; how much, the pace of this machine says.
  const backlog = [...taken, ...later].filter(isBacklog)
  expect(backlog.length).toBeGreaterThan(READINGS / BATCH - 2)
  expect(later.some(isBacklog)).toBe(true)
  expect(gateway.logged('the backlog is through')).toBe(1)
})
