/** What a fault does to the messages of an MQTT device on their way out. */
import { type MessageFault, strikesMessages } from './message-fault.ts'
import { mulberry32, seedOf } from './mulberry32.ts'
import type { SimulationClock } from './simulation-clock.ts'
import type { SpokenMessage } from './speech.ts'

export class MessageSpoiler {
  readonly #random: () => number
  readonly #clock: SimulationClock
  readonly #waiting = new Set<() => void>()
  #fault: MessageFault | null = null
  #messages = 0

  constructor({ seed, clock }: { readonly seed: string; readonly clock: SimulationClock }) {
    this.#random = mulberry32(seedOf(seed))
    this.#clock = clock
  }

  setFault(fault: MessageFault | null): void {
    this.#fault = fault
    this.#messages = 0
  }

  /** Late ones that have not gone out yet never do. */
  forget(): void {
    for (const cancel of this.#waiting) cancel()
    this.#waiting.clear()
  }

  /** Calls `send` for each message that goes out instead of this one. */
  pass(message: SpokenMessage, send: (message: SpokenMessage) => void): void {
    const fault = this.#fault
    if (fault === null || !this.#strikes(fault)) {
      send(message)
      return
    }
    switch (fault.type) {
      case 'silent':
      case 'offline':
      case 'lost':
        return
      case 'late':
        this.#later(fault.ms, () => send(message))
        return
      case 'duplicated':
        send(message)
        this.#later(fault.ms, () => send(message))
        return
      case 'garbage':
        send({ ...message, payload: message.payload.map(() => Math.floor(this.#random() * 256)) })
        return
      case 'truncated':
        send({ ...message, payload: message.payload.slice(0, Math.floor(message.payload.length / 2)) })
        return
      case 'clock-wrong':
        send(message)
        return
    }
  }

  #strikes(fault: MessageFault): boolean {
    if (!strikesMessages(fault) || !('every' in fault || 'share' in fault)) return true
    this.#messages++
    if (fault.every !== undefined && this.#messages % fault.every !== 0) return false
    return fault.share === undefined || this.#random() < fault.share
  }

  #later(ms: number, run: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#waiting.delete(cancel)
      run()
    })
    this.#waiting.add(cancel)
  }
}
