/** The broker's TCP servers and the connections they have open. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { ListenerAddress } from './access.ts'

/** A peer that vanished without a FIN is noticed after this silence even when its client asked for no keep alive. */
const TCP_KEEP_ALIVE_MS = 60_000

export class Listeners {
  readonly #accept: (socket: Socket) => void
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()

  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept
  }

  get connections(): number {
    return this.#sockets.size
  }

  addresses(): readonly ListenerAddress[] {
    return this.#servers.flatMap((server) => {
      const address = server.address()
      return address === null || typeof address === 'string' ? [] : [{ host: address.address, port: address.port }]
    })
  }

  /** Rejects with the address and the way out when it cannot be had. */
  async open({ host, port }: ListenerAddress): Promise<ListenerAddress> {
    // Acknowledgements are small and awaited: they must not wait for Nagle's algorithm.
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS })
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      this.#accept(socket)
    })
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error))
      throw new Error(`broker listener ${host}:${port}: ${cause.message}; free the port or set another`, { cause })
    }
    this.#servers.push(server)
    const address = server.address()
    return address === null || typeof address === 'string'
      ? { host, port }
      : { host: address.address, port: address.port }
  }

  /** No new connections from now on. */
  close(): void {
    for (const server of this.#servers.splice(0)) server.close()
  }

  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
