import { expect, test } from 'vitest'
import type { CommandProfile } from '../../../device-profiles/command-schema.ts'
import { Bench, deviceOf, exception, TIMEOUT, TOWER } from './bench.ts'

test('a command is recorded, written, read back and confirmed', async () => {
  const bench = await new Bench().start()
  const record = await bench.command('tower', 'sound', { value: 2, by: '张伟 (token duty-desk)', comment: '疏散演练' })
  expect(record).toMatchObject({
    ...{ device: 'tower', name: 'sound', value: 2, by: '张伟 (token duty-desk)', comment: '疏散演练', via: 'http' },
    ...{ state: 'confirmed', reason: null, shown: 2 },
    exchanges: [
      { step: 'write', sent: '06 00 05 01 02', answer: '06 00 05 01 02' },
      { step: 'read-back', sent: '03 00 05 00 01', answer: '0002' },
    ],
  })
  expect(bench.types).toEqual(['requested', 'sent', 'confirmed'])
  expect(bench.steps[0]?.command).toMatchObject({ state: 'requested', exchanges: [] })
  expect(bench.control.counts).toEqual({ confirmed: 1 })
})

test('the record is on disk before anything is sent, and a disk that refuses stops the command', async () => {
  const bench = await new Bench().start()
  bench.diskError = new Error('disk full')
  expect(await bench.wish('tower', 'silence')).toMatchObject({
    type: 'refused',
    refusal: 'cannot-be-recorded',
    message: { en: 'it was not sent: it could not be recorded (disk full), and what is not recorded is not done' },
  })
  expect(bench.unit.requests).toEqual([])
  // What was wanted is written as soon as the disk takes it, so that nobody wonders.
  bench.diskError = null
  await bench.pass(1000)
  expect(bench.steps).toMatchObject([{ type: 'failed', command: { name: 'silence', reason: { code: 'not-sent' } } }])
  expect((await bench.command('tower', 'silence')).state).toBe('confirmed')
})

test('a disk that hangs stops the command too, and what it writes late is no command of unknown outcome', async () => {
  const bench = await new Bench().start()
  const disk = Promise.withResolvers<void>()
  bench.disk = disk.promise
  const answer = bench.wish('tower', 'silence')
  await bench.pass(6000)
  expect(await answer).toMatchObject({ refusal: 'cannot-be-recorded' })
  disk.resolve()
  await bench.pass(1000)
  expect(bench.types).toEqual(['requested', 'failed'])
  expect(bench.unit.requests).toEqual([])
})

test('a write whose reply is lost is not sent again: the read-back decides', async () => {
  const bench = await new Bench().start()
  bench.unit.next.push(TIMEOUT)
  bench.unit.words.set('holding-register 5', 3)
  const kept = await bench.command('tower', 'sound', { value: 3 })
  expect(kept).toMatchObject({ state: 'confirmed', shown: 3 })
  expect(bench.unit.writes).toHaveLength(1)

  bench.unit.next.push(TIMEOUT)
  const lost = bench.command('tower', 'sound', { value: 1 })
  await bench.pass(2000)
  expect(await lost).toMatchObject({
    state: 'failed',
    shown: 3,
    reason: { code: 'unconfirmed', text: { en: expect.stringMatching(/no reply within 1000 ms.* shows 3/) } },
  })
  expect(bench.unit.writes).toHaveLength(2)
})

test('a device that answers and keeps nothing has failed, and the record says what it shows', async () => {
  const bench = await new Bench().start()
  bench.unit.keep = () => 0
  const failing = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(2000)
  expect(await failing).toMatchObject({ state: 'failed', reason: { code: 'not-kept' }, shown: 0 })
  expect(bench.control.counts).toEqual({ 'not-kept': 1 })
})

test('a device that takes its time is read again until its time is over', async () => {
  const bench = await new Bench().start()
  bench.unit.keep = () => 0
  const slow = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(1000)
  bench.unit.words.set('holding-register 5', 2)
  await bench.pass(200)
  expect((await slow).state).toBe('confirmed')
  expect(bench.unit.writes).toHaveLength(1)
})

test.each([
  [2, 'refused-by-device', 1],
  [4, 'refused-by-device', 1],
  // "Busy" says that it was not taken, so asking again is no repetition.
  [6, 'refused-by-device', 3],
])('exception %i: %s after %i writes', async (code, failure, writes) => {
  const bench = await new Bench().start()
  bench.unit.next.push(exception(code), exception(code), exception(code))
  const answer = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(2000)
  const record = await answer
  expect(record).toMatchObject({ state: 'failed', reason: { code: failure }, revert: null })
  expect(record.reason?.text.zh).toContain(`exception ${code}`)
  expect(bench.unit.writes).toHaveLength(writes)
})

test('"acknowledge" and the exceptions of a gateway in between leave it to the read-back', async () => {
  for (const code of [5, 10, 11]) {
    const bench = await new Bench().start()
    bench.unit.next.push(exception(code))
    bench.unit.words.set('holding-register 5', 2)
    expect((await bench.command('tower', 'sound', { value: 2 })).state).toBe('confirmed')
  }
})

test('a reply that may answer an earlier request confirms nothing', async () => {
  const bench = await new Bench().start()
  const doubtful = { type: 'reply', unconfirmed: true, tookMs: 5 } as const
  const shows = (word: number) => ({ ...doubtful, reply: { type: 'words', words: Uint16Array.of(word) } }) as const
  bench.unit.keep = () => 0
  bench.unit.next.push(undefined, shows(2))
  const answer = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(2000)
  expect((await answer).reason?.code).toBe('not-kept')
})

test('what never left is told so, and has nothing to be reverted', async () => {
  const bench = await new Bench().start()
  bench.unit.next.push({ type: 'failure', failure: 'not-connected', detail: 'cannot connect to 192.0.2.1:502' })
  expect(await bench.command('tower', 'sound', { value: 2 })).toMatchObject({
    state: 'failed',
    reason: { code: 'not-sent', text: { en: 'it was not sent: cannot connect to 192.0.2.1:502' } },
    sentAt: null,
    revert: null,
  })
  expect(bench.types).toEqual(['requested', 'failed'])
  bench.lineIsThere = false
  expect((await bench.command('tower', 'silence')).reason?.text.en).toContain('the line cabinet is just being started')
})

test.each([
  ['tower', 'sound', null, 'expected one of 1 (pattern 1), 2 (pattern 2), 3 (pattern 3), got no value'],
  ['tower', 'sound', 4, 'expected one of 1 (pattern 1), 2 (pattern 2), 3 (pattern 3), got 4'],
  ['tower', 'silence', 1, '"Silence the buzzer" takes no value, got 1'],
  [
    'tower',
    'silense',
    null,
    'the device "tower" has no command "silense"; it has silence, sound, light; did you mean "silence"?',
  ],
  ['towr', 'silence', null, 'there is no device "towr" that can be told anything; GET /api/devices lists them'],
])('%s %s %s is refused before anything happens', async (device, name, value, message) => {
  const bench = await new Bench().start()
  expect(await bench.wish(device, name, { value })).toMatchObject({ type: 'refused', message: { en: message } })
  expect(bench.steps).toEqual([])
})

test('one command at a time for each device; those that wait go in order, and not for long', async () => {
  const bench = await new Bench().start()
  const gate = Promise.withResolvers<void>()
  bench.unit.delay = () => gate.promise
  const first = bench.command('tower', 'sound', { value: 1 })
  const waiting = [2, 3].map((value) => bench.wish('tower', 'sound', { value }))
  const more = [1, 2].map((value) => bench.wish('tower', 'sound', { value }))
  expect(await bench.wish('tower', 'silence')).toMatchObject({ type: 'refused', refusal: 'device-busy' })
  await bench.pass(5000)
  for (const answer of [...waiting, ...more]) {
    expect(await answer).toMatchObject({
      refusal: 'device-busy',
      message: { en: expect.stringContaining('"Sound the buzzer" by 张伟 is under way') },
    })
  }
  const next = bench.command('tower', 'silence')
  gate.resolve()
  expect((await first).state).toBe('confirmed')
  expect((await next).state).toBe('confirmed')
  expect(bench.unit.writes).toHaveLength(2)
})

test('a program that runs wild is held back, and told for how long', async () => {
  const bench = await new Bench().start()
  for (let i = 0; i < 10; i++) await bench.command('tower', 'silence')
  expect(await bench.wish('tower', 'silence')).toMatchObject({
    refusal: 'too-many-commands',
    retryAfterMs: 60_000,
  })
  await bench.pass(60_000)
  expect((await bench.command('tower', 'silence')).state).toBe('confirmed')
})

test('the same key is one command, however often it comes, also after a restart', async () => {
  const bench = await new Bench().start()
  const [one, two] = await Promise.all([
    bench.command('tower', 'sound', { value: 1, key: 'k-1' }),
    bench.command('tower', 'sound', { value: 1, key: 'k-1' }),
  ])
  expect(two.id).toBe(one.id)
  expect(await bench.wish('tower', 'silence', { key: 'k-1' })).toMatchObject({ refusal: 'key-reused' })
  const later = await new Bench().start(bench.open)
  expect((await later.command('tower', 'sound', { value: 1, key: 'k-1' })).id).toBe(one.id)
  expect(later.unit.requests).toEqual([])
})

const RESET: CommandProfile = {
  id: 'reset',
  name: { zh: '复位', en: 'Reset' },
  value: 1,
  interlock: [
    { point: 'buzzer', is: [0], because: { zh: '先消音', en: 'silence it first' } },
    { point: 'light-1', isNot: [2], maxAge: '1s', because: { zh: '灯仍闪烁', en: 'the light still flashes' } },
  ],
  modbus: { register: { table: 'coil', address: 3, type: 'bit' }, function: 'multiple' },
}

test('an interlock refuses on anything but good, fresh and right readings; the refusal is recorded', async () => {
  const bench = await new Bench([{ ...TOWER, device: deviceOf('patlite-la6-poe', 'tower', [RESET]) }]).start()
  const refused = async () => {
    const { state, reason } = await bench.command('tower', 'reset')
    expect(state).toBe('refused')
    return reason?.text.en
  }
  expect(await refused()).toBe('not carried out: "Buzzer" has no reading yet; silence it first')
  bench.read('tower.buzzer', 2)
  bench.read('tower.light-1', 0)
  expect(await refused()).toBe('not carried out: "Buzzer" is 2; silence it first')
  bench.read('tower.buzzer', 0, 'uncertain')
  expect(await refused()).toMatch(/has a reading that is not good/)
  bench.read('tower.buzzer', 0)
  await bench.pass(1500)
  expect(await refused()).toMatch(/"Light of tier 1" was read 1.5 s ago, more than 1 s; the light still flashes/)
  expect(bench.unit.requests).toEqual([])
  bench.read('tower.light-1', 0)
  expect((await bench.command('tower', 'reset')).exchanges[0]).toMatchObject({ sent: '0f 00 03 00 01 01 01' })
  expect(bench.control.counts).toEqual({ refused: 4, confirmed: 1 })
})

test('registers that must not be read are not read back', async () => {
  const mustNotRead = [{ table: 'holding-register', address: 4, count: 4 }] as const
  const route = { type: 'modbus', line: 'cabinet', unitId: 1, mustNotRead } as const
  const bench = await new Bench([{ ...TOWER, route }]).start()
  expect(await bench.command('tower', 'silence')).toMatchObject({
    state: 'failed',
    reason: { code: 'cannot-be-confirmed', text: { en: expect.stringContaining('holding-register 4 to 7') } },
  })
  expect(bench.unit.requests).toHaveLength(1)
})

test('stopping ends what waits and takes nothing more', async () => {
  const bench = await new Bench().start()
  bench.unit.keep = () => 0
  const failing = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(500)
  await bench.control.stop()
  expect(await failing).toMatchObject({ state: 'failed', reason: { code: 'given-up' }, revert: { state: 'waiting' } })
  expect(await bench.wish('tower', 'silence')).toMatchObject({ refusal: 'stopping' })
})
