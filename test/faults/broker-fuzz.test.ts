/**
 * Packets that are malformed, truncated or out of place, made from good ones by a seeded generator that knows their
 * structure: the broker does not fall, keeps nothing of them, and a good client does not notice.
 *
 * OUTPOST_FUZZ_PACKETS and OUTPOST_FUZZ_SEED choose how many and which.
 */
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { PacketMutator } from '../support/packet-mutator.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { startBroker } from '../support/running-broker.ts'

const PACKETS = Number(process.env.OUTPOST_FUZZ_PACKETS ?? 20_000)
const SEED = Number(process.env.OUTPOST_FUZZ_SEED ?? 1)
/** Connections at a time, and packets of one connection: a bad one ends it, and then the next begins. */
const ATTACKERS = 16
const PACKETS_PER_CONNECTION = 8
const PING_EVERY = 250
/** Of so many packets a leak shows; below, what the engine itself learns is more. */
const LEAK_SHOWS_FROM = 200_000
const SAMPLES = 20
const MIB = 1024 * 1024
const LIMITS = { maxPacketsPerSecond: 1e9, maxBytesPerSecond: 1e12, connectTimeoutMs: 60_000, maxSessions: 200 }

/** What is still reachable. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

async function attack(port: number, packets: readonly Buffer[]): Promise<void> {
  const socket: Socket = connectSocket(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  const closed = once(socket, 'close')
  socket.end(Buffer.concat(packets))
  await closed
}

test(`${PACKETS} malformed packets (seed ${SEED}) cost the broker nothing, and good clients neither`, async () => {
  const good: string[] = []
  const {
    port,
    broker,
    messages: heard,
  } = await startBroker({
    limits: LIMITS,
    ingest({ topic, payload }) {
      if (topic === 'good/level') good.push(String(payload))
      return undefined
    },
  })
  const reader = await RawClient.connected(port, { clientId: 'good reader', clean: false })
  reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'good/level', qos: 1 }] })
  await reader.next()
  const device = await RawClient.connected(port, { clientId: 'good device' })
  const mutator = new PacketMutator(SEED)
  let left = PACKETS
  let said = 0

  /** One message through the broker and back: it is acknowledged, and comes to its subscriber once and in order. */
  const talk = async (): Promise<void> => {
    const text = String(++said)
    device.publish('good/level', text, { qos: 1, id: (said % 65_535) + 1 })
    expect(await device.next()).toMatchObject({ cmd: 'puback', messageId: (said % 65_535) + 1 })
    const message = await reader.next()
    expect(message).toMatchObject({ cmd: 'publish', topic: 'good/level', payload: Buffer.from(text), dup: false })
    reader.send({ cmd: 'puback', messageId: message?.messageId ?? 0 })
  }

  const heapAt: number[] = []
  while (left > 0) {
    const round = Math.min(left, ATTACKERS * PACKETS_PER_CONNECTION)
    const attacks: Promise<void>[] = []
    for (let taken = 0; taken < round; taken += PACKETS_PER_CONNECTION) {
      attacks.push(attack(port, mutator.conversation(Math.min(PACKETS_PER_CONNECTION, round - taken))))
    }
    await Promise.all(attacks)
    left -= round
    if (left % PING_EVERY < round)
      await talk()
      // What the test itself remembers of what it heard would look like a leak.
    ;(heard as unknown[]).length = 0
    if (PACKETS - left >= ((heapAt.length + 1) * PACKETS) / SAMPLES) heapAt.push(heapInUse())
  }
  await talk()

  expect(good).toEqual(Array.from({ length: said }, (_, n) => String(n + 1)))
  // Only the good ones are left, and nothing of the others beyond the limits for what they were allowed to leave.
  await expect.poll(() => broker.stats(), { timeout: 20_000 }).toMatchObject({ clients: 2, connections: 2 })
  const { store, outbound, messages } = broker.stats()
  expect(messages.held).toBe(0)
  expect(outbound).toMatchObject({ slowSubscribers: 0, waitingBytes: 0 })
  expect(store.sessions).toBeLessThanOrEqual(LIMITS.maxSessions)
  if (PACKETS < LEAK_SHOWS_FROM) return
  const [early = 0, late = 0] = [heapAt[SAMPLES / 4 - 1], heapAt.at(-1)]
  console.log({ said, refused: broker.stats().refused, heapMiB: heapAt.map((bytes) => +(bytes / MIB).toFixed(1)) })
  expect(late - early).toBeLessThan(10 * MIB)
}, 3_600_000)
