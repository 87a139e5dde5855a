/** Who may connect. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv4, isIPv6 } from 'node:net'

export interface User {
  readonly name: string
  readonly password: string
}

export type Authentication =
  /** Anyone who can reach the machine's own loopback addresses; no other listener is allowed. */
  { readonly type: 'anonymous-on-loopback' } | { readonly type: 'users'; readonly users: readonly User[] }

export interface ListenerAddress {
  readonly host: string
  readonly port: number
}

export type CredentialCheck = (username: string | undefined, password: Uint8Array | undefined) => boolean

/**
 * Passwords are compared as keyed digests of equal length, and an unknown name costs the same comparison, so that the
 * time of an answer tells nothing. The key is new for every process: the digests are worthless elsewhere.
 */
export function createCredentialCheck(authentication: Authentication): CredentialCheck {
  if (authentication.type === 'anonymous-on-loopback') return () => true
  const key = randomBytes(32)
  const digest = (secret: string | Uint8Array): Buffer => createHmac('sha256', key).update(secret).digest()
  const digests = new Map<string, Buffer>()
  for (const { name, password } of authentication.users) {
    if (name === '' || password === '') throw new Error(`broker user "${name}": a user needs a name and a password`)
    if (digests.has(name)) throw new Error(`broker user "${name}" is given twice; keep one`)
    digests.set(name, digest(password))
  }
  if (digests.size === 0) throw new Error('broker authentication "users" needs at least one user')
  const nobody = randomBytes(32)
  return (username, password) => {
    const known = username === undefined ? undefined : digests.get(username)
    const same = timingSafeEqual(digest(password ?? new Uint8Array()), known ?? nobody)
    return same && known !== undefined
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** True for `localhost`, 127.0.0.0/8, also as mapped into IPv6 (::ffff:127.0.0.1), and ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIPv4(name)) return loopback.check(name)
  return name === 'localhost' || (isIPv6(name) && loopback.check(name, 'ipv6'))
}

/** Throws where a listener would let anonymous clients in from another machine. */
export function assertReachableOnlyAsAllowed(authentication: Authentication, { host, port }: ListenerAddress): void {
  if (authentication.type !== 'anonymous-on-loopback' || isLoopback(host)) return
  throw new Error(
    `broker listener ${host}:${port}: with authentication "anonymous-on-loopback" the host must be a loopback address ` +
      '(127.0.0.1, ::1 or localhost); set that, or use authentication "users"',
  )
}
