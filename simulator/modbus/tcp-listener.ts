/** A station's TCP port: any number of masters, each with a conversation of its own. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Conversation, type ConversationOptions } from './conversation.ts'
import type { Framing } from './framing.ts'

export interface ListenerOptions {
  readonly createFraming: () => Framing
  readonly answer: ConversationOptions['answer']
}

const MAX_MASTERS = 64

export class TcpListener {
  readonly #host: string
  readonly #options: ListenerOptions
  readonly #sockets = new Set<Socket>()
  #port: number
  #server: Server | null = null

  constructor({ host, port }: { readonly host: string; readonly port: number }, options: ListenerOptions) {
    this.#host = host
    this.#port = port
    this.#options = options
  }

  get port(): number | null {
    return this.#port === 0 ? null : this.#port
  }

  async start(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    server.maxConnections = MAX_MASTERS
    this.#server = server
    server.listen(this.#port, this.#host)
    try {
      await once(server, 'listening')
    } catch (error) {
      this.#server = null
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`cannot listen on ${this.#host}:${this.#port}: ${reason}`, { cause: error })
    }
    const address = server.address()
    // A free port is chosen once: masters that knew it find the station there again after a stop.
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    const conversation = new Conversation(this.#options.createFraming(), {
      answer: this.#options.answer,
      send: (bytes) => {
        // A master that asks without reading its answers must not fill the memory.
        if (!socket.write(bytes)) socket.pause()
      },
    })
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk: Buffer) => {
      if (!conversation.take(chunk)) socket.destroy()
    })
    // A reset by the master is followed by 'close'; there is nothing more to do about it.
    socket.on('error', () => {})
    socket.on('close', () => {
      conversation.close()
      this.#sockets.delete(socket)
    })
  }
}
