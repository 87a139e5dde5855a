/** One master on one stream: a socket, or a serial line. */
import type { Duplex } from 'node:stream'
import type { Framing, Request } from './framing.ts'
import type { StationConnection } from './listener.ts'
import type { Reply, ReplyPart } from './reply.ts'

export interface ConnectionOptions {
  readonly framing: Framing
  readonly respond: (request: Request) => Reply
  /** From a request to its answer. */
  readonly replyTimeMs: number
  /** Ends the stream: a fault asks for it, or `framing` cannot follow the stream any more. Nothing on a serial line. */
  readonly hangUp: () => void
}

/** Late answers that one connection may have under way; more are dropped, as a device with a full queue drops them. */
const MOST_LATE = 1000
/**
 * Silence after which a request of unknown length is complete. Far longer than 3.5 characters of any baud rate in use,
 * because neither a socket nor the kernel keeps such pauses.
 */
const FRAME_GAP_MS = 50

export class Connection implements StationConnection {
  readonly #stream: Duplex
  readonly #options: ConnectionOptions
  readonly #late = new Set<NodeJS.Timeout>()
  #gap: NodeJS.Timeout | null = null
  #isClosed = false
  #isFrozen = false

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream
    this.#options = options
  }

  start(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.on('drain', () => this.#isFrozen || stream.resume())
    // An error is followed by 'close'; there is nothing more to do about a master that is gone.
    stream.on('error', () => {})
    stream.on('close', () => this.close())
  }

  close(): void {
    this.#isClosed = true
    if (this.#gap !== null) clearTimeout(this.#gap)
    this.#gap = null
    for (const timer of this.#late) clearTimeout(timer)
    this.#late.clear()
  }

  setFrozen(isFrozen: boolean): void {
    this.#isFrozen = isFrozen
    if (isFrozen) this.#stream.pause()
    else this.#stream.resume()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isClosed) return
    const { framing, hangUp } = this.#options
    if (this.#gap !== null) clearTimeout(this.#gap)
    this.#gap = null
    this.#answer(framing.receive(chunk))
    if (framing.broken !== null) hangUp()
    if (framing.hasTransactions || framing.waiting === 0) return
    this.#gap = setTimeout(() => this.#answer(framing.silence()), FRAME_GAP_MS)
  }

  /** Answers that are ready together leave together: one write per chunk, not one per request. */
  #answer(requests: readonly Request[]): void {
    const ready: Uint8Array[] = []
    for (const request of requests) {
      const reply = this.#options.respond(request)
      if (reply.type === 'none') continue
      if (reply.type === 'bytes') this.#answerWith(reply.parts, ready)
      else {
        this.#write(ready.splice(0))
        this.#options.hangUp()
      }
    }
    this.#write(ready)
  }

  #answerWith(parts: readonly ReplyPart[], ready: Uint8Array[]): void {
    let afterMs = this.#options.replyTimeMs
    for (const part of parts) {
      afterMs += part.afterMs
      const { bytes, byteMs = 0 } = part
      if (byteMs === 0 && afterMs <= 0) ready.push(bytes)
      else if (byteMs === 0) this.#writeLater(bytes, afterMs)
      else {
        for (let i = 0; i < bytes.length; i++) this.#writeLater(bytes.subarray(i, i + 1), afterMs + i * byteMs)
        afterMs += (bytes.length - 1) * byteMs
      }
    }
  }

  #write(parts: readonly Uint8Array[]): void {
    const [first] = parts
    if (first === undefined || this.#isClosed || this.#isFrozen || this.#stream.destroyed) return
    // A master that does not read its answers is not read either.
    if (!this.#stream.write(parts.length === 1 ? first : Buffer.concat(parts))) this.#stream.pause()
  }

  #writeLater(bytes: Uint8Array, afterMs: number): void {
    if (this.#late.size >= MOST_LATE) return
    const timer = setTimeout(() => {
      this.#late.delete(timer)
      this.#write([bytes])
    }, afterMs)
    this.#late.add(timer)
  }
}
