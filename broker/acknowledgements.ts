/** Whoever has acknowledgements to send does so once, when all of this turn are known. */
export interface Acknowledging {
  sendAcknowledgements(): void
}

/** One commit answers hundreds of messages: those of one client leave in one write. */
export class Acknowledgements {
  #waiting: Acknowledging[] = []

  add(connection: Acknowledging): void {
    this.#waiting.push(connection)
    if (this.#waiting.length === 1) queueMicrotask(() => this.#send())
  }

  #send(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) connection.sendAcknowledgements()
  }
}
