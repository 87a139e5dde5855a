/**
 * A load of QoS 1 publishes that costs the sender next to nothing: packets are made once, acknowledgements are counted
 * by their bytes, so that the server is what gets measured.
 */
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'

export interface LoadOptions {
  readonly port: number
  readonly username: string
  readonly password: string
  readonly connections: number
  /** Publishes of one connection that wait for their PUBACK at the same time. */
  readonly window: number
  /** Publishes in all, over all connections. */
  readonly publishes: number
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

/** Connects, publishes everything, waits for every PUBACK, disconnects. */
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

/** Distinct payloads per connection; the packet identifier is written into a copy at each send. */
const PREPARED = 64

async function openPublisher(connection: number, options: LoadOptions): Promise<Publisher> {
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>()
  socket.once('error', reject)
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
  const prepared = Array.from({ length: PREPARED }, (_, index) => {
    const { topic, payload } = options.message(connection, index)
    const packet = generate({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId: 1, topic, payload })
    return { packet, identifierAt: packet.indexOf(topic) + topic.length }
  })
  return { socket, run: (publishes) => publishAll(socket, { publishes, window: options.window, prepared }) }
}

function publishAll(
  socket: Socket,
  load: {
    readonly publishes: number
    readonly window: number
    readonly prepared: readonly { readonly packet: Buffer; readonly identifierAt: number }[]
  },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let sent = 0
  let acknowledged = 0
  let pendingBytes = 0
  const send = (count: number): void => {
    const packets: Buffer[] = []
    for (let i = 0; i < count && sent < load.publishes; i++) {
      const { packet, identifierAt } = load.prepared[sent % PREPARED] as (typeof load.prepared)[number]
      const copy = Buffer.from(packet)
      copy.writeUInt16BE((sent % 65_535) + 1, identifierAt)
      packets.push(copy)
      sent++
    }
    if (packets.length > 0) socket.write(Buffer.concat(packets))
  }
  socket.on('data', (bytes) => {
    // Only PUBACKs come back, four bytes each; a cut one is completed by the next chunk.
    pendingBytes += bytes.length
    const acks = Math.floor(pendingBytes / 4)
    pendingBytes -= acks * 4
    acknowledged += acks
    if (acknowledged >= load.publishes) resolve()
    else send(acks)
  })
  socket.once('close', () => reject(new Error(`closed after ${acknowledged} of ${load.publishes} acknowledgements`)))
  send(load.window)
  return promise
}
