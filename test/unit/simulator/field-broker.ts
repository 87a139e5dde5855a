/** A real broker (aedes) that remembers what devices published, and can be slow to acknowledge, strict, or gone. */
import { EventEmitter, on, once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'

export interface ReceivedMessage {
  readonly client: string
  readonly topic: string
  readonly qos: number
  readonly payload: Uint8Array
  readonly json: Record<string, unknown>
}

export class FieldBroker {
  readonly messages: ReceivedMessage[] = []
  /** While true, no PUBACK goes out. */
  holdsAcknowledgements = false
  /** Ever granted. */
  subscriptions = 0
  readonly #password: string | null
  readonly #news = new EventEmitter()
  readonly #sockets = new Set<Socket>()
  #held: (() => void)[] = []
  #aedes: Aedes | null = null
  #server: Server | null = null
  #port = 0

  constructor({ password = null }: { readonly password?: string | null } = {}) {
    this.#password = password
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`
  }

  /** After a stop: on the same port, knowing nothing of the sessions before. */
  async start(): Promise<void> {
    const aedes = await Aedes.createBroker({
      authenticate: (_client, _username, password, done) => {
        done(null, this.#password === null || password?.toString() === this.#password)
      },
      authorizeSubscribe: (_client, subscription, done) => {
        this.subscriptions++
        done(null, subscription)
      },
      authorizePublish: (client, packet, done) => {
        this.#remember(client?.id ?? '', packet)
        if (this.holdsAcknowledgements) this.#held.push(() => done(null))
        else done(null)
      },
    })
    const server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      aedes.handle(socket)
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
    this.#aedes = aedes
    this.#server = server
  }

  async stop(): Promise<void> {
    const [aedes, server] = [this.#aedes, this.#server]
    this.#aedes = null
    this.#server = null
    if (aedes === null || server === null) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await new Promise<void>((resolve) => aedes.close(() => resolve()))
  }

  acknowledgeAll(): void {
    this.holdsAcknowledgements = false
    for (const acknowledge of this.#held.splice(0)) acknowledge()
  }

  /** Resolves when so many messages have come since the start. */
  async received(count: number): Promise<readonly ReceivedMessage[]> {
    if (this.messages.length >= count) return this.messages
    for await (const _ of on(this.#news, 'message')) if (this.messages.length >= count) break
    return this.messages
  }

  #remember(client: string, { topic, qos, payload }: { topic: string; qos: number; payload: Buffer | string }): void {
    const bytes = Buffer.from(payload)
    this.messages.push({ client, topic, qos, payload: bytes, json: JSON.parse(bytes.toString()) })
    this.#news.emit('message')
  }
}
