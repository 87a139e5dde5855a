/** One master on one wire: its bytes come in, the answers go out, each when it is due. */
import type { Framing, ModbusRequest } from './framing.ts'

export interface Answer {
  readonly pdu: Uint8Array
  /** How late it comes, in ms; 0 for at once. */
  readonly afterMs: number
}

export interface ConversationOptions {
  /** Null where the request gets no answer. */
  readonly answer: (request: ModbusRequest) => Answer | null
  readonly send: (bytes: Uint8Array) => void
}

/** Half a request that is this old will never be completed. Far more than 3.5 characters, as networks pause between segments. */
const SILENCE_MS = 300
/** A master that asks on and on while its answers are held back loses those beyond this many. */
const MAX_LATE = 256

export class Conversation {
  readonly #framing: Framing
  readonly #options: ConversationOptions
  readonly #late = new Set<NodeJS.Timeout>()
  #silence: NodeJS.Timeout | null = null

  constructor(framing: Framing, options: ConversationOptions) {
    this.#framing = framing
    this.#options = options
  }

  /** False when the stream makes no sense any more; the wire should be cut. */
  take(chunk: Uint8Array): boolean {
    const now: Uint8Array[] = []
    for (const request of this.#framing.push(chunk)) {
      const answer = this.#options.answer(request)
      if (answer === null) continue
      const bytes = this.#framing.wrap(request, answer.pdu)
      if (answer.afterMs > 0) this.#sendLater(bytes, answer.afterMs)
      else now.push(bytes)
    }
    // One write for all the requests of one segment is what makes pipelined requests fast.
    const [first] = now
    if (first !== undefined) this.#options.send(now.length === 1 ? first : Buffer.concat(now))
    this.#watchSilence()
    return !this.#framing.broken
  }

  close(): void {
    if (this.#silence !== null) clearTimeout(this.#silence)
    this.#silence = null
    for (const timer of this.#late) clearTimeout(timer)
    this.#late.clear()
  }

  #sendLater(bytes: Uint8Array, afterMs: number): void {
    if (this.#late.size >= MAX_LATE) return
    const timer = setTimeout(() => {
      this.#late.delete(timer)
      this.#options.send(bytes)
    }, afterMs)
    this.#late.add(timer)
  }

  #watchSilence(): void {
    if (this.#silence !== null) clearTimeout(this.#silence)
    this.#silence = null
    if (this.#framing.pending > 0) this.#silence = setTimeout(() => this.#framing.discard(), SILENCE_MS)
  }
}
