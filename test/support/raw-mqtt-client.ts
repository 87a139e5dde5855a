/** An MQTT client that sends exactly what it is told and sees every packet that comes back, in order. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'

export class RawClient {
  readonly #socket: Socket
  readonly #packets: Packet[] = []
  readonly #waiting: ((packet: Packet | null) => void)[] = []
  /** Resolves when the connection has ended, from whichever side. */
  readonly closed: Promise<void>
  #ended = false

  private constructor(socket: Socket) {
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

  /** `from`: another loopback address than 127.0.0.1. */
  static async open(port: number, from = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Opens and connects; fails when the broker does not accept. */
  static async connected(port: number, options: Partial<IConnectPacket> = {}, from?: string): Promise<RawClient> {
    const client = await RawClient.open(port, from)
    const connack = await client.connect(options)
    if (connack?.cmd !== 'connack' || connack.returnCode !== 0) throw new Error(`refused: ${JSON.stringify(connack)}`)
    return client
  }

  connect(options: Partial<IConnectPacket> = {}): Promise<Packet | null> {
    const plain = { protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId: 'raw' } as const
    this.send({ cmd: 'connect', ...plain, ...options })
    return this.next()
  }

  send(packet: Packet): void {
    this.bytes(mqttPacket.generate(packet))
  }

  bytes(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  publish(
    topic: string,
    payload: string | Buffer,
    options: { qos?: 0 | 1 | 2; id?: number; retain?: boolean; dup?: boolean } = {},
  ): void {
    const { qos = 1, id = 1, retain = false, dup = false } = options
    this.send({ cmd: 'publish', topic, payload, qos, retain, dup, ...(qos > 0 ? { messageId: id } : {}) })
  }

  /** The next packet from the broker; null when the connection ended instead. */
  next(): Promise<Packet | null> {
    const packet = this.#packets.shift()
    if (packet !== undefined) return Promise.resolve(packet)
    if (this.#ended) return Promise.resolve(null)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Reads nothing more, as a subscriber that hangs. */
  freeze(): void {
    this.#socket.pause()
  }

  thaw(): void {
    this.#socket.resume()
  }

  /** Goes without DISCONNECT, as a device that loses its power. */
  async vanish(): Promise<void> {
    this.#socket.destroy()
    await this.closed
  }
}
