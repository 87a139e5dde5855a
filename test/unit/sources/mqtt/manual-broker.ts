/** A broker that does exactly what a test tells it, on a port that stays the same while it comes and goes. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { onTestFinished } from 'vitest'

/** One connection of the client under test. */
export class Connection {
  readonly #socket: Socket
  readonly #packets: Packet[] = []
  readonly #waiting: ((packet: Packet | null) => void)[] = []
  readonly closed: Promise<void>
  #ended = false

  constructor(socket: Socket) {
    this.#socket = socket
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    parser.on('packet', (packet) => {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#packets.push(packet)
      else waiting(packet)
    })
    socket.on('data', (chunk) => parser.parse(chunk))
    socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#ended = true
        for (const waiting of this.#waiting.splice(0)) waiting(null)
        resolve()
      }),
    )
  }

  /** The next packet of the client; null when it closed the connection instead. */
  next(): Promise<Packet | null> {
    const packet = this.#packets.shift()
    if (packet !== undefined) return Promise.resolve(packet)
    return this.#ended ? Promise.resolve(null) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  send(...packets: readonly Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))))
  }

  publish(
    topic: string,
    options: { id?: number; qos?: 0 | 1 | 2; retain?: boolean; payload?: string | Buffer } = {},
  ): void {
    this.send(publishPacket(topic, options))
  }

  /** Answers CONNECT and the SUBSCRIBE that follows; returns both. */
  async accept(options: { sessionPresent?: boolean; granted?: number } = {}): Promise<readonly (Packet | null)[]> {
    const connect = await this.next()
    this.send({ cmd: 'connack', returnCode: 0, sessionPresent: options.sessionPresent ?? false })
    const subscribe = await this.next()
    this.grant(subscribe, options.granted)
    return [connect, subscribe]
  }

  grant(packet: Packet | null, code = 1): void {
    if (packet?.cmd !== 'subscribe' || packet.messageId === undefined) throw new Error(`no SUBSCRIBE: ${packet?.cmd}`)
    this.send({ cmd: 'suback', messageId: packet.messageId, granted: packet.subscriptions.map(() => code) })
  }

  bytes(...bytes: readonly number[]): void {
    this.#socket.write(Uint8Array.from(bytes))
  }

  cut(): void {
    this.#socket.destroy()
  }
}

export function publishPacket(
  topic: string,
  options: { id?: number; qos?: 0 | 1 | 2; retain?: boolean; payload?: string | Buffer } = {},
): Packet {
  const { id = 1, qos = 1, retain = false, payload = '1' } = options
  return { cmd: 'publish', topic, payload, qos, retain, dup: false, ...(qos > 0 ? { messageId: id } : {}) }
}

export class ManualBroker {
  #server: Server
  readonly #connections: Connection[] = []
  readonly #waiting: ((connection: Connection) => void)[] = []
  #port = 0

  private constructor() {
    this.#server = this.#createServer()
  }

  static async open(): Promise<ManualBroker> {
    const broker = new ManualBroker()
    await broker.listen()
    onTestFinished(() => broker.close())
    return broker
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`
  }

  #createServer(): Server {
    return createServer((socket) => {
      const connection = new Connection(socket)
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#connections.push(connection)
      else waiting(connection)
    })
  }

  async listen(): Promise<void> {
    this.#server = this.#createServer()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address !== 'string') this.#port = address.port
  }

  /** Takes no more connections; those that are open stay. */
  close(): void {
    this.#server.close()
  }

  connection(): Promise<Connection> {
    const connection = this.#connections.shift()
    if (connection !== undefined) return Promise.resolve(connection)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
