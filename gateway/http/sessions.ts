import { randomBytes } from 'node:crypto'
import type { Clock } from '../model.ts'
import type { Identity } from './identity.ts'

/** A shift at a station, with some reserve. */
export const SESSION_MS = 13 * 3_600_000
const MAX_SESSIONS = 500

export interface Session {
  /** The secret of the cookie. */
  readonly id: string
  readonly identity: Identity
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Sessions live in memory: after a restart of the gateway everyone logs in again. */
export class Sessions {
  readonly #clock: Clock
  readonly #open = new Map<string, { readonly session: Session; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(identity: Identity): Session {
    const oldest = this.#open.keys().next()
    if (this.#open.size >= MAX_SESSIONS && !oldest.done) this.#open.delete(oldest.value)
    const { wall, mono } = this.#clock.now()
    const session = { id: randomBytes(32).toString('base64url'), identity, expiresAt: wall + SESSION_MS }
    this.#open.set(session.id, { session, until: mono + SESSION_MS })
    return session
  }

  find(id: string): Session | null {
    const entry = this.#open.get(id)
    if (entry === undefined) return null
    if (this.#clock.now().mono < entry.until) return entry.session
    this.#open.delete(id)
    return null
  }

  close(id: string): void {
    this.#open.delete(id)
  }
}
