/**
 * One connection to an SMTP server: a command at a time and its reply. Whoever opens it closes it. Everything ends with the
 * signal: then the socket is destroyed and what waits fails.
 */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { SmtpReplies, type SmtpReply } from './smtp-replies.ts'

export interface SmtpEndpoint {
  readonly host: string
  readonly port: number
  /** `tls` from the first byte; `starttls` after a greeting in the open; `none` never. */
  readonly security: 'tls' | 'starttls' | 'none'
  /** PEM of the authority that signed the server's certificate, where it is none of the known ones. */
  readonly ca?: string
}

const LEAVE_WITHIN_MS = 1000

export class SmtpConnection {
  readonly #endpoint: SmtpEndpoint
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.close()
  readonly #ready: SmtpReply[] = []
  #socket: Socket
  #replies = new SmtpReplies()
  #waiting: { readonly resolve: (reply: SmtpReply) => void; readonly reject: (error: unknown) => void } | null = null
  #failure: unknown = null

  constructor(endpoint: SmtpEndpoint, signal: AbortSignal) {
    this.#endpoint = endpoint
    this.#signal = signal
    const { host, port, security } = endpoint
    this.#socket = security === 'tls' ? connectTls({ host, port, ...this.#tls() }) : connectTcp({ host, port })
    this.#hear(this.#socket)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** How this end calls itself: as an address, since many machines have no name that others know (RFC 5321, 4.1.3). */
  get ownName(): string {
    const address = this.#socket.localAddress ?? '127.0.0.1'
    return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
  }

  /** The next reply, of the greeting or of what was written. */
  reply(): Promise<SmtpReply> {
    const ready = this.#ready.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  command(line: string): Promise<SmtpReply> {
    return this.write(`${line}\r\n`)
  }

  write(text: string): Promise<SmtpReply> {
    // A reply to nothing would be taken for the reply to this.
    if (this.#ready.length > 0) return Promise.reject(new Error('the server spoke before it was asked'))
    this.#socket.write(text)
    return this.reply()
  }

  /** Goes on under TLS. What the server sent in the open beyond its reply may be an attacker's, so it ends the connection. */
  async startTls(): Promise<void> {
    if (this.#ready.length > 0 || this.#replies.hasMore)
      throw new Error('the server sent more than its reply to STARTTLS')
    const open = this.#socket
    open.removeAllListeners('data')
    this.#replies = new SmtpReplies()
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve: () => reject(new Error('the server spoke before it was asked')), reject }
      const secured: TLSSocket = connectTls({ socket: open, host: this.#endpoint.host, ...this.#tls() }, () => {
        this.#waiting = null
        resolve()
      })
      this.#socket = secured
      this.#hear(secured)
    })
  }

  /** Says good-bye and does not wait for the answer. */
  leave(): void {
    this.#signal.removeEventListener('abort', this.#abort)
    const socket = this.#socket
    socket.end('QUIT\r\n')
    const enough = setTimeout(() => socket.destroy(), LEAVE_WITHIN_MS)
    socket.once('close', () => clearTimeout(enough))
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#fail(this.#signal.aborted ? this.#signal.reason : new Error('the connection is closed'))
    this.#socket.destroy()
  }

  #tls() {
    const { host, ca } = this.#endpoint
    // An address is no server name (RFC 6066, 3).
    const isAddress = /^[\d.]+$|:/.test(host)
    return { ...(ca !== undefined && { ca }), ...(!isAddress && { servername: host }) }
  }

  #hear(socket: Socket): void {
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      try {
        for (const reply of this.#replies.add(piece)) this.#take(reply)
      } catch (error) {
        this.#fail(error)
        socket.destroy()
      }
    })
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  #take(reply: SmtpReply): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting === null) this.#ready.push(reply)
    else waiting.resolve(reply)
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(this.#failure)
  }
}
