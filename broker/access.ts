/** Who may connect, and what they may do then. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { type Attempt, Credentials, type PasswordUser, type Verdict } from './credentials.ts'
import type { Rights } from './rights.ts'

/** A user is known by a password, by the hash of one, or by a certificate with this name. */
export type User = { readonly rights: Rights } & (
  | PasswordUser
  | { readonly name: string; readonly certificate: string }
)

export type Authentication =
  /** Anyone who can reach the machine's own loopback addresses; no other listener is allowed. */
  { readonly type: 'anonymous-on-loopback' } | { readonly type: 'users'; readonly users: readonly User[] }

export interface Claim extends Attempt {
  /** What the client's certificate proves. */
  readonly certificateNames: readonly string[]
}

export type Admission =
  /** `username` is empty for anonymous clients. */
  | { readonly type: 'admitted'; readonly username: string; readonly rights: Rights }
  | { readonly type: 'refused'; readonly verdict: Exclude<Verdict, 'right'> }

const EVERYTHING: Rights = { type: 'everything' }
const NOTHING: Rights = { type: 'topics', publish: [], subscribe: [] }

export class Access {
  /** Null where nobody is asked. */
  readonly #credentials: Credentials | null
  readonly #users: ReadonlyMap<string, User>
  readonly #byCertificate: ReadonlyMap<string, string>

  /** Throws where users are given twice or cannot be known. */
  constructor(authentication: Authentication) {
    const users = authentication.type === 'users' ? authentication.users : []
    this.#users = new Map(users.map((user) => [user.name, user]))
    this.#byCertificate = certificateOwners(users)
    if (authentication.type === 'anonymous-on-loopback') {
      this.#credentials = null
      return
    }
    if (users.length === 0) throw new Error('broker authentication "users" needs at least one user')
    this.#credentials = new Credentials(users.filter((user) => !('certificate' in user)) as readonly PasswordUser[])
    const twice = users.find((user, index) => users.findIndex(({ name }) => name === user.name) !== index)
    if (twice !== undefined) throw new Error(`broker user "${twice.name}" is given twice; keep one`)
  }

  /** The users of which something is different from here to there. */
  changes(to: Access): ReadonlySet<string> {
    // Without authentication all clients are one user without a name, who is there or not.
    const names = new Set(['', ...this.#users.keys(), ...to.#users.keys()])
    const shape = (access: Access, name: string): string =>
      JSON.stringify(name === '' ? access.#credentials === null : (access.#users.get(name) ?? null))
    return new Set([...names].filter((name) => shape(this, name) !== shape(to, name)))
  }

  /** The user that a client says to be, before that is checked; empty for none. */
  claimedName({ username, certificateNames }: Pick<Claim, 'username' | 'certificateNames'>): string {
    if (this.#credentials === null) return ''
    return this.#certified(certificateNames) ?? username ?? ''
  }

  async admit(claim: Claim): Promise<Admission> {
    if (this.#credentials === null) return { type: 'admitted', username: '', rights: EVERYTHING }
    const certified = this.#certified(claim.certificateNames)
    if (certified !== undefined) {
      // Who proves one name may not ask for another.
      if (claim.username !== undefined && claim.username !== certified) return { type: 'refused', verdict: 'wrong' }
      return this.#admitted(certified)
    }
    const verdict = await this.#credentials.check(claim)
    return verdict === 'right' ? this.#admitted(claim.username ?? '') : { type: 'refused', verdict }
  }

  #certified(names: readonly string[]): string | undefined {
    return names.map((name) => this.#byCertificate.get(name)).find((user) => user !== undefined)
  }

  #admitted(username: string): Admission {
    return { type: 'admitted', username, rights: this.#users.get(username)?.rights ?? NOTHING }
  }
}

function certificateOwners(users: readonly User[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const user of users) {
    if (!('certificate' in user)) continue
    const owner = owners.get(user.certificate)
    if (owner !== undefined) {
      throw new Error(
        `broker users "${owner}" and "${user.name}" have one certificate, "${user.certificate}"; keep one`,
      )
    }
    owners.set(user.certificate, user.name)
  }
  return owners
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
export function assertReachableOnlyAsAllowed(
  authentication: Authentication,
  { host, port }: { readonly host: string; readonly port: number },
): void {
  if (authentication.type !== 'anonymous-on-loopback' || isLoopback(host)) return
  throw new Error(
    `broker listener ${host}:${port}: with authentication "anonymous-on-loopback" the host must be a loopback address ` +
      '(127.0.0.1, ::1 or localhost); set that, or use authentication "users"',
  )
}
