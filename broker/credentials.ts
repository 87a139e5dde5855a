/**
 * Checks names and passwords, of which some are known only as hashes.
 *
 * What was right once is remembered as a keyed digest, so that two hundred devices that come back after a power cut do
 * not cost two hundred derivations each time. An unknown name costs the same as a wrong password.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { FailureBudget } from './failure-budget.ts'
import { FairQueue } from './fair-queue.ts'
import { decoyOf, type PasswordHash, parsePasswordHash, passwordMatches } from './password-hash.ts'

export type PasswordUser =
  | { readonly name: string; readonly password: string }
  | { readonly name: string; readonly passwordHash: string }

export interface Attempt {
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly address: string
  /** False when the client has gone or waits too long already. */
  readonly isWanted: () => boolean
}

/** `too-many-failures`: not checked; `given-up`: nobody waits for the answer. */
export type Verdict = 'right' | 'wrong' | 'too-many-failures' | 'given-up'

/** Each takes a core and some ten MiB for a fraction of a second; the rest of the machine has other work. */
const DERIVATIONS_AT_ONCE = 2
/** One device with a wrong password must not lock out those that share its address. */
const FAILURES_PER_MINUTE = { user: 10, address: 60 } as const
const MAX_KNOWN = 10_000

export class Credentials {
  readonly #key = randomBytes(32)
  /** Passwords that are known or were right, as digests that are worthless in another process. */
  readonly #digests = new Map<string, Buffer>()
  readonly #hashes = new Map<string, PasswordHash>()
  readonly #nobody = randomBytes(32)
  readonly #decoy: PasswordHash | null
  readonly #queue = new FairQueue(DERIVATIONS_AT_ONCE)
  readonly #failuresOfUser = new FailureBudget(FAILURES_PER_MINUTE.user)
  readonly #failuresOfAddress = new FailureBudget(FAILURES_PER_MINUTE.address)
  /** Users that were right, each with its address. */
  readonly #known = new Set<string>()

  /** Throws where a user is given twice or a hash is none. */
  constructor(users: readonly PasswordUser[]) {
    const names = new Set<string>()
    for (const user of users) {
      const { name } = user
      if (name === '') throw new Error('broker user "": a user needs a name')
      if (names.has(name)) throw new Error(`broker user "${name}" is given twice; keep one`)
      names.add(name)
      if ('passwordHash' in user) this.#hashes.set(name, parseHashOf(name, user.passwordHash))
      else if (user.password === '') throw new Error(`broker user "${name}": a user needs a password`)
      else this.#digests.set(name, this.#digest(user.password))
    }
    const [first] = this.#hashes.values()
    this.#decoy = first === undefined ? null : decoyOf(first)
  }

  async check(attempt: Attempt): Promise<Verdict> {
    const { username = '', address } = attempt
    // A name cannot hold U+0000 [MQTT-1.5.3-2].
    const pair = `${username}\u0000${address}`
    const now = performance.now()
    if (this.#failuresOfUser.isSpent(pair, now)) return 'too-many-failures'
    if (this.#failuresOfAddress.isSpent(address, now) && !this.#known.has(pair)) return 'too-many-failures'
    const verdict = await this.#verify(attempt)
    if (verdict === 'right') this.#remember(pair)
    if (verdict === 'wrong') {
      this.#failuresOfUser.count(pair, now)
      this.#failuresOfAddress.count(address, now)
    }
    return verdict
  }

  #verify({ username = '', password = new Uint8Array(), address, isWanted }: Attempt): Verdict | Promise<Verdict> {
    const digest = this.#digest(password)
    if (timingSafeEqual(digest, this.#digests.get(username) ?? this.#nobody)) return 'right'
    const hash = this.#hashes.get(username) ?? this.#decoy
    if (hash === null) return 'wrong'
    return this.#queue.run(address, async () => {
      if (!isWanted()) return 'given-up'
      // Guesses that were sent all at once are still as few as those sent one by one.
      if (this.#failuresOfUser.isSpent(`${username}\u0000${address}`, performance.now())) return 'too-many-failures'
      if (!(await passwordMatches(password, hash))) return 'wrong'
      this.#digests.set(username, digest)
      return 'right'
    })
  }

  #digest(secret: string | Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(secret).digest()
  }

  #remember(pair: string): void {
    this.#known.delete(pair)
    this.#known.add(pair)
    const [oldest] = this.#known
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }
}

function parseHashOf(name: string, text: string): PasswordHash {
  try {
    return parsePasswordHash(text)
  } catch (error) {
    throw new Error(`broker user "${name}": passwordHash: ${(error as Error).message}`)
  }
}
