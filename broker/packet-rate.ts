/**
 * How many packets and bytes a connection may bring. What is beyond waits unread in its socket, so that TCP slows the
 * client down: nothing is dropped.
 */
export interface RateLimits {
  readonly packetsPerSecond: number
  readonly bytesPerSecond: number
}

const MS = 1000
/** Waiting for less than this would cost more than it brings. */
const SHORTEST_WAIT_MS = 10

/** A second's worth may come at once. Times are monotonic, in milliseconds. */
export class PacketRate {
  readonly #limits: RateLimits
  #packets: number
  #bytes: number
  #at: number

  constructor(limits: RateLimits, now: number) {
    this.#limits = limits
    this.#packets = limits.packetsPerSecond
    this.#bytes = limits.bytesPerSecond
    this.#at = now
  }

  /** How many packets and bytes may be read now. */
  allowance(now: number): { readonly packets: number; readonly bytes: number } {
    const { packetsPerSecond, bytesPerSecond } = this.#limits
    const seconds = (now - this.#at) / MS
    this.#at = now
    this.#packets = Math.min(packetsPerSecond, this.#packets + seconds * packetsPerSecond)
    this.#bytes = Math.min(bytesPerSecond, this.#bytes + seconds * bytesPerSecond)
    return { packets: Math.floor(this.#packets), bytes: Math.floor(this.#bytes) }
  }

  take({ packets, bytes }: { readonly packets: number; readonly bytes: number }): void {
    this.#packets -= packets
    this.#bytes -= bytes
  }

  /** How long until something more may be read, in milliseconds. */
  waitMs(): number {
    const { packetsPerSecond, bytesPerSecond } = this.#limits
    const forOne = Math.max((1 - this.#packets) / packetsPerSecond, (1 - this.#bytes) / bytesPerSecond) * MS
    return Math.max(SHORTEST_WAIT_MS, Math.ceil(forOne))
  }
}
