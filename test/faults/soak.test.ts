/**
 * Hours of traffic as fast as it goes: memory, open files and the journal stay as large as they were, and health says what is.
 * OUTPOST_SOAK_READINGS: how many (14,400,000 are four hours at 1,000 a second).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver, status } from '../support/http-receiver.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, storeSink, tagDevice } from '../support/tag-station.ts'

const READINGS = Number(process.env.OUTPOST_SOAK_READINGS ?? 40_000)
const TAGS = Array.from({ length: 8 }, (_, index) => `tag-${index}`)
const WINDOW = 50
const LOOKS = 10
/** One reading in so many takes the extinguisher away or puts it back. */
const PRESENCE_EVERY = 200
const MB = 1024 * 1024
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Look {
  readonly residentMb: number
  readonly handles: number
  readonly journalMb: number
  readonly health: string
}

async function look(gateway: GatewayProcess): Promise<Look> {
  const { pid, folder } = gateway
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return {
    residentMb: Number(resident) / 1024,
    handles: readdirSync(`/proc/${pid}/fd`).length,
    journalMb: statSync(join(folder, 'data/readings.sqlite')).size / MB,
    health: (await gateway.get<{ status: string }>('/api/health')).status,
  }
}

/** Publishes so many more, spread over all clients, each with its window full; resolves when all are acknowledged. */
async function publish(clients: readonly MqttClient[], count: number): Promise<void> {
  let left = count
  const one = async (client: MqttClient, tag: string): Promise<void> => {
    while (left > 0) {
      const number = left--
      const present = Math.floor(number / PRESENCE_EVERY) % 2 === 0
      const message = JSON.stringify({
        pressure: 1100 + (number % 300),
        ...(number % PRESENCE_EVERY === 0 && { present }),
      })
      await client.publishAsync(`outpost/extinguisher/${tag}`, message, { qos: 1 })
    }
  }
  await Promise.all(
    clients.flatMap((client, index) => Array.from({ length: WINDOW }, () => one(client, TAGS[index] ?? ''))),
  )
}

test(`${READINGS} readings leave nothing behind`, { timeout: 120_000 + READINGS }, async () => {
  const store = await startReceiver(status(204))
  const dispatch = await startReceiver(status(204))
  const gateway = await GatewayProcess.create({
    devices: TAGS.map((id) => tagDevice(id, { rules: { removed: { onDelay: '0s', offDelay: '0s' } } })),
    sinks: [storeSink(store.url), dispatchSink(dispatch.url)],
    environment: DISPATCH_ENVIRONMENT,
  })
  ends.push(
    () => store.close(),
    () => dispatch.close(),
    () => gateway.remove(),
  )
  await gateway.start()
  const clients = await Promise.all(TAGS.map((tag) => gateway.connect(tag)))
  ends.push(() => Promise.all(clients.map((client) => client.endAsync(true))))

  const looks: Look[] = []
  for (let i = 0; i < LOOKS; i++) {
    await publish(clients, READINGS / LOOKS)
    looks.push(await look(gateway))
    // The test must not be what grows.
    ;(store.requests as unknown[]).length = 0
    ;(dispatch.requests as unknown[]).length = 0
  }
  const early = looks.slice(2, LOOKS / 2)
  const late = looks.slice(LOOKS / 2)
  const most = (of: readonly Look[], key: 'residentMb' | 'handles' | 'journalMb') =>
    Math.max(...of.map((one) => one[key]))
  expect(looks.map(({ health }) => health)).toEqual(looks.map(() => 'ok'))
  expect(most(late, 'residentMb')).toBeLessThan(most(early, 'residentMb') * 1.1 + 30)
  expect(most(late, 'handles')).toBeLessThanOrEqual(most(early, 'handles') + 2)
  expect(most(late, 'journalMb')).toBeLessThan(most(early, 'journalMb') * 1.5 + 5)
  expect(await gateway.metricSum('outpost_readings_discarded_total')).toBe(0)
})
