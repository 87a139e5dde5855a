/** Who asks: nobody in particular (on loopback), or the holder of a token, by header or by session cookie. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../model.ts'
import { ApiError } from './errors.ts'
import { FailureLimiter } from './failure-limiter.ts'
import type { Identity, Role } from './identity.ts'
import { type Session, Sessions } from './sessions.ts'

/** A viewer reads; an operator also acknowledges, resets and reloads. */
export interface AccessToken {
  readonly name: string
  readonly token: string
  /** Default: operator. */
  readonly role?: Role
}

export type Authentication =
  | { readonly type: 'anonymous-on-loopback' }
  | { readonly type: 'tokens'; readonly tokens: readonly AccessToken[] }

export const COOKIE = 'outpost_session'
const ANONYMOUS: Identity = { name: null, role: 'operator' }
/** Wrong tokens one address may try in a minute before all its tokens are refused for the rest of it. */
const MAX_FAILURES = 10
const WINDOW_MS = 60_000

export class Authenticator {
  readonly #tokens: readonly { readonly digest: Buffer; readonly identity: Identity }[] | null
  readonly #failures: FailureLimiter
  readonly #sessions: Sessions

  constructor(authentication: Authentication, clock: Clock) {
    this.#tokens =
      authentication.type === 'tokens'
        ? authentication.tokens.map(({ name, token, role }) => ({
            digest: digest(token),
            identity: { name, role: role ?? 'operator' },
          }))
        : null
    this.#failures = new FailureLimiter({ clock, limit: MAX_FAILURES, windowMs: WINDOW_MS })
    this.#sessions = new Sessions(clock)
  }

  get anonymous(): boolean {
    return this.#tokens === null
  }

  /** Null when the request brings no credential; throws 401 or 429 when it brings a wrong one. */
  identify(request: FastifyRequest): Identity | null {
    if (this.#tokens === null) return ANONYMOUS
    const header = request.headers.authorization
    if (header !== undefined) return this.#checkToken(bearerOf(header), request.ip)
    const id = sessionIdOf(request)
    return id === null ? null : (this.#sessions.find(id)?.identity ?? null)
  }

  /** Whether what `identify` once accepted still stands; asked again and again for a request that stays open. */
  stillValid(request: FastifyRequest): boolean {
    if (this.#tokens === null || request.headers.authorization !== undefined) return true
    const id = sessionIdOf(request)
    return id !== null && this.#sessions.find(id) !== null
  }

  /** Exchanges a token for a session, so that a browser need not keep the token. */
  logIn(token: string, address: string): Session {
    return this.#sessions.open(this.#checkToken(token, address))
  }

  logOut(request: FastifyRequest): void {
    const id = sessionIdOf(request)
    if (id !== null) this.#sessions.close(id)
  }

  #checkToken(token: string, address: string): Identity {
    const wait = this.#failures.waitMs(address)
    if (wait > 0) {
      throw new ApiError(429, 'too-many-failures', {
        message: `too many wrong tokens from this address; try again in ${Math.ceil(wait / 1000)} s`,
        retryAfterSeconds: Math.ceil(wait / 1000),
      })
    }
    const given = digest(token)
    let found: Identity | null = null
    // Digests of one length, all of them compared: the time says nothing about any token.
    for (const { digest, identity } of this.#tokens ?? []) {
      if (timingSafeEqual(digest, given)) found ??= identity
    }
    if (found !== null) return found
    this.#failures.count(address)
    throw new ApiError(401, 'wrong-token', { message: 'this token is not known to the gateway' })
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function bearerOf(header: string): string {
  const match = /^Bearer +(\S+)$/i.exec(header)
  if (match?.[1] !== undefined) return match[1]
  throw new ApiError(401, 'wrong-token', { message: "the header must be 'authorization: Bearer <token>'" })
}

function sessionIdOf(request: FastifyRequest): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === COOKIE && value !== undefined) return value
  }
  return null
}
