/** One master on one stream: a socket, or a serial line. */
import type { Duplex } from 'node:stream'
import type { Framing, Request } from './framing.ts'
import type { Reply } from './unit-fault.ts'

export interface ConnectionOptions {
  readonly framing: Framing
  /** Silence after which a request of unknown length is complete, in ms. */
  readonly frameGapMs: number
  readonly respond: (request: Request, framing: Framing) => Reply
  /** The stream cannot be followed any more; it is closed after this. */
  readonly onBroken: (reason: string) => void
}

/** Late answers that one connection may have under way; more are dropped, as a device with a full queue drops them. */
const MOST_LATE = 1000

export class Connection {
  readonly #stream: Duplex
  readonly #options: ConnectionOptions
  readonly #late = new Set<NodeJS.Timeout>()
  #gap: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream
    this.#options = options
  }

  start(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.on('drain', () => stream.resume())
    // Whatever ended it, the master is gone.
    stream.on('error', () => this.close())
    stream.on('close', () => this.close())
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#gap !== null) clearTimeout(this.#gap)
    for (const timer of this.#late) clearTimeout(timer)
    this.#late.clear()
    this.#stream.destroy()
  }

  #receive(chunk: Uint8Array): void {
    const { framing, frameGapMs } = this.#options
    if (this.#gap !== null) clearTimeout(this.#gap)
    this.#gap = null
    this.#answer(framing.receive(chunk))
    if (framing.broken !== null && !this.#isClosed) {
      this.#options.onBroken(framing.broken)
      this.close()
    }
    if (this.#isClosed || framing.hasTransactions || framing.waiting === 0) return
    this.#gap = setTimeout(() => this.#answer(framing.silence()), frameGapMs)
  }

  /** Answers that are ready together leave together: one write per chunk, not one per request. */
  #answer(requests: readonly Request[]): void {
    const ready: Uint8Array[] = []
    for (const request of requests) {
      const reply = this.#options.respond(request, this.#options.framing)
      if (reply.type === 'close') {
        this.#write(ready)
        this.close()
        return
      }
      if (reply.type === 'none') continue
      if (reply.afterMs === 0) ready.push(reply.bytes)
      else this.#writeLater(reply)
    }
    this.#write(ready)
  }

  #write(parts: readonly Uint8Array[]): void {
    const [first] = parts
    if (first === undefined || this.#isClosed) return
    // A master that does not read its answers is not read either.
    if (!this.#stream.write(parts.length === 1 ? first : Buffer.concat(parts))) this.#stream.pause()
  }

  #writeLater({ bytes, afterMs }: { readonly bytes: Uint8Array; readonly afterMs: number }): void {
    if (this.#late.size >= MOST_LATE) return
    const timer = setTimeout(() => {
      this.#late.delete(timer)
      this.#write([bytes])
    }, afterMs)
    this.#late.add(timer)
  }
}
