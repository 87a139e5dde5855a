/** The box between a TCP port and a serial wire: it plays the requests of all masters on the wire, one after the other. */
import { SerialWire, type SerialWireOptions, type WireCounters, type WireEnd } from './serial-wire.ts'

/** Requests that wait for the wire; more are dropped, as a box with a full buffer drops them. */
const MOST_WAITING = 1000

export class WireBox {
  readonly #wire: SerialWire
  readonly #waiting: { readonly chunk: Uint8Array; readonly end: WireEnd }[] = []

  constructor(options: Pick<SerialWireOptions, 'format' | 'replyTimeMs' | 'respond'>) {
    this.#wire = new SerialWire({ ...options, keepsSilence: true, onFree: () => this.#playNext() })
  }

  get counters(): WireCounters {
    return this.#wire.counters
  }

  receive(chunk: Uint8Array, end: WireEnd): void {
    if (this.#waiting.length === 0 && !this.#wire.isTakenFor(end)) this.#wire.receive(chunk, end)
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ chunk, end })
  }

  forget(end: WireEnd): void {
    const others = this.#waiting.filter((each) => each.end !== end)
    this.#waiting.splice(0, this.#waiting.length, ...others)
    this.#wire.forget(end)
  }

  close(): void {
    this.#waiting.length = 0
    this.#wire.close()
  }

  #playNext(): void {
    const [next] = this.#waiting
    if (next === undefined || this.#wire.isTakenFor(next.end)) return
    this.#waiting.shift()
    this.#wire.receive(next.chunk, next.end)
  }
}
