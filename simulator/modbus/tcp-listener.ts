/** A station's TCP port: any number of masters, each with a connection of its own, or as many as the device can have. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Listener, ListenerOptions, StationConnection } from './listener.ts'

export interface TcpPlace {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** 4096 if absent. */
  readonly maxConnections?: number
  /** `close` if absent. */
  readonly whenFull?: WhenFull
}

/**
 * What a device does with one connection too many: nobody listens (`refuse`), it is accepted and closed (`close`), accepted
 * and never answered (`ignore`), or served in the place of the oldest one [Modbus messaging on TCP/IP 4.2.1.1].
 */
export type WhenFull = 'refuse' | 'close' | 'ignore' | 'close-oldest'

const MOST_CONNECTIONS = 4096
/** Masters that wait to be accepted; hundreds come at once when a gateway starts. */
const BACKLOG = 1024
/** The port may have been taken while nobody listened. */
const LISTEN_AGAIN_MS = 100

export class TcpListener implements Listener {
  readonly #place: TcpPlace
  readonly #options: ListenerOptions
  /** In the order in which they came. */
  readonly #served = new Map<Socket, StationConnection>()
  /** Open, and nobody listens to them. */
  readonly #ignored = new Set<Socket>()
  #port: number
  #accepted = 0
  #turnedAway = 0
  #isFrozen = false
  #server: Server | null = null
  #isWanted = false
  #again: NodeJS.Timeout | null = null
  #closed: Promise<unknown> = Promise.resolve()

  constructor(place: TcpPlace, options: ListenerOptions) {
    this.#place = place
    this.#port = place.port
    this.#options = options
  }

  get port(): number | null {
    return this.#port === 0 ? null : this.#port
  }

  get connections(): number {
    return this.#served.size
  }

  get accepted(): number {
    return this.#accepted
  }

  get turnedAway(): number {
    return this.#turnedAway
  }

  async start(): Promise<void> {
    if (this.#isWanted) return
    this.#isWanted = true
    try {
      await this.#listen()
    } catch (error) {
      this.#isWanted = false
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`cannot listen on ${this.#place.host}:${this.#port}: ${reason}`, { cause: error })
    }
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    if (this.#again !== null) clearTimeout(this.#again)
    this.#again = null
    this.#listenNoMore()
    this.dropConnections()
    await this.#closed
  }

  dropConnections(): void {
    for (const socket of [...this.#served.keys(), ...this.#ignored]) socket.destroy()
  }

  setFrozen(isFrozen: boolean): void {
    if (isFrozen === this.#isFrozen) return
    this.#isFrozen = isFrozen
    for (const connection of this.#served.values()) connection.setFrozen(isFrozen)
  }

  abandonConnections(): void {
    for (const [socket, connection] of this.#served) {
      connection.close()
      this.#ignored.add(socket)
    }
    this.#served.clear()
  }

  async #listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
    this.#server = server
    try {
      server.listen({ port: this.#port, host: this.#place.host, backlog: BACKLOG })
      await once(server, 'listening')
    } catch (error) {
      this.#server = null
      throw error
    }
    server.on('error', () => {})
    this.#closed = Promise.all([this.#closed, once(server, 'close')])
    const address = server.address()
    // A free port is chosen once: masters that knew it find the station there again after a stop.
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  /** Connections that are open stay. */
  #listenNoMore(): void {
    this.#server?.close()
    this.#server = null
  }

  #listenAgain(): void {
    if (!this.#isWanted || this.#server !== null || this.#served.size >= this.#most) return
    this.#listen().catch(() => {
      if (this.#isWanted) this.#again = setTimeout(() => this.#listenAgain(), LISTEN_AGAIN_MS)
    })
  }

  get #most(): number {
    return this.#place.maxConnections ?? MOST_CONNECTIONS
  }

  #accept(socket: Socket): void {
    if (this.#served.size >= this.#most && this.#place.whenFull === 'close-oldest') this.#closeOldest()
    if (this.#served.size < this.#most) this.#serve(socket)
    else this.#turnAway(socket)
    if (this.#place.whenFull === 'refuse' && this.#served.size >= this.#most) this.#listenNoMore()
  }

  #closeOldest(): void {
    const [oldest] = this.#served.keys()
    if (oldest === undefined) return
    this.#served.delete(oldest)
    oldest.destroy()
  }

  #turnAway(socket: Socket): void {
    // Without an end to the reading its FIN is never seen.
    socket.on('error', () => {}).resume()
    this.#turnedAway++
    this.#ignored.add(socket)
    socket.once('close', () => this.#ignored.delete(socket))
    // One that stood in the queue when nobody listened any more.
    if (this.#place.whenFull === 'refuse') socket.resetAndDestroy()
    else if (this.#place.whenFull !== 'ignore') socket.destroySoon()
  }

  #serve(socket: Socket): void {
    const connection = this.#options.connect(socket, () => {
      connection.close()
      // The answers that were written before still go out.
      socket.destroySoon()
    })
    this.#accepted++
    this.#served.set(socket, connection)
    socket.once('close', () => {
      this.#served.delete(socket)
      this.#ignored.delete(socket)
      this.#listenAgain()
    })
    connection.start()
    if (this.#isFrozen) connection.setFrozen(true)
  }
}
