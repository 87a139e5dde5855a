/**
 * A load of publishes that costs the sender next to nothing: packets are made once, acknowledgements are counted by their
 * bytes, so that the server is what gets measured. At QoS 0, where nothing comes back, the last publish of each window is sent
 * at QoS 1: it stands behind the others, so its PUBACK says that they were taken.
 */
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'

export interface LoadOptions {
  readonly port: number
  readonly username: string
  readonly password: string
  readonly connections: number
  /** 1 if absent. */
  readonly qos?: 0 | 1 | 2 | undefined
  /** Publishes of one connection that wait for their acknowledgement at the same time. */
  readonly window: number
  /** Publishes in all, over all connections. */
  readonly publishes: number
  /** Different messages of one connection, which come again and again; 64 if absent. */
  readonly distinct?: number
  readonly message: (connection: number, index: number) => { readonly topic: string; readonly payload: string }
}

export interface LoadResult {
  readonly perSecond: number
  readonly seconds: number
}

interface Publisher {
  readonly socket: Socket
  readonly run: (publishes: number) => Promise<void>
}

/** Connects, publishes everything, waits for every acknowledgement, disconnects. */
export async function runMqttLoad(options: LoadOptions): Promise<LoadResult> {
  const publishers = await Promise.all(
    Array.from({ length: options.connections }, (_, connection) => openPublisher(connection, options)),
  )
  const share = Math.ceil(options.publishes / options.connections)
  const started = performance.now()
  await Promise.all(publishers.map((publisher) => publisher.run(share)))
  const seconds = (performance.now() - started) / 1000
  for (const { socket } of publishers) socket.destroy()
  return { perSecond: (share * options.connections) / seconds, seconds }
}

/** Per connection; the packet identifier is written into a copy at each send. */
const DISTINCT = 64

async function openPublisher(connection: number, options: LoadOptions): Promise<Publisher> {
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>()
  // For as long as it lives: what a server that goes away says to it later is told by 'close'.
  socket.on('error', reject)
  socket.once('close', () => reject(new Error('closed before CONNACK')))
  socket.once('data', (bytes) => (bytes[3] === 0 ? resolve() : reject(new Error(`CONNACK return code ${bytes[3]}`))))
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: `load-${connection}`,
      clean: true,
      keepalive: 0,
      username: options.username,
      password: Buffer.from(options.password),
    }),
  )
  await connected
  const qos = options.qos ?? 1
  const prepared = Array.from({ length: options.distinct ?? DISTINCT }, (_, index) => {
    const { topic, payload } = options.message(connection, index)
    const identified = (level: 0 | 1 | 2): Prepared => {
      const packet = generate({
        ...{ cmd: 'publish', qos: level, dup: false, retain: false, topic, payload },
        ...(level > 0 && { messageId: 1 }),
      })
      return { packet, identifierAt: level === 0 ? null : packet.indexOf(topic) + topic.length }
    }
    return { publish: identified(qos), fence: identified(qos === 0 ? 1 : qos) }
  })
  return { socket, run: (publishes) => publishAll(socket, { publishes, window: options.window, qos, prepared }) }
}

interface Prepared {
  readonly packet: Buffer
  /** Null where the packet has no identifier. */
  readonly identifierAt: number | null
}

interface Publishes {
  readonly publishes: number
  readonly window: number
  readonly qos: 0 | 1 | 2
  readonly prepared: readonly { readonly publish: Prepared; readonly fence: Prepared }[]
}

function publishAll(socket: Socket, load: Publishes): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  /** At QoS 0 one PUBACK stands for a whole window. */
  const covered = load.qos === 0 ? load.window : 1
  let sent = 0
  let acknowledged = 0
  const send = (count: number): void => {
    const packets: Buffer[] = []
    for (let i = 0; i < count && sent < load.publishes; i++) {
      const { publish, fence } = load.prepared[sent % load.prepared.length] as Publishes['prepared'][number]
      const isLast = (sent + 1) % covered === 0 || sent + 1 === load.publishes
      const { packet, identifierAt } = isLast ? fence : publish
      const copy = Buffer.from(packet)
      if (identifierAt !== null) copy.writeUInt16BE((sent % 65_535) + 1, identifierAt)
      packets.push(copy)
      sent++
    }
    if (packets.length > 0) socket.write(Buffer.concat(packets))
  }
  const completed = load.qos === 2 ? completionsOf(socket) : countOf
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    // Only packets of four bytes come back; a cut one is completed by the next chunk.
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
    const whole = pending.length - (pending.length % ACKNOWLEDGEMENT_BYTES)
    const acks = completed(pending.subarray(0, whole)) * covered
    pending = pending.subarray(whole)
    acknowledged += acks
    if (acknowledged >= load.publishes) resolve()
    else send(acks)
  })
  socket.once('close', () => reject(new Error(`closed after ${acknowledged} of ${load.publishes} acknowledgements`)))
  send(load.window)
  return promise
}

const ACKNOWLEDGEMENT_BYTES = 4
const PUBREC = 0x50

function countOf(packets: Buffer): number {
  return packets.length / ACKNOWLEDGEMENT_BYTES
}

/** Answers each PUBREC with its PUBREL, and counts what is complete. */
function completionsOf(socket: Socket): (packets: Buffer) => number {
  return (packets) => {
    const releases: number[] = []
    for (let at = 0; at < packets.length; at += ACKNOWLEDGEMENT_BYTES) {
      if (packets[at] === PUBREC) releases.push(0x62, 2, packets[at + 2] as number, packets[at + 3] as number)
    }
    if (releases.length > 0) socket.write(Buffer.from(releases))
    return (packets.length - releases.length) / ACKNOWLEDGEMENT_BYTES
  }
}
