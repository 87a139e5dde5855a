/** The broker's servers and the connections they have open, bounded in all and for each address. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, TLSSocket, type Server as TlsServer } from 'node:tls'
import type { ListenerOptions, TlsFiles } from './listener-options.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { clientCertificateOptions, clientNames, readTlsFiles } from './tls-context.ts'
import { createWebSocketServer } from './websocket-upgrade.ts'

/** A peer that vanished without a FIN is noticed after this silence even when its client asked for no keep alive. */
const TCP_KEEP_ALIVE_MS = 60_000
/** Acknowledgements are small and awaited: they must not wait for Nagle's algorithm. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS } as const

export interface Connection {
  /** Where MQTT packets come and go. */
  readonly stream: Duplex
  readonly address: string
  /** What the client's certificate proves; empty where it has none. */
  readonly certificateNames: readonly string[]
}

export interface ListenerSurroundings {
  readonly maxClients: number
  readonly maxConnectionsPerAddress: number
  readonly maxPacketBytes: number
  readonly connectTimeoutMs: number
  readonly accept: (connection: Connection) => void
  readonly refuse: (trouble: { address: string; reason: RefusalReason; detail: string }) => void
}

export interface OpenListener {
  readonly type: ListenerOptions['type']
  readonly host: string
  readonly port: number
}

interface OpenServer {
  readonly listener: ListenerOptions
  readonly server: Server
}

export class Listeners {
  readonly #surroundings: ListenerSurroundings
  readonly #servers: OpenServer[] = []
  readonly #sockets = new Set<Socket>()
  readonly #byAddress = new Map<string, number>()
  #bytesSent = 0

  constructor(surroundings: ListenerSurroundings) {
    this.#surroundings = surroundings
  }

  /** Since the start, over all connections. */
  get bytesSent(): number {
    let bytes = this.#bytesSent
    for (const socket of this.#sockets) bytes += socket.bytesWritten
    return bytes
  }

  get connections(): number {
    return this.#sockets.size
  }

  addresses(): readonly OpenListener[] {
    return this.#servers.flatMap(({ listener: { type }, server }) => {
      const address = server.address()
      return address === null || typeof address === 'string'
        ? []
        : [{ type, host: address.address, port: address.port }]
    })
  }

  /** Rejects with the address and the way out when it cannot be had, or a file of it cannot be used. */
  async open(listener: ListenerOptions): Promise<OpenListener> {
    try {
      const server = this.#createServer(listener)
      server.prependListener('connection', (socket) => this.#admit(socket))
      server.listen(listener.port, listener.host)
      await once(server, 'listening')
      // Later ones come from `accept`, as when the process has no file descriptor left; nobody listening would end it.
      server.on('error', ({ message }) =>
        this.#surroundings.refuse({ address: 'unknown', reason: 'accept-failed', detail: message }),
      )
      this.#servers.push({ listener, server })
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error))
      const advice = 'syscall' in cause && cause.syscall === 'listen' ? '; free the port or set another' : ''
      throw new Error(`broker listener ${listener.host}:${listener.port}: ${cause.message}${advice}`, { cause })
    }
    return this.addresses().at(-1) as OpenListener
  }

  /** New connections get the certificates that the files hold now. Gives what is wrong with those that stay as they were. */
  renewCertificates(): readonly string[] {
    return this.#servers.flatMap(({ listener, server }) => {
      if (!('setSecureContext' in server) || listener.type === 'tcp' || listener.tls === undefined) return []
      try {
        ;(server as TlsServer).setSecureContext(readTlsFiles(listener.tls))
        return []
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error)
        return [`broker listener ${listener.host}:${listener.port}: ${detail}`]
      }
    })
  }

  /** No new connections from now on. */
  close(): void {
    for (const { server } of this.#servers.splice(0)) server.close()
  }

  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #createServer(listener: ListenerOptions): Server {
    switch (listener.type) {
      case 'tcp':
        return createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket, { socket }))
      case 'tls': {
        const server = createTlsServer({ ...SOCKET_OPTIONS, ...this.#tlsOptions(listener.tls) })
        server.on('secureConnection', (socket) => this.#accept(socket, { socket, tls: listener.tls }))
        return this.#watchHandshakes(server)
      }
      case 'websocket': {
        const { maxPacketBytes, connectTimeoutMs } = this.#surroundings
        const { tls: files } = listener
        const tls = files === undefined ? null : this.#tlsOptions(files)
        const server = createWebSocketServer(listener, {
          ...{ tls, maxPacketBytes, connectTimeoutMs },
          accept: (stream, socket) => this.#accept(stream, { socket, tls: files }),
          refuse: (socket, detail) => this.#refuse(socket, { reason: 'websocket', detail }),
        })
        return this.#watchHandshakes(server)
      }
    }
  }

  #tlsOptions(files: TlsFiles) {
    const handshakeTimeout = this.#surroundings.connectTimeoutMs
    return { ...readTlsFiles(files), ...clientCertificateOptions(files), handshakeTimeout }
  }

  #watchHandshakes(server: Server): Server {
    return server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      // Without an address the connection is gone already: it was refused before, or the other side changed its mind.
      if (socket.remoteAddress !== undefined) this.#refuse(socket, { reason: 'tls', detail: error.message })
      // A handshake that takes too long is only told of.
      socket.destroy()
    })
  }

  /** Before anything is read from a new connection. */
  #admit(socket: Socket): void {
    const address = addressOf(socket)
    const { maxClients, maxConnectionsPerAddress } = this.#surroundings
    const ofAddress = this.#byAddress.get(address) ?? 0
    const full = this.#sockets.size >= maxClients
    this.#sockets.add(socket)
    this.#byAddress.set(address, ofAddress + 1)
    socket.once('close', () => this.#forget(socket, address))
    if (full) {
      this.#reject(socket, { reason: 'too-many-clients', detail: `at most ${maxClients} connections are allowed` })
    } else if (ofAddress >= maxConnectionsPerAddress) {
      const detail = `at most ${maxConnectionsPerAddress} connections of one address are allowed`
      this.#reject(socket, { reason: 'too-many-of-address', detail })
    }
  }

  #reject(socket: Socket, trouble: { readonly reason: RefusalReason; readonly detail: string }): void {
    this.#refuse(socket, trouble)
    socket.destroy()
  }

  #forget(socket: Socket, address: string): void {
    this.#sockets.delete(socket)
    this.#bytesSent += socket.bytesWritten
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
  }

  #accept(stream: Duplex, { socket, tls }: { readonly socket: Socket; readonly tls?: TlsFiles | undefined }): void {
    if (socket.destroyed) return
    try {
      const certificateNames = tls !== undefined && socket instanceof TLSSocket ? clientNames(socket, tls) : []
      this.#surroundings.accept({ stream, address: addressOf(socket), certificateNames })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#reject(socket, { reason: error.reason, detail: error.message })
    }
  }

  #refuse(socket: Socket, trouble: { readonly reason: RefusalReason; readonly detail: string }): void {
    this.#surroundings.refuse({ address: addressOf(socket), ...trouble })
  }
}

/** IPv4 addresses as such, also where the listener is an IPv6 one. */
function addressOf(socket: Socket): string {
  return socket.remoteAddress?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '') ?? 'unknown'
}
