/**
 * Sends the acknowledgements of one connection in the order in which the messages came [MQTT-4.6.0-2], each as soon as
 * its message and all before it are committed.
 */
export class Acknowledgements {
  readonly #send: (messageIds: readonly number[]) => void
  /** In order of receipt. */
  #waiting: { readonly messageId: number; committed: boolean }[] = []
  #closed = false
  #scheduled = false

  /** `send` gets every acknowledgement that one commit has set free, in order. */
  constructor(send: (messageIds: readonly number[]) => void) {
    this.#send = send
  }

  get size(): number {
    return this.#waiting.length
  }

  /** The message came; call the result when it is committed. */
  expect(messageId: number): () => void {
    const entry = { messageId, committed: false }
    this.#waiting.push(entry)
    return () => {
      entry.committed = true
      if (this.#waiting[0] === entry) this.#schedule()
    }
  }

  /** Sends nothing more: the connection has ended, and what is not acknowledged comes again on the next one. Gives those. */
  close(): readonly number[] {
    this.#closed = true
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.map(({ messageId }) => messageId)
  }

  /** One commit settles many promises, one after the other: all their acknowledgements go out in one write. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      if (!this.#closed) this.#flush()
    })
  }

  #flush(): void {
    const open = this.#waiting.findIndex(({ committed }) => !committed)
    const free = this.#waiting.splice(0, open === -1 ? this.#waiting.length : open)
    this.#send(free.map(({ messageId }) => messageId))
  }
}

/** PUBACK packets [MQTT 3.4]: type 4, remaining length 2, packet identifier. */
export function pubacks(messageIds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(messageIds.length * 4)
  for (const [index, messageId] of messageIds.entries()) {
    bytes.writeUInt16BE(0x4002, index * 4)
    bytes.writeUInt16BE(messageId, index * 4 + 2)
  }
  return bytes
}
