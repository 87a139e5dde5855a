/** What the tests of statements have in common: clients that say exactly what they are told, down to the bytes. */
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'
import { expect } from 'vitest'
import { RawClient } from '../../../support/raw-mqtt-client.ts'

/** A packet from its first byte and its body; the remaining length is computed, below 16384. */
export function packet(first: number, ...body: readonly (number | Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([first, ...length]), bytes])
}

/** A text or bytes with their length before them [MQTT 1.5.3]. */
export function field(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export const id = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff])

/** The bytes of a CONNECT packet. */
export function connectBytes(
  parts: {
    name?: string
    level?: number
    flags?: number
    keepAlive?: number
    payload?: readonly (string | Uint8Array)[]
  } = {},
): Buffer {
  const { name = 'MQTT', level = 4, flags = 0x02, keepAlive = 0, payload = ['raw'] } = parts
  return packet(0x10, field(name), level, flags, id(keepAlive), ...payload.map((part) => field(part)))
}

export async function opened(port: number, bytes: Uint8Array): Promise<RawClient> {
  const client = await RawClient.open(port)
  client.bytes(bytes)
  return client
}

/** The broker closes the connection and says nothing more. */
export async function expectClosed(client: RawClient): Promise<void> {
  expect(await client.next()).toBeNull()
}

/** It is closed as soon as it has said this after CONNECT. */
export async function expectRefused(port: number, bytes: Uint8Array): Promise<void> {
  const client = await RawClient.connected(port)
  client.bytes(bytes)
  await expectClosed(client)
}

export async function subscribed(
  port: number,
  filters: readonly (string | readonly [string, 0 | 1 | 2])[],
  options: Partial<IConnectPacket> = {},
): Promise<RawClient> {
  const client = await RawClient.connected(port, { clientId: 'reader', ...options })
  const subscriptions = filters.map((filter) =>
    typeof filter === 'string' ? { topic: filter, qos: 2 as const } : { topic: filter[0], qos: filter[1] },
  )
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  expect(await client.next()).toMatchObject({ cmd: 'suback', granted: subscriptions.map(({ qos }) => qos) })
  return client
}

/** All that has come when the broker has answered a ping. */
export async function received(client: RawClient): Promise<readonly Packet[]> {
  client.send({ cmd: 'pingreq' })
  const packets: Packet[] = []
  for (let next = await client.next(); next?.cmd !== 'pingresp'; next = await client.next()) {
    if (next === null) throw new Error(`the connection ended after ${JSON.stringify(packets)}`)
    packets.push(next)
  }
  return packets
}

/** So many packets, as they come. */
export async function taken(client: RawClient, count: number): Promise<readonly Packet[]> {
  const packets: Packet[] = []
  while (packets.length < count) {
    const next = await client.next()
    if (next === null) throw new Error(`the connection ended after ${JSON.stringify(packets)}`)
    packets.push(next)
  }
  return packets
}

export interface Said {
  readonly topic?: string
  readonly payload?: string
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
}

/** Publishes from a client of its own, and is sure that the broker has done with it. */
export async function say(port: number, ...messages: readonly Said[]): Promise<void> {
  const client = await RawClient.connected(port, { clientId: 'speaker' })
  for (const [index, { topic = 'a/b', payload = 'x', qos = 0, retain = false }] of messages.entries()) {
    client.publish(topic, payload, { qos, retain, id: index + 1 })
    if (qos === 0) continue
    const answer = await client.next()
    expect(answer).toMatchObject({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId: index + 1 })
    if (qos === 1) continue
    client.send({ cmd: 'pubrel', messageId: index + 1 })
    expect(await client.next()).toMatchObject({ cmd: 'pubcomp', messageId: index + 1 })
  }
  await received(client)
  client.send({ cmd: 'disconnect' })
  await client.closed
}

export const bytesOf = (packet: Packet): Buffer => mqttPacket.generate(packet)
