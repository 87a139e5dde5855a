/**
 * The broker is killed again and again in the middle of QoS 1 and QoS 2 handshakes, on both sides of it. Publishers and
 * subscribers are MQTT.js, which keeps its side of a session over any number of connections.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import mqtt, { type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { storePath } from '../support/running-broker.ts'
import { freePort } from '../support/server-process.ts'

const SCRIPT = new URL('./broker-child.ts', import.meta.url).pathname
const ROUNDS = 5
const MESSAGES_PER_ROUND = 50

class KilledBroker {
  readonly #path: string
  readonly port: number
  #child: ChildProcess | null = null

  constructor(path: string, port: number) {
    this.#path = path
    this.port = port
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [SCRIPT, this.#path, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  connect(clientId: string): MqttClient {
    const url = `mqtt://127.0.0.1:${this.port}`
    const client = mqtt.connect(url, { clientId, clean: false, reconnectPeriod: 20, protocolVersion: 4 })
    client.on('error', () => {})
    onTestFinished(() => void client.end(true))
    return client
  }
}

function received(client: MqttClient): string[] {
  const texts: string[] = []
  client.on('message', (_, payload) => texts.push(payload.toString()))
  return texts
}

const counts = (texts: readonly string[]) => Map.groupBy(texts, (text) => text)
const repeated = (texts: readonly string[]) => [...counts(texts)].filter(([, all]) => all.length > 1)
const missing = (texts: readonly string[], sent: readonly string[]) => sent.filter((text) => !texts.includes(text))
const without = (texts: readonly string[]) => [...new Set(texts)]

test(`QoS 2 stays exactly once and QoS 1 at least once over ${ROUNDS} kills`, { timeout: 120_000 }, async () => {
  const broker = new KilledBroker(storePath(), await freePort())
  onTestFinished(() => broker.kill())
  await broker.start()
  for (const [clientId, qos] of [
    ['absent once', 2],
    ['absent at least once', 1],
  ] as const) {
    const client = broker.connect(clientId)
    await client.subscribeAsync('site/#', { qos })
    await client.endAsync()
  }
  const online = broker.connect('online once')
  const live = received(online)
  await online.subscribeAsync('site/#', { qos: 2 })
  const publisher = broker.connect('publisher')
  const sent: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    let acknowledged = 0
    const enough = Promise.withResolvers<void>()
    const published = Array.from({ length: MESSAGES_PER_ROUND }, async (_, n) => {
      const text = `${round}.${n}`
      sent.push(text)
      await publisher.publishAsync('site/level', text, { qos: 2 })
      if (++acknowledged === 3 + round * 7) enough.resolve()
    })
    await enough.promise
    await broker.kill()
    await broker.start()
    await Promise.all(published)
  }
  await expect.poll(() => missing(live, sent), { timeout: 20_000 }).toEqual([])
  expect(repeated(live)).toEqual([])
  const [once, atLeastOnce] = ['absent once', 'absent at least once'].map((id) => broker.connect(id))
  const [late, later] = [once, atLeastOnce].map((client) => received(client as MqttClient)) as [string[], string[]]
  await expect.poll(() => [missing(late, sent), missing(later, sent)], { timeout: 20_000 }).toEqual([[], []])
  expect(repeated(late)).toEqual([])
  // In the order in which they were sent [MQTT-4.6.0-6].
  expect(late).toEqual(sent)
  expect(without(later)).toEqual(sent)
})
