import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../gateway/clock.ts'
import { type ScanOptions, type ScanProgress, type ScanResult, scan } from '../../../gateway/commission/scan.ts'
import type { SlaveAnswer, SlaveOptions } from '../../support/modbus-slave.ts'
import { type LineToSlave, lineToSlave } from './line-to-slave.ts'

let here: LineToSlave | null = null
afterEach(() => here?.stop())

interface Given {
  readonly timeoutMs?: number
  readonly from?: number
  readonly to?: number
  readonly quietMs?: number
  readonly polled?: NonNullable<ScanOptions['polled']>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ScanProgress) => void
}

async function scanAgainst(options: SlaveOptions, given: Given = {}): Promise<ScanResult> {
  here = await lineToSlave(options, { timeoutMs: 1000, quietAfterTimeoutMs: 40, reconnectAfterTimeouts: 2 })
  const { signal = new AbortController().signal, ...rest } = given
  return await scan({ from: 1, to: 10, timeoutMs: 120, line: here.line, clock: systemClock, signal, ...rest })
}

/** Silence for every unit id that is not named. */
function only(units: Readonly<Record<number, SlaveAnswer>>): NonNullable<SlaveOptions['answer']> {
  return ({ unitId }) => units[unitId] ?? { type: 'silence' }
}

describe.each(['tcp', 'rtu'] as const)('a scan with %s framing', (framing) => {
  test('finds what answers, be it with an exception, over one connection', async () => {
    const progress: ScanProgress[] = []
    const answer = only({ 2: { type: 'right' }, 9: { type: 'exception', code: 2 } })
    const result = await scanAgainst(
      { framing, answer, word: () => 0x1234 },
      { onProgress: (now) => progress.push(now) },
    )
    expect(result).toEqual({
      ...{ done: 10, total: 10, unreachable: 0, ended: 'complete', error: null },
      findings: [
        { type: 'unit', unitId: 2, detail: 'holding register 0 is 0x1234', replyMs: expect.any(Number) },
        { type: 'unit', unitId: 9, detail: 'exception 2 (illegal data address)', replyMs: expect.any(Number) },
      ],
    })
    expect(here?.slave.requests.map(({ unitId }) => unitId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(here?.slave.connections).toBe(1)
    expect(progress.map(({ done, findings }) => [done, findings.length])).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((done) => [done, done < 2 ? 0 : done < 9 ? 1 : 2]),
    ])
  })

  test('what cannot be a reply is reported as garbled, not as a unit', async () => {
    const change = (frame: Buffer): Buffer[] => {
      const broken = Buffer.from(frame)
      // Of MBAP the unit id, of RTU the CRC.
      const at = framing === 'tcp' ? 6 : frame.length - 1
      broken[at] = (broken[at] ?? 0) ^ 0x55
      return [broken]
    }
    const result = await scanAgainst({
      framing,
      answer: only({ 3: { type: 'changed', change }, 4: { type: 'right' } }),
    })
    expect(result.findings.map(({ type, unitId }) => [type, unitId])).toEqual([
      ['garbled', 3],
      ['unit', 4],
    ])
  })

  test('a cancelled scan ends at once and keeps what it found', async () => {
    const cancel = new AbortController()
    const result = await scanAgainst(
      { framing, answer: only({ 1: { type: 'right' } }) },
      { signal: cancel.signal, onProgress: ({ done }) => done === 4 && cancel.abort() },
    )
    expect(result).toMatchObject({ done: 4, ended: 'cancelled', findings: [{ unitId: 1 }] })
    expect(here?.slave.requests).toHaveLength(4)
  })
})

test('a gateway in between that reaches nothing is not a unit', async () => {
  const answer: SlaveOptions['answer'] = ({ unitId }) =>
    unitId === 5 ? { type: 'right' } : { type: 'exception', code: unitId < 5 ? 10 : 11 }
  const result = await scanAgainst({ framing: 'tcp', answer })
  expect(result).toMatchObject({ unreachable: 9, findings: [{ type: 'unit', unitId: 5 }] })
})

test('a device that closes the connection at a foreign unit id is still found', async () => {
  const answer: SlaveOptions['answer'] = ({ unitId }) => (unitId === 3 ? { type: 'close' } : { type: 'right' })
  const result = await scanAgainst({ framing: 'tcp', answer }, { to: 5, timeoutMs: 2_000 })
  expect(result.findings.map(({ unitId }) => unitId)).toEqual([1, 2, 4, 5])
  expect(result.ended).toBe('complete')
})

test('a line that is lost ends the scan with its reason, after what was found', async () => {
  const result = await scanAgainst({
    framing: 'tcp',
    answer: ({ unitId }) => {
      if (unitId !== 2) return { type: 'right' }
      void here?.slave.stop()
      return { type: 'close' }
    },
  })
  expect(result).toMatchObject({ ended: 'line-lost', findings: [{ unitId: 1 }] })
  expect(result.error).toMatch(/nothing listens there/)
})

test('a line that never connects is lost at the first unit', async () => {
  here = await lineToSlave({ framing: 'tcp' })
  await here.slave.stop()
  await here.line.stop()
  const options = { from: 1, to: 247, timeoutMs: 20, clock: systemClock, signal: new AbortController().signal }
  expect(await scan({ line: here.line, ...options })).toMatchObject({ done: 0, ended: 'line-lost' })
})

test('units that are polled are asked with the patience of a poll, and only for what is polled of them', async () => {
  const answer: SlaveOptions['answer'] = ({ unitId }) =>
    unitId === 2 ? { type: 'right', afterMs: 200 } : { type: 'silence' }
  const polled = new Map([[2, { table: 'input-register', address: 7, count: 2 } as const]])
  const result = await scanAgainst({ framing: 'rtu', answer }, { to: 3, quietMs: 5, polled })
  expect(result.findings).toMatchObject([{ type: 'unit', unitId: 2, detail: 'input register 7 is 0x0007' }])
  expect(here?.slave.requests[1]).toMatchObject({ unitId: 2, functionCode: 4, address: 7, count: 2 })
})

test('leaves the line to others for a multiple of the time it took', async () => {
  here = await lineToSlave({ framing: 'tcp', answer: () => ({ type: 'silence' }) })
  const signal = new AbortController().signal
  const slept: number[] = []
  const clock = {
    ...systemClock,
    sleep: (ms: number) => {
      slept.push(ms)
      return Promise.resolve()
    },
  }
  await scan({ line: here.line, from: 1, to: 3, timeoutMs: 20, clock, signal, restFactor: 3 })
  expect(slept).toHaveLength(3)
  for (const ms of slept) expect(ms).toBeGreaterThanOrEqual(55)
})
