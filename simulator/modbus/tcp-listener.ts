/** A station's TCP port: any number of masters, each with a connection and a framing of its own. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Listener, ListenerOptions } from './listener.ts'

export interface TcpPlace {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

const MOST_CONNECTIONS = 4096

export class TcpListener implements Listener {
  readonly #host: string
  readonly #options: ListenerOptions
  readonly #sockets = new Set<Socket>()
  #port: number
  #accepted = 0
  #server: Server | null = null
  #closed: Promise<unknown> = Promise.resolve()

  constructor({ host, port }: TcpPlace, options: ListenerOptions) {
    this.#host = host
    this.#port = port
    this.#options = options
  }

  get port(): number | null {
    return this.#port === 0 ? null : this.#port
  }

  get connections(): number {
    return this.#sockets.size
  }

  get accepted(): number {
    return this.#accepted
  }

  async start(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    server.maxConnections = MOST_CONNECTIONS
    this.#server = server
    try {
      server.listen(this.#port, this.#host)
      await once(server, 'listening')
    } catch (error) {
      this.#server = null
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`cannot listen on ${this.#host}:${this.#port}: ${reason}`, { cause: error })
    }
    server.on('error', () => {})
    const address = server.address()
    // A free port is chosen once: masters that knew it find the station there again after a stop.
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server !== null) {
      this.#closed = once(server, 'close')
      server.close()
      this.dropConnections()
    }
    await this.#closed
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    const connection = this.#options.connect(socket, () => {
      connection.close()
      // The answers that were written before still go out.
      socket.destroySoon()
    })
    this.#accepted++
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    connection.start()
  }
}
