/** What is known of one delivery, for the health of the gateway. */
import type { Failure } from './backoff.ts'

export interface DeliveryStatus {
  readonly id: string
  /** `waiting`: it fails and tries again by itself. `refused`: it fails until a person mends something. */
  readonly state: 'idle' | 'delivering' | 'waiting' | 'refused'
  /** Why the last attempt failed; null as soon as one succeeds. */
  readonly failure: Failure | null
  readonly message: string | null
  /** When this failure began (ms since 1970); null while all is well. */
  readonly since: number | null
  /** 0 while all is well. */
  readonly failuresInARow: number
  /** How long it has failed, in whatever way, in ms that no step of the wall clock changes; 0 while all is well. */
  readonly failingMs: number
  /** Items confirmed by the receiver since start. */
  readonly delivered: number
  /** Items kept as dead letters since start. */
  readonly deadLettered: number
  /** Writes begun since start. */
  readonly attempts: number
  readonly cursor: number
  /** When the oldest item that is waiting came about (ms since 1970); null when nothing waits or `timeOf` is not given. */
  readonly oldestUnsentAt: number | null
  /** How long that item has waited, in ms; a step of the wall clock while it is tried changes nothing. */
  readonly waitingMs: number
}
