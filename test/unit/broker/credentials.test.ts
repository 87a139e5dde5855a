import { scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Credentials } from '../../../broker/credentials.ts'
import { FailureBudget } from '../../../broker/failure-budget.ts'
import { FairQueue } from '../../../broker/fair-queue.ts'
import { formatPasswordHash, hashPassword, parsePasswordHash, passwordMatches } from '../../../broker/password-hash.ts'
import { RawClient } from '../../support/raw-mqtt-client.ts'
import { startBroker } from '../../support/running-broker.ts'

/** So that the tests are quick. */
const CHEAP = '$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$'
const secret = (text: string): Buffer => Buffer.from(text)

function cheapHash(password: string): string {
  const salt = Buffer.from('saltsaltsaltsalt')
  const hash = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 })
  return `${CHEAP}${hash.toString('base64').replaceAll('=', '')}`
}

describe('password hashes', () => {
  test('match their password only, each with a salt of its own', async () => {
    const [first, second] = await Promise.all([hashPassword(secret('drizzle-42')), hashPassword(secret('drizzle-42'))])
    expect(first).not.toBe(second)
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    const parsed = parsePasswordHash(first)
    expect(formatPasswordHash(parsed)).toBe(first)
    expect(await passwordMatches(secret('drizzle-42'), parsed)).toBe(true)
    expect(await passwordMatches(secret('drizzle-43'), parsed)).toBe(false)
  })

  test('agree with RFC 7914, section 12', async () => {
    // The vectors have salts shorter than we take from a file.
    const expected = { ln: 10, r: 8, p: 16, salt: Buffer.from('NaCl') }
    const hash = Buffer.from(
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
      'hex',
    )
    expect(await passwordMatches(secret('password'), { ...expected, hash })).toBe(true)
  })

  test.each([
    ['a password', 'drizzle-42'],
    ['another function', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2g'],
    ['no salt', '$scrypt$ln=15,r=8,p=3$$aGFzaGhhc2hoYXNoaGFzaGhhc2g'],
    ['more memory than a station has', `$scrypt$ln=20,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
    ['more time than anyone waits', `$scrypt$ln=15,r=8,p=99$${'a'.repeat(22)}$${'a'.repeat(43)}`],
    ['no cost at all', `$scrypt$ln=00,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`],
    ['no hash', CHEAP],
    ['nothing', ''],
  ])('%s is none, and is not shown', (_, text) => {
    expect(() => parsePasswordHash(text)).toThrow('outpost hash-password')
    if (text !== '') expect(() => parsePasswordHash(text)).not.toThrow(text)
  })
})

describe('credentials', () => {
  const attempt = { address: '192.0.2.1', isWanted: () => true }

  test('known by hash or by password are right or wrong', async () => {
    const passwordHash = cheapHash('drizzle-42')
    const credentials = new Credentials([
      { name: 'hashed', passwordHash },
      { name: 'plain', password: 'mist-7' },
    ])
    const check = (username: string, password: string) =>
      credentials.check({ ...attempt, username, password: secret(password) })
    expect(await check('hashed', 'drizzle-42')).toBe('right')
    expect(await check('hashed', 'drizzle-42')).toBe('right')
    expect(await check('plain', 'mist-7')).toBe('right')
    expect(await check('hashed', 'mist-7')).toBe('wrong')
    expect(await check('plain', 'drizzle-42')).toBe('wrong')
    expect(await check('nobody', 'drizzle-42')).toBe('wrong')
    expect(await check('constructor', '')).toBe('wrong')
    expect(await credentials.check({ ...attempt, username: undefined, password: undefined })).toBe('wrong')
  })

  test('are not checked for a client that has gone', async () => {
    const credentials = new Credentials([{ name: 'hashed', passwordHash: cheapHash('drizzle-42') }])
    const gone = { ...attempt, isWanted: () => false, username: 'hashed', password: secret('drizzle-42') }
    expect(await credentials.check(gone)).toBe('given-up')
  })

  test('ten wrong passwords of one user from one address are enough, and no one else is concerned', async () => {
    const credentials = new Credentials([
      { name: 'a', password: 'right-a' },
      { name: 'b', password: 'right-b' },
    ])
    const guess = { ...attempt, username: 'a', password: secret('guess') }
    for (let n = 0; n < 10; n++) expect(await credentials.check(guess)).toBe('wrong')
    expect(await credentials.check(guess)).toBe('too-many-failures')
    // Not even when it is right: a lock that opens for the right key tells which one that is.
    expect(await credentials.check({ ...guess, password: secret('right-a') })).toBe('too-many-failures')
    expect(await credentials.check({ ...guess, username: 'b', password: secret('right-b') })).toBe('right')
    expect(await credentials.check({ ...guess, address: '192.0.2.2', password: secret('right-a') })).toBe('right')
  })

  test('an address with sixty failures tries no new user, and those who were right go on', async () => {
    const credentials = new Credentials([
      { name: 'a', password: 'right-a' },
      { name: 'b', password: 'right-b' },
    ])
    const right = { ...attempt, username: 'a', password: secret('right-a') }
    expect(await credentials.check(right)).toBe('right')
    for (let n = 0; n < 60; n++) await credentials.check({ ...right, username: `guess ${n}` })
    expect(await credentials.check({ ...right, username: 'b', password: secret('right-b') })).toBe('too-many-failures')
    expect(await credentials.check(right)).toBe('right')
  })

  test('guesses that come all at once are not more than those that come one by one', async () => {
    const credentials = new Credentials([{ name: 'hashed', passwordHash: cheapHash('drizzle-42') }])
    const guess = { ...attempt, username: 'hashed', password: secret('guess') }
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => credentials.check(guess)))
    expect(verdicts.filter((verdict) => verdict === 'wrong').length).toBeLessThanOrEqual(12)
  })
})

test('a budget is whole again after a minute, and remembers no more names than it may', () => {
  const budget = new FailureBudget(2)
  budget.count('a', 0)
  budget.count('a', 59_000)
  expect(budget.isSpent('a', 59_999)).toBe(true)
  expect(budget.isSpent('a', 60_000)).toBe(false)
  budget.count('a', 61_000)
  budget.count('a', 61_000)
  for (let n = 0; n < 10_000; n++) budget.count(`name ${n}`, 61_000)
  expect(budget.isSpent('a', 61_000)).toBe(false)
})

test('whoever asks for much waits longer than whoever asks for little', async () => {
  const queue = new FairQueue(1)
  const order: string[] = []
  const work = (who: string) => queue.run(who, () => Promise.resolve(order.push(who)))
  await Promise.all([...'aaaa'].map(work).concat([...'bc'].map(work)))
  // The second of a stood in line before anyone else came.
  expect(order.join('')).toBe('aabcaa')
  await expect(queue.run('d', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await queue.run('e', () => Promise.resolve(1))).toBe(1)
})

describe('a broker with hashed passwords', () => {
  const rights = { type: 'everything' } as const

  test('lets in who is right, and tells who is wrong from who must wait', async () => {
    const users = [{ name: 'tag', passwordHash: cheapHash('drizzle-42'), rights }]
    const { port, broker, lines } = await startBroker({ authentication: { type: 'users', users } })
    const codes: (number | undefined)[] = []
    for (let n = 0; n < 12; n++) {
      const client = await RawClient.open(port)
      const answer = await client.connect({ username: 'tag', password: secret(n === 0 ? 'drizzle-42' : 'drizzle-43') })
      codes.push(answer?.cmd === 'connack' ? answer.returnCode : undefined)
      await client.vanish()
    }
    expect(codes).toEqual([0, ...Array.from({ length: 10 }, () => 4), 3])
    expect(broker.stats().refused).toEqual({ authentication: 10, 'too-many-failures': 1 })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
    expect(JSON.stringify(lines)).not.toMatch(/drizzle|scrypt/)
  })

  test('does not stop for a client that leaves while it is judged', async () => {
    const users = [{ name: 'tag', passwordHash: await hashPassword(secret('drizzle-42')), rights }]
    const { port, broker } = await startBroker({ authentication: { type: 'users', users } })
    const hasty = await RawClient.open(port)
    void hasty.connect({ username: 'tag', password: secret('drizzle-42') })
    const patient = await RawClient.open(port)
    const connack = patient.connect({ clientId: 'patient', username: 'tag', password: secret('drizzle-42') })
    await hasty.vanish()
    expect(await connack).toMatchObject({ returnCode: 0 })
    expect(broker.stats()).toMatchObject({ clients: 1, connections: 1 })
  })
})
