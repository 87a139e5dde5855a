import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bench, exception, SMOKE, TIMEOUT, TOWER } from './bench.ts'

const MINUTE = 60_000
const reverts = (bench: Bench) => bench.open.map(({ revert }) => revert?.state)

test('an expired command is reverted by itself: recorded, written, read back', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(10 * MINUTE - 2000)
  expect(bench.unit.words.get('holding-register 5')).toBe(2)
  await bench.pass(3000)
  expect(bench.unit.words.get('holding-register 5')).toBe(0)
  expect(bench.types).toEqual(['requested', 'sent', 'confirmed', 'reverting', 'reverted'])
  expect(bench.open[0]?.revert).toMatchObject({
    ...{ state: 'reverted', value: 0, attempts: 1, reason: null },
    exchanges: [{ sent: '06 00 05 01 00' }, { step: 'read-back', answer: '0000' }],
  })
  expect(bench.control.counts).toEqual({ confirmed: 1, reverted: 1 })
})

test('a repeated command extends it, and an opposite one ends it', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(8 * MINUTE)
  await bench.command('tower', 'sound', { value: 3 })
  expect(reverts(bench)).toEqual(['taken-over', 'waiting'])
  await bench.pass(8 * MINUTE)
  expect(bench.unit.words.get('holding-register 5')).toBe(3)
  await bench.command('tower', 'silence')
  expect(reverts(bench)).toEqual(['taken-over', 'taken-over', undefined])
  const { length } = bench.unit.requests
  await bench.pass(20 * MINUTE)
  expect(bench.unit.requests).toHaveLength(length)
})

test('a command that failed does not extend what it never reached', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(8 * MINUTE)
  bench.unit.next.push(exception(4))
  await bench.command('tower', 'sound', { value: 3 })
  expect(reverts(bench)).toEqual(['waiting', undefined])
  await bench.pass(3 * MINUTE)
  expect(bench.unit.words.get('holding-register 5')).toBe(0)
})

test('what may have reached the device is reverted although nobody confirmed it', async () => {
  const bench = await new Bench().start()
  bench.unit.next.push(TIMEOUT, TIMEOUT)
  bench.unit.keep = () => 0
  const lost = bench.command('tower', 'sound', { value: 2 })
  await bench.pass(2500)
  expect(await lost).toMatchObject({ state: 'failed', revert: { state: 'waiting' } })
  bench.unit.keep = (word) => word & 0xff
  // Later than it was told: the device had carried it out all the same.
  bench.unit.words.set('holding-register 5', 2)
  await bench.pass(11 * MINUTE)
  expect(bench.unit.words.get('holding-register 5')).toBe(0)
  expect(reverts(bench)).toEqual(['reverted'])
})

test('a revert that fails is told once, tried again with growing pauses, and looks before it writes again', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(10 * MINUTE - 5000)
  bench.lineIsThere = false
  await bench.pass(3 * MINUTE)
  expect(bench.types.slice(3)).toEqual(['reverting', 'revert-failed'])
  expect(bench.control.failingReverts).toHaveLength(1)
  expect(bench.control.open('tower')[0]?.revert).toMatchObject({ state: 'failing', reason: { code: 'not-sent' } })
  const attempts = bench.control.open('tower')[0]?.revert?.attempts ?? 0
  expect(attempts).toBeGreaterThan(4)
  expect(attempts).toBeLessThan(8)
  expect(bench.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  bench.lineIsThere = true
  // Somebody has silenced it by hand meanwhile.
  bench.unit.words.set('holding-register 5', 0)
  const { length } = bench.unit.writes
  await bench.pass(6 * MINUTE)
  expect(bench.types.at(-1)).toBe('reverted')
  expect(bench.unit.writes).toHaveLength(length)
  expect(bench.control.failingReverts).toHaveLength(0)
  expect(bench.control.counts).toEqual({ confirmed: 1, 'revert-failed': 1, reverted: 1 })
})

test('after a restart the revert comes at its time, or late if that has passed', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(4 * MINUTE)
  await bench.control.stop()

  const soon = new Bench()
  await soon.clock.advance(8 * MINUTE)
  await soon.start(bench.open)
  await soon.pass(MINUTE)
  expect(soon.types).toEqual([])
  await soon.pass(MINUTE + 1000)
  expect(soon.types).toEqual(['reverting', 'reverted'])

  const late = new Bench()
  await late.clock.advance(300 * MINUTE)
  await late.start(bench.open)
  await late.pass(1000)
  expect(late.types).toEqual(['reverting', 'reverted'])
  expect(late.unit.writes).toHaveLength(1)
})

test('a process that ended in the middle leaves an unknown outcome: nothing is sent again, and the revert stands', async () => {
  const bench = await new Bench().start()
  const gate = Promise.withResolvers<void>()
  bench.unit.delay = () => gate.promise
  void bench.command('tower', 'sound', { value: 2 })
  await bench.pass(0)
  expect(bench.types).toEqual(['requested'])

  const next = new Bench()
  await next.start(bench.open)
  expect(next.steps).toMatchObject([
    { type: 'failed', command: { state: 'failed', reason: { code: 'unknown-outcome' }, revert: { state: 'waiting' } } },
  ])
  await next.pass(9 * MINUTE)
  expect(next.unit.requests).toEqual([])
  await next.pass(2 * MINUTE)
  expect(next.types.slice(1)).toEqual(['reverting', 'reverted'])
  gate.resolve()
})

test('a revert that was under way when the process ended is looked at first', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(10 * MINUTE - 5000)
  const gate = Promise.withResolvers<void>()
  bench.unit.delay = () => gate.promise
  await bench.pass(10_000)
  expect(bench.types.at(-1)).toBe('reverting')

  const next = new Bench()
  await next.clock.advance(10 * MINUTE)
  await next.start(bench.open)
  await next.pass(1000)
  expect(next.unit.requests.map(({ type }) => type)).toEqual(['read'])
  expect(next.types).toEqual(['reverted'])
  gate.resolve()
})

test('a step of the wall clock neither hastens nor holds back a revert', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  await bench.pass(1000)
  bench.clock.stepWall(60 * MINUTE)
  await bench.pass(8 * MINUTE)
  expect(reverts(bench)).toEqual(['waiting'])
  bench.clock.stepWall(-120 * MINUTE)
  await bench.pass(2 * MINUTE)
  expect(reverts(bench)).toEqual(['reverted'])
})

test('a command that left the configuration cannot be reverted, and that is told', async () => {
  const bench = await new Bench().start()
  await bench.command('tower', 'sound', { value: 2 })
  bench.control.setTargets([SMOKE])
  await bench.pass(11 * MINUTE)
  expect(bench.steps.at(-1)).toMatchObject({
    type: 'revert-failed',
    command: { revert: { state: 'failed', reason: { code: 'given-up' } } },
  })
  expect(bench.control.failingReverts).toHaveLength(1)
})

test('a disk that refuses does not keep a siren silent', async () => {
  const bench = await new Bench().start()
  const silenced = bench.command('smoke', 'silence')
  await bench.pass(0)
  bench.read('smoke.silenced', 1)
  await silenced
  bench.diskError = new Error('disk full')
  await bench.pass(10 * MINUTE + 1000)
  expect(bench.published).toHaveLength(2)
  expect(new TextDecoder().decode(bench.published[1]?.payload)).toBe('{"silence":false}')
  bench.read('smoke.silenced', 0)
  bench.diskError = null
  await bench.pass(2000)
  expect(bench.types.slice(-2)).toEqual(['reverting', 'reverted'])
})

/** What can happen to one siren, in any order. */
const events = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('sound' as const), value: fc.constantFrom(1, 2, 3) }),
    fc.record({
      do: fc.constantFrom(
        'silence' as const,
        'lose-next' as const,
        'lose-reply' as const,
        'refuse-next' as const,
        'restart' as const,
      ),
    }),
    fc.record({ do: fc.constant('line' as const), up: fc.boolean() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 15 * MINUTE }) }),
  ),
  { maxLength: 12 },
)

test('whatever happens, a siren that was made to sound is silent when its time is over and its line is up', async () => {
  await fc.assert(
    fc.asyncProperty(events, async (story) => {
      let bench = await new Bench([TOWER]).start()
      for (const event of story) {
        const before = bench
        if (event.do === 'sound') void bench.wish('tower', 'sound', { value: event.value })
        else if (event.do === 'silence') void bench.wish('tower', 'silence')
        else if (event.do === 'lose-next') bench.unit.next.push(TIMEOUT)
        else if (event.do === 'lose-reply') bench.unit.losesReply = true
        else if (event.do === 'refuse-next') bench.unit.next.push(exception(4))
        else if (event.do === 'line') bench.lineIsThere = event.up
        else if (event.do === 'wait') await bench.pass(event.ms)
        else bench = await restarted(before)
        await bench.pass(0)
      }
      bench.lineIsThere = true
      bench.unit.next.length = 0
      await bench.pass(40 * MINUTE)
      const word = bench.unit.words.get('holding-register 5') ?? 0
      expect({ word, open: bench.control.open('tower').map(({ revert }) => revert?.state) }).toEqual({
        word: 0,
        open: [],
      })
    }),
    { numRuns: 60 },
  )
})

/** The process ends where it stands; the next one finds the journal, the device and the time. */
async function restarted(before: Bench): Promise<Bench> {
  const next = new Bench([TOWER])
  await next.clock.advance(before.clock.now().mono)
  for (const [register, word] of before.unit.words) next.unit.words.set(register, word)
  next.lineIsThere = before.lineIsThere
  next.steps.push(...before.steps)
  return await next.start(before.open)
}
