import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LineLoad, predictLine, type UnitLoad } from '../../../../gateway/sources/modbus/line-timing.ts'
import { simulateLine } from './simulated-line.ts'

const SERIAL = {
  type: 'modbus-rtu',
  path: '/dev/ttyS0',
  baudRate: 9600,
  parity: 'none',
  dataBits: 8,
  stopBits: 1,
} as const
const TCP = { type: 'modbus-tcp', host: '192.0.2.1', port: 502 } as const

const REGISTERS = { table: 'holding-register', isAlarm: true } as const

function unit(unitId: number, counts: readonly number[], pollIntervalMs = 1000): UnitLoad {
  const reads = counts.map((count, index) => ({ ...REGISTERS, address: index * 200, count }))
  return { deviceId: `unit-${unitId}`, unitId, pollIntervalMs, reads }
}

function restUnit(unitId: number, pollIntervalMs = 1000): UnitLoad {
  return { ...unit(unitId, [], pollIntervalMs), reads: [{ ...REGISTERS, address: 0, count: 1, isAlarm: false }] }
}

function load(units: readonly UnitLoad[], rest: Partial<LineLoad> = {}): LineLoad {
  return { transport: SERIAL, timing: {}, replyTimeMs: 50, hasCommands: false, units, ...rest }
}

describe('one request', () => {
  test('takes both frames on the wire, the reply time and the pause of 3.5 characters', () => {
    const { units, pauseMs } = predictLine(load([unit(1, [10])]))
    const [request] = units[0]?.requests ?? []
    expect(request).toMatchObject({ requestBytes: 8, replyBytes: 25 })
    // 33 characters of 10 bits at 9600 baud; 3.5 of them are 3.65 ms, and a timer waits 4.
    expect(request?.ms).toBeCloseTo(33 * (10_000 / 9600) + 50 + 4, 6)
    expect(pauseMs).toBe(4)
  })

  test.each([
    ['parity makes a character 11 bits', { ...SERIAL, parity: 'even' } as const, 33 * (11_000 / 9600) + 50 + 5],
    ['above 19,200 baud the pause is 1.75 ms', { ...SERIAL, baudRate: 115_200 }, 33 * (10_000 / 115_200) + 50 + 2],
    ['behind a TCP endpoint the wire is in the reply time', TCP, 50],
  ])('%s', (_, transport, ms) => {
    expect(predictLine(load([unit(1, [10])], { transport })).units[0]?.requests[0]?.ms).toBeCloseTo(ms, 6)
  })

  test('is shorter for coils, eight of which share a byte', () => {
    const reads = [{ table: 'coil' as const, address: 0, count: 20, isAlarm: false }]
    const { units } = predictLine(load([{ ...unit(1, []), reads }]))
    expect(units[0]?.requests[0]).toMatchObject({ requestBytes: 8, replyBytes: 8 })
  })

  test('waits for the delay between requests where it is longer than the silence', () => {
    const { units } = predictLine(load([unit(1, [10])], { timing: { interRequestDelayMs: 100 } }))
    expect(units[0]?.requests[0]?.ms).toBeCloseTo(33 * (10_000 / 9600) + 50 + 100, 6)
  })
})

describe('a line of 50 ms a request', () => {
  const of = (units: readonly UnitLoad[], timing: LineLoad['timing'] = {}) =>
    predictLine(load(units, { transport: TCP, timing }))

  test('has the cycle and the load of all its requests', () => {
    expect(of([unit(1, [1, 1]), unit(2, [1], 500)])).toMatchObject({ cycleMs: 150, loadPercent: 20 })
  })

  test('a change is read at the latest one interval and one wait for all others after it', () => {
    const { units } = of([unit(1, [1]), unit(2, [1]), unit(3, [1])])
    expect(units.map(({ answerWithinMs, readWithinMs }) => [answerWithinMs, readWithinMs])).toEqual([
      [150, 1150],
      [150, 1150],
      [150, 1150],
    ])
  })

  test('a unit with many reads meets a slow neighbour once, a fast one before each of its reads', () => {
    const five = [1, 1, 1, 1, 1]
    expect(of([unit(1, five), unit(2, [1], 10_000)]).units[0]?.answerWithinMs).toBe(5 * 50 + 50)
    expect(of([unit(1, five), unit(2, [1], 10)]).units[0]?.answerWithinMs).toBe(5 * 50 + 5 * 50)
  })

  test('says which intervals are kept', () => {
    const kept = (units: readonly UnitLoad[]) => of(units).units.map((of) => of.intervalKept)
    expect(kept([unit(1, [1]), unit(2, [1])])).toEqual(['always', 'always'])
    expect(kept([unit(1, [1], 90), unit(2, [1], 5000)])).toEqual(['on-average', 'always'])
    expect(kept([unit(1, [1], 60), unit(2, [1], 60), unit(3, [1], 5000)])).toEqual(['no', 'no', 'always'])
  })

  test('a dead unit costs its time-out; on RTU the silence after it too', () => {
    const units = [unit(1, [1]), unit(2, [1])]
    expect(of(units, { timeoutMs: 300 })).toMatchObject({ cycleMs: 100, cycleMsOneDead: 350, quietMs: 0 })
    const rtu = { ...TCP, type: 'modbus-rtu-over-tcp' } as const
    const overTcp = predictLine(load(units, { transport: rtu, timing: { timeoutMs: 300 } }))
    expect(overTcp).toMatchObject({ cycleMsOneDead: 50 + 300 + 600, quietMs: 600 })
    expect(overTcp.units[0]?.oneDead?.readWithinMs).toBe(1000 + 950)
  })

  test('the worst dead unit is the one that took least of the line', () => {
    const { units } = of([unit(1, [1]), unit(2, [1]), unit(3, [1, 1, 1, 1, 1])], { timeoutMs: 300 })
    // One request of each living unit, or of each of the others, and the time-out.
    expect(units.slice(0, 2).map((each) => each.oneDead?.readWithinMs)).toEqual([1000 + 400, 1000 + 400])
    // All of the line is served within less than an interval, so the living one comes once and the dead one too.
    expect(units[2]?.oneDead?.readWithinMs).toBe(1000 + 250 + 50 + 300)
  })

  test('what may raise an alarm is read first, and one of the rest comes between', () => {
    const units = [unit(1, [1]), unit(2, [1]), ...[3, 4, 5, 6].map((id) => restUnit(id))]
    const [alarm] = of(units, { timeoutMs: 300 }).units
    // The other alarm read, its own, and one of the rest that is on the line already; with one dead its time-out too.
    expect(alarm).toMatchObject({ answerWithinMs: 150, alarmReadWithinMs: 1150, oneDead: { alarmReadWithinMs: 1450 } })
    // A unit that has both reads its alarm points first, and its next cycle begins when all of it is answered.
    const both = { ...unit(1, [1, 1]), pollIntervalMs: 100 }
    both.reads = [{ ...REGISTERS, address: 0, count: 1, isAlarm: false }, ...both.reads.slice(1)]
    const [mixed] = of([both, unit(2, [1], 60_000)]).units
    expect(mixed?.requests.map(({ isAlarm }) => isAlarm)).toEqual([true, false])
    expect(mixed).toMatchObject({ answerWithinMs: 150, readWithinMs: 300, alarmReadWithinMs: 250 })
  })

  test('one command with its verification may come between', () => {
    const { units } = predictLine(load([unit(1, [1]), unit(2, [1])], { transport: TCP, hasCommands: true }))
    expect(units[0]).toMatchObject({ answerWithinMs: 100 + 2 * 50, readWithinMs: 1200 })
  })

  test('nothing else can be dead on a line with one unit, and a line may have none', () => {
    expect(of([unit(1, [1])]).units[0]?.oneDead).toBeNull()
    expect(of([])).toMatchObject({ cycleMs: 0, cycleMsOneDead: 0, loadPercent: 0, units: [] })
  })

  test('time-outs in a row with no reply between cost a TCP connection, and a reading with it', () => {
    const timing = { timeoutMs: 1000, reconnectDelayMs: 500 }
    const rare = of([unit(1, [1], 60_000), unit(2, [1], 1000)], timing).units[0]
    expect(rare?.oneDead?.readWithinMs).toBe(60_000 + 1050 + 60_000 + 500)
    const often = of([unit(1, [1], 1000), unit(2, [1], 1000)], timing).units[0]
    expect(often?.oneDead?.readWithinMs).toBe(1050 + 1050)
  })
})

/** Whole numbers, so that the simulation adds up to the ms. */
const someUnits = fc
  .array(
    fc.record({
      alarms: fc.nat(3),
      rest: fc.nat(3),
      pollIntervalMs: fc.integer({ min: 40, max: 3000 }),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ alarms, rest, pollIntervalMs }, i) => {
      const reads = [...Array(alarms).fill(true), ...Array(Math.max(rest, alarms === 0 ? 1 : 0)).fill(false)]
      return {
        ...unit(i + 1, [], pollIntervalMs),
        reads: reads.map((isAlarm: boolean, at) => ({ ...REGISTERS, isAlarm, address: 200 * at, count: 1 })),
      }
    }),
  )
const choices = fc.infiniteStream(fc.nat(3000))
/** Of sums of floating-point times. */
const NOISE = 1e-6

describe('whatever the units, their classes and their phases', () => {
  test('no unit of a healthy line is later than predicted, also while people give commands', () => {
    fc.assert(
      fc.property(someUnits, fc.integer({ min: 5, max: 120 }), fc.boolean(), choices, (units, ms, hasCommands, by) => {
        const predicted = predictLine(load(units, { transport: TCP, replyTimeMs: ms, hasCommands }))
        const longest = Math.max(...predicted.units.map(({ answerWithinMs }) => answerWithinMs))
        const command = hasCommands ? { command: { requests: 2, pauseMs: longest } } : {}
        const seen = simulateLine({ units, requestMs: ms, choices: by, untilMs: 20_000, hasPause: false, ...command })
        for (const [i, unitOf] of predicted.units.entries()) {
          expect(seen[i]?.answerMs).toBeLessThanOrEqual(unitOf.answerWithinMs + NOISE)
          expect(seen[i]?.readMs).toBeLessThanOrEqual(unitOf.readWithinMs + NOISE)
          expect(seen[i]?.alarmReadMs).toBeLessThanOrEqual(unitOf.alarmReadWithinMs + NOISE)
        }
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['with a pause between requests', true],
    ['without one', false],
  ])('no unit is later than predicted while another is dead, %s', (_, hasPause) => {
    fc.assert(
      fc.property(someUnits, fc.nat(11), choices, (units, which, by) => {
        const predicted = predictLine(load(units, deadCost(hasPause)))
        const dead = { index: which % units.length, costMs: 400 }
        const seen = simulateLine({ units, requestMs: 31, choices: by, untilMs: 20_000, hasPause, dead })
        for (const [i, { oneDead }] of predicted.units.entries()) {
          if (i === dead.index) continue
          expect(seen[i]?.readMs).toBeLessThanOrEqual((oneDead?.readWithinMs ?? 0) + NOISE)
          expect(seen[i]?.alarmReadMs).toBeLessThanOrEqual((oneDead?.alarmReadWithinMs ?? 0) + NOISE)
        }
      }),
      { numRuns: 200 },
    )
  })

  test.each([true, false])(
    'a dead unit does not come between the requests of another, pause or not (%s)',
    (hasPause) => {
      const units = [unit(1, [1, 1, 1, 1, 1, 1], 3000), unit(2, [1], 40)]
      const dead = { index: 1, costMs: 400 }
      const seen = simulateLine({ units, requestMs: 31, choices: zeros(), untilMs: 3000, hasPause, dead })
      const predicted = predictLine(load(units, deadCost(hasPause))).units[0]
      expect(seen[0]?.answerMs).toBe(6 * 31 + 400)
      expect((predicted?.oneDead?.readWithinMs ?? 0) - 3000).toBe(6 * 31 + 400)
    },
  )
})

/** A time-out with its silence takes 400 ms, and one request 31 ms. */
function deadCost(hasPause: boolean): Partial<LineLoad> {
  const timing = { timeoutMs: 250, quietAfterTimeoutMs: 150 }
  // Behind TCP the wire takes no time, and as RTU a line is never taken for half-open so soon.
  const transport = { type: 'modbus-rtu-over-tcp', host: '192.0.2.1', port: 502 } as const
  const pauseMs = hasPause ? 1 : 0
  return {
    transport,
    timing: { ...timing, reconnectAfterTimeouts: 99, interRequestDelayMs: pauseMs },
    replyTimeMs: 31 - pauseMs,
  }
}

function* zeros(): Generator<number> {
  for (;;) yield 0
}

/** Units, their interval, and the classes of their reads. */
const TYPICAL: readonly (readonly [string, readonly (readonly [number, number, string])[]])[] = [
  ['8 gauges', [[8, 1000, 'A']]],
  [
    '16 detectors and 4 meters',
    [
      [16, 2000, 'A'],
      [4, 10_000, 'RR'],
    ],
  ],
  ['20 units that have both', [[20, 5000, 'AR']]],
  ['32 detectors', [[32, 4000, 'A']]],
  [
    '4 gauges and 8 meters',
    [
      [4, 1000, 'A'],
      [8, 2000, 'R'],
    ],
  ],
  [
    '10 detectors and 3 long meters',
    [
      [10, 2000, 'A'],
      [3, 5000, 'RRR'],
    ],
  ],
]

describe.each(TYPICAL)('what is predicted is not far from what can happen: %s', (_, groups) => {
  const units = groups.flatMap(([count, pollIntervalMs, classes]) =>
    Array.from({ length: count }, (): UnitLoad => {
      const reads = [...classes].map((of, at) => ({ ...REGISTERS, isAlarm: of === 'A', address: 200 * at, count: 1 }))
      return { deviceId: 'any', unitId: 1, pollIntervalMs, reads }
    }),
  )
  const timing = { timeoutMs: 500, quietAfterTimeoutMs: 300 }
  const predicted = predictLine(load(units, { transport: { ...SERIAL, baudRate: 1e9 }, timing, replyTimeMs: 78 }))

  test.each([
    ['healthy', undefined],
    ['with one dead', { index: 0, costMs: 800 }],
  ] as const)('%s', (_, dead) => {
    const worst = { readMs: 0, alarmReadMs: 0 }
    fc.assert(
      fc.property(choices, fc.boolean(), (by, isDrifting) => {
        // The intervals of real units never stay in step.
        const drawn = units.map((of, i) => ({ ...of, pollIntervalMs: of.pollIntervalMs + (isDrifting ? i % 7 : 0) }))
        const seen = simulateLine({
          units: drawn,
          requestMs: 80,
          choices: by,
          untilMs: 30_000,
          hasPause: true,
          ...(dead && { dead }),
        })
        worst.readMs = Math.max(worst.readMs, ...seen.map(({ readMs }) => readMs))
        worst.alarmReadMs = Math.max(worst.alarmReadMs, ...seen.map(({ alarmReadMs }) => alarmReadMs))
      }),
      { numRuns: 100 },
    )
    const bounds = predicted.units.map((of) => (dead === undefined ? of : of.oneDead))
    expect(Math.max(...bounds.map((of) => of?.readWithinMs ?? 0)) / worst.readMs).toBeLessThan(2)
    const alarmBounds = bounds.filter((_, i) => units[i]?.reads.some(({ isAlarm }) => isAlarm))
    expect(Math.max(...alarmBounds.map((of) => of?.alarmReadWithinMs ?? 0)) / worst.alarmReadMs).toBeLessThan(2)
  })
})
