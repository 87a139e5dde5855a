/**
 * Whatever sick units do on a line without transaction ids, asked patiently or in a hurry: no value that is taken for good is
 * another's. Random devices on a fake clock; each register of each unit holds a number of its own.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RequestResult } from '../../../../gateway/sources/modbus/exchange.ts'
import { Line } from '../../../../gateway/sources/modbus/line.ts'
import { resolveTiming } from '../../../../gateway/sources/modbus/timing.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLine } from '../../../support/memory-line.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveAnswer } from '../../../support/modbus-slave.ts'

const TRANSPORT = { type: 'modbus-rtu-over-tcp', host: 'gateway', port: 4001 } as const
const TIMEOUT_MS = 1_000
const QUIET_MS = 2_000
const UNIT_IDS = [1, 2]
const STEP_MS = 10
/** Longer than any silence. */
const STANDSTILL_MS = 60_000

/** What a device does with one request. */
type Deed =
  | 'answers'
  | 'late'
  | 'silent'
  | 'twice'
  | 'garbled'
  | 'noise'
  | 'cut'
  | 'under another id'
  | 'something else'
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Deed>('answers') },
  { weight: 5, arbitrary: fc.constant<Deed>('late') },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Deed>(
      'silent',
      'twice',
      'garbled',
      'noise',
      'cut',
      'under another id',
      'something else',
    ),
  },
)

interface Behaviour {
  readonly deed: Deed
  /** Where in its range a delay lies. */
  readonly share: number
}

interface Question {
  readonly unitId: number
  readonly address: number
  readonly count: number
  readonly isHurried: boolean
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  deed: deeds,
  share: fc.noBias(fc.integer({ min: 0, max: 100 })).map((percent) => percent / 100),
})
const question: fc.Arbitrary<Question> = fc.record({
  unitId: fc.constantFrom(...UNIT_IDS),
  address: fc.integer({ min: 0, max: 999 }),
  count: fc.constantFrom(1, 1, 1, 1, 2),
  isHurried: fc.boolean(),
})
/** Questions that wait in the queue together, how often the process stands still meanwhile, and the pause before the next. */
const burst = fc.record({
  questions: fc.array(question, { minLength: 1, maxLength: 12, size: 'max' }),
  standstills: fc.constantFrom(0, 0, 1, 5, 20),
  pauseMs: fc.constantFrom(0, 30, 500, 5_000),
})
const scenario = fc.record({
  bursts: fc.array(burst, { minLength: 1, maxLength: 8, size: 'max' }),
  behaviours: fc.array(behaviour, { minLength: 20, maxLength: 40, size: 'max' }),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

const wordOf = (unitId: number, address: number): number => unitId * 10_000 + address

/** A device is late by less than the silence that is configured for it; that is the bargain. */
function answerOf({ deed, share }: Behaviour, unitId: number): SlaveAnswer {
  const soon = { afterMs: share * 50 }
  switch (deed) {
    case 'answers':
      return { type: 'right', ...soon }
    case 'late':
      return { type: 'right', afterMs: 60 + share * (QUIET_MS - 100) }
    case 'silent':
      return { type: 'silence' }
    case 'twice':
      return { type: 'changed', ...soon, change: (frame) => [frame, frame] }
    case 'garbled':
      return { type: 'changed', ...soon, change: (frame) => [Buffer.concat([frame.subarray(0, -1), Buffer.of(0x55)])] }
    case 'noise':
      return { type: 'changed', ...soon, change: () => [Buffer.from('noise that nobody can read')] }
    case 'cut':
      return { type: 'changed', ...soon, change: (frame) => [frame.subarray(0, 4)] }
    case 'under another id':
      return { type: 'wrong-unit', ...soon, unitId: unitId + 100 }
    case 'something else':
      return { type: 'exception', ...soon, code: 4 }
  }
}

async function readAll({ bursts, behaviours }: Scenario, { independent }: { readonly independent: boolean }) {
  const clock = new FakeClock()
  // Of its own: after a standstill the timers of a process come before its sockets.
  const slaveClock = new FakeClock()
  const pass = async (ms: number): Promise<void> => {
    for (let rest = ms; rest > 0; rest -= STEP_MS) {
      await clock.advance(Math.min(rest, STEP_MS))
      await slaveClock.advance(Math.min(rest, STEP_MS))
    }
  }
  const slave = new ModbusSlave({
    ...{ framing: 'rtu', clock: slaveClock, independent, word: (_, address, unitId) => wordOf(unitId, address) },
    answer: ({ index, unitId }) => answerOf(behaviours[index % behaviours.length] as Behaviour, unitId),
  })
  const far = createMemoryLine((stream) => slave.serve(stream))
  const timing = resolveTiming(TRANSPORT, {
    ...{ timeoutMs: TIMEOUT_MS, quietAfterTimeoutMs: QUIET_MS, quietAtStartMs: 0 },
    // As on a wire. A second copy of a reply that comes after the next request to its unit cannot be told from its reply.
    interRequestDelayMs: 3 * STEP_MS,
  })
  const line = new Line({ id: 'line', transport: TRANSPORT, timing }, { clock, log: createMemoryLog(), open: far.open })
  line.start()
  const told = { wrong: 0, good: 0, unconfirmed: 0, failed: 0 }
  const judge = ({ unitId, address }: Question, result: RequestResult): void => {
    if (result.type === 'failure' || result.reply.type !== 'words') told.failed++
    else if (result.unconfirmed) told.unconfirmed++
    else if (result.reply.words.every((word, index) => word === wordOf(unitId, address + index))) told.good++
    else told.wrong++
  }
  for (const { questions, standstills, pauseMs } of bursts) {
    let left = questions.length
    let stand = standstills
    for (const one of questions) {
      const { unitId, address, count, isHurried } = one
      const request = { type: 'read', table: 'holding-register', address, count } as const
      const times = isHurried ? { timeoutMs: 100, quietMs: 100 } : {}
      void line.request(unitId, request, times).then((result) => {
        left--
        judge(one, result)
      })
    }
    while (left > 0) {
      await pass(100)
      if (stand-- > 0) clock.jump(STANDSTILL_MS)
    }
    if (pauseMs > 0) await pass(pauseMs)
  }
  await line.stop()
  return told
}

test.each([
  ['units of their own on one wire', true],
  ['units behind a gateway that serves one after the other', false],
])('%s', { timeout: 120_000 }, async (_, independent) => {
  const sum = { good: 0, unconfirmed: 0, failed: 0 }
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { wrong, good, unconfirmed, failed } = await readAll(given, { independent })
      sum.good += good
      sum.unconfirmed += unconfirmed
      sum.failed += failed
      expect(wrong).toBe(0)
    }),
    { numRuns: Number(process.env.OUTPOST_CROSSING_RUNS ?? 150) },
  )
  // The property says nothing where nothing is believed, or nothing goes wrong.
  expect(sum.good).toBeGreaterThan(100)
  expect(sum.unconfirmed).toBeGreaterThan(30)
  expect(sum.failed).toBeGreaterThan(100)
})
