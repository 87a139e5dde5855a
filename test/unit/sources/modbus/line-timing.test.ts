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

function unit(unitId: number, counts: readonly number[], pollIntervalMs = 1000): UnitLoad {
  const reads = counts.map((count, index) => ({ table: 'holding-register' as const, address: index * 200, count }))
  return { deviceId: `unit-${unitId}`, unitId, pollIntervalMs, reads }
}

function load(units: readonly UnitLoad[], rest: Partial<LineLoad> = {}): LineLoad {
  return { transport: SERIAL, timing: {}, replyTimeMs: 50, units, ...rest }
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
    const reads = [{ table: 'coil' as const, address: 0, count: 20 }]
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
    expect(overTcp.units[0]?.readWithinMsOneDead).toBe(1000 + 950)
  })

  test('the worst dead unit is the one that took least of the line', () => {
    const { units } = of([unit(1, [1]), unit(2, [1]), unit(3, [1, 1, 1, 1, 1])], { timeoutMs: 300 })
    // One request of each living unit, or of each of the others, and the time-out.
    expect(units.slice(0, 2).map((each) => each.readWithinMsOneDead)).toEqual([1000 + 400, 1000 + 400])
    // Five requests of its own take so long that the living one and the dead one can come twice between them.
    expect(units[2]?.readWithinMsOneDead).toBe(1000 + 250 + 2 * 50 + 2 * 300)
  })

  test('nothing else can be dead on a line with one unit, and a line may have none', () => {
    expect(of([unit(1, [1])]).units[0]?.readWithinMsOneDead).toBeNull()
    expect(of([])).toMatchObject({ cycleMs: 0, cycleMsOneDead: 0, loadPercent: 0, units: [] })
  })

  test('time-outs in a row with no reply between cost a TCP connection, and a reading with it', () => {
    const timing = { timeoutMs: 1000, reconnectDelayMs: 500 }
    const rare = of([unit(1, [1], 60_000), unit(2, [1], 1000)], timing).units[0]
    expect(rare?.readWithinMsOneDead).toBe(60_000 + 1050 + 60_000 + 500)
    const often = of([unit(1, [1], 1000), unit(2, [1], 1000)], timing).units[0]
    expect(often?.readWithinMsOneDead).toBe(1050 + 1050)
  })
})

/** Whole numbers, so that the simulation adds up to the ms. */
const units = fc
  .array(
    fc.record({
      counts: fc.array(fc.constant(1), { minLength: 1, maxLength: 4 }),
      pollIntervalMs: fc.integer({ min: 40, max: 3000 }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((all) => all.map(({ counts, pollIntervalMs }, i) => unit(i + 1, counts, pollIntervalMs)))

describe('whatever the units and their phases', () => {
  test('no unit of a healthy line is later than predicted', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 5, max: 120 }), fc.infiniteStream(fc.nat(3000)), (all, ms, phases) => {
        const predicted = predictLine(load(all, { transport: TCP, replyTimeMs: ms }))
        const seen = simulateLine({ units: all, requestMs: ms, phases, untilMs: 20_000 })
        for (const [i, unitOf] of predicted.units.entries()) {
          expect(seen[i]?.longestAnswerMs).toBeLessThanOrEqual(unitOf.answerWithinMs)
          expect(seen[i]?.longestGapMs).toBeLessThanOrEqual(unitOf.readWithinMs)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('no unit is later than predicted while another is dead', () => {
    fc.assert(
      fc.property(units, fc.nat(5), fc.infiniteStream(fc.nat(3000)), (all, which, phases) => {
        const dead = { index: which % all.length, costMs: 400 }
        // Serial, because a serial line is never taken for half-open.
        const transport = { ...SERIAL, baudRate: 1e9 }
        const timing = { timeoutMs: 250, quietAfterTimeoutMs: 150 }
        const predicted = predictLine(load(all, { transport, timing, replyTimeMs: 28 }))
        const seen = simulateLine({ units: all, requestMs: 30, phases, untilMs: 20_000, dead })
        for (const [i, { readWithinMsOneDead }] of predicted.units.entries()) {
          if (i !== dead.index) expect(seen[i]?.longestGapMs).toBeLessThanOrEqual((readWithinMsOneDead ?? 0) + 1)
        }
      }),
      { numRuns: 300 },
    )
  })
})
