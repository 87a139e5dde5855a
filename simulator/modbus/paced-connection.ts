/** One master on a line whose wire is only thought of: its bytes come and go at the pace of that wire. */
import type { Duplex } from 'node:stream'
import type { StationConnection } from './listener.ts'
import type { SerialWire, WireEnd } from './serial-wire.ts'

/** A wire, or the box in front of one. */
export type Wire = Pick<SerialWire, 'receive' | 'forget'>

export class PacedConnection implements StationConnection {
  readonly #stream: Duplex
  readonly #wire: Wire
  readonly #end: WireEnd

  #isClosed = false
  #isFrozen = false

  constructor(stream: Duplex, { wire, hangUp }: { readonly wire: Wire; readonly hangUp: () => void }) {
    this.#stream = stream
    this.#wire = wire
    this.#end = { write: (bytes, onWritten) => this.#write(bytes, onWritten), hangUp }
  }

  start(): void {
    const stream = this.#stream
    stream.on('data', (chunk: Uint8Array) => {
      if (!this.#isClosed) this.#wire.receive(chunk, this.#end)
    })
    stream.on('drain', () => this.#isFrozen || stream.resume())
    stream.on('error', () => {})
    stream.on('close', () => this.close())
  }

  close(): void {
    this.#isClosed = true
    this.#wire.forget(this.#end)
  }

  setFrozen(isFrozen: boolean): void {
    this.#isFrozen = isFrozen
    if (isFrozen) this.#stream.pause()
    else this.#stream.resume()
  }

  #write(bytes: Uint8Array, onWritten: () => void): void {
    if (this.#isFrozen || this.#stream.destroyed) return
    if (!this.#stream.write(bytes, onWritten)) this.#stream.pause()
  }
}
