/**
 * Passwords as scrypt hashes [RFC 7914] in the form of a PHC string: `$scrypt$ln=15,r=8,p=3$salt$hash`, both parts in
 * base64 without padding. A configuration may hold them where it may not hold passwords.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface PasswordHash {
  /** log2 of N, the cost in time and memory. */
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** As OWASP recommends: 32 MiB, a fraction of a second on the slowest station. */
const COST = { ln: 15, r: 8, p: 3 } as const
const SALT_BYTES = 16
const HASH_BYTES = 32
/** What one check may take at most, so that a hash from elsewhere cannot fill the machine. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024
const MAX_P = 16

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const derive = promisify<Buffer, Buffer, number, object, Buffer>(scrypt)

/** Throws without naming what came: it may be a password. */
export function parsePasswordHash(text: string): PasswordHash {
  const [, ln, r, p, salt = '', hash = ''] = FORM.exec(text) ?? []
  const numbers = { ln: Number(ln), r: Number(r), p: Number(p) }
  const bounded =
    memoryBytes(numbers) <= MAX_MEMORY_BYTES && numbers.p <= MAX_P && numbers.p * numbers.r * numbers.ln > 0
  if (!bounded) {
    throw new Error(
      'expected a password hash as "outpost hash-password" writes it: $scrypt$ln=15,r=8,p=3$salt$hash, ' +
        `with at most ${MAX_MEMORY_BYTES / 1024 / 1024} MiB (128 · r · 2^ln) and p of at most ${MAX_P}`,
    )
  }
  return { ...numbers, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

export function formatPasswordHash({ ln, r, p, salt, hash }: PasswordHash): string {
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

export async function hashPassword(password: Uint8Array): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const blank = { ...COST, salt, hash: Buffer.alloc(HASH_BYTES) }
  return formatPasswordHash({ ...blank, hash: await digest(password, blank) })
}

/** Computed off the event loop; takes as long for a wrong password as for the right one. */
export async function passwordMatches(password: Uint8Array, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await digest(password, expected), expected.hash)
}

/** A hash of the same cost that no password has. */
export function decoyOf(hash: PasswordHash): PasswordHash {
  return { ...hash, salt: randomBytes(hash.salt.length), hash: randomBytes(hash.hash.length) }
}

function digest(password: Uint8Array, { ln, r, p, salt, hash }: PasswordHash): Promise<Buffer> {
  const maxmem = 2 * memoryBytes({ ln, r })
  return derive(Buffer.from(password), salt, hash.length, { N: 2 ** ln, r, p, maxmem })
}

/** NaN where a number is missing, which no bound admits. */
function memoryBytes({ ln, r }: { readonly ln: number; readonly r: number }): number {
  return 128 * r * 2 ** ln
}
