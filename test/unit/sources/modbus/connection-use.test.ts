/** How a line uses its connections: kept, released between polls, or several to one device. All on a fake clock. */
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import type { Sample } from '../../../../gateway/model.ts'
import { RELEASE_AFTER_MS } from '../../../../gateway/sources/modbus/line.ts'
import {
  createModbusLine,
  type ModbusLineOptions,
  type ModbusUnit,
} from '../../../../gateway/sources/modbus/modbus-line.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLine } from '../../../support/memory-line.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveOptions, withCrc } from '../../../support/modbus-slave.ts'

const TCP = { type: 'modbus-tcp', host: 'device', port: 502 } as const
const RTU = { type: 'modbus-rtu-over-tcp', host: 'gateway', port: 4001 } as const
const INTERVAL_MS = 5_000

function point(id: string, address: number): PointProfile {
  const modbus = { table: 'holding-register', address, type: 'uint16' } as const
  return { id, name: { zh: id, en: id }, unit: '1', type: 'number', modbus }
}

function unit(unitId: number, rest: Partial<ModbusUnit> = {}): ModbusUnit {
  const points = [point('a', unitId), point('b', 100 + unitId)]
  return { deviceId: `unit-${unitId}`, unitId, pollIntervalMs: INTERVAL_MS, points, ...rest }
}

async function startLine(
  options: Omit<ModbusLineOptions, 'id'>,
  { serve, ...slaveOptions }: Omit<SlaveOptions, 'framing' | 'clock'> & { serve?: (stream: Duplex) => void } = {},
) {
  const clock = new FakeClock()
  const framing = options.transport.type === 'modbus-tcp' ? 'tcp' : 'rtu'
  const slave = new ModbusSlave({ ...slaveOptions, framing, clock })
  const far = createMemoryLine((stream) => {
    slave.serve(stream)
    serve?.(stream)
  })
  const log = createMemoryLog()
  const line = createModbusLine({ id: 'line', ...options }, { clock, log, open: far.open })
  onTestFinished(() => line.stop())
  const samples: Sample[] = []
  await line.start((sample) => {
    samples.push(sample)
    return Promise.resolve()
  })
  return { clock, slave, far, line, samples, log }
}

test('on a connection that is kept the units begin their cycles spread over the interval', async () => {
  const times: number[] = []
  const serve = (stream: Duplex): void => void stream.on('data', () => times.push(clock.now().mono))
  const units = [1, 2, 3, 4].map((unitId) => unit(unitId, { points: [point('a', unitId)] }))
  const { clock, slave } = await startLine({ transport: TCP, units }, { serve })
  await clock.advance(2 * INTERVAL_MS - 1)
  expect(slave.requests.map(({ unitId }) => unitId)).toEqual([1, 2, 3, 4, 1, 2, 3, 4])
  expect(times).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((turn) => (turn * INTERVAL_MS) / 4))
})

describe('a connection that is released between polls', () => {
  const released = { connection: 'release-between-polls' } as const

  test('is there for one cycle of all units, then closed, and open again for the next', async () => {
    const { clock, slave, far, line, samples } = await startLine({
      ...{ ...released, transport: TCP, units: [unit(1), unit(2), unit(3)], connectDelayMs: 40 },
    })
    for (let cycle = 1; cycle <= 4; cycle++) {
      await clock.advance(39)
      expect(far).toMatchObject({ opened: cycle, present: 1 })
      expect(slave.requests).toHaveLength(6 * (cycle - 1))
      await clock.advance(21 + RELEASE_AFTER_MS)
      expect(far).toMatchObject({ opened: cycle, present: 0 })
      expect(slave.requests).toHaveLength(6 * cycle)
      // Nothing is wrong with a line that has let go of its device.
      expect(line.status()).toMatchObject({ connected: true, error: null, connects: cycle })
      await clock.advance(INTERVAL_MS - 60 - RELEASE_AFTER_MS)
    }
    expect(new Set(samples.map(({ type }) => type))).toEqual(new Set(['registers']))
    expect(far.most).toBe(1)
  })

  test('stays through the pause that a busy device asks for', async () => {
    const { clock, slave, far } = await startLine(
      { ...released, transport: TCP, units: [unit(1)] },
      { answer: ({ index }) => (index === 0 ? { type: 'exception', code: 6 } : { type: 'right' }) },
    )
    await clock.advance(RELEASE_AFTER_MS)
    expect(slave.requests).toHaveLength(3)
    expect(far.opened).toBe(1)
  })

  test('is kept where the polls leave no time', async () => {
    const { clock, far } = await startLine({
      ...{ ...released, transport: TCP, units: [unit(1, { pollIntervalMs: RELEASE_AFTER_MS - 10 })] },
    })
    await clock.advance(10_000)
    expect(far).toMatchObject({ opened: 1, present: 1 })
  })

  test('on RTU stays until a reply that is late has passed, and the reply finds nobody else', async () => {
    const { clock, far, line, samples } = await startLine(
      { ...released, transport: RTU, units: [unit(1)], timeoutMs: 300, quietAfterTimeoutMs: 1_000 },
      { answer: ({ index }) => ({ type: 'right', ...(index === 0 && { afterMs: 1_200 }) }) },
    )
    await clock.advance(300 + 300 + 800)
    expect(far).toMatchObject({ opened: 1, present: 1 })
    // It came 1200 ms after its request: the silence begins anew, and is longer from now on.
    await clock.advance(2_600)
    expect(far.present).toBe(0)
    expect(line.status().lateReplies).toBe(1)
    await clock.advance(INTERVAL_MS)
    expect(samples.map(({ type }) => type)).toEqual(['device-failure', 'registers', 'registers'])
    expect(samples[1]).toMatchObject({ unconfirmed: true, address: 101 })
  })

  test('on RTU drops what another master asked while it was away', async () => {
    const streams: Duplex[] = []
    const { clock, far, line, samples } = await startLine(
      { ...released, transport: RTU, units: [unit(1)], timeoutMs: 300 },
      { serve: (stream) => streams.push(stream) },
    )
    await clock.advance(INTERVAL_MS - 1)
    const before = samples.length
    expect(far.present).toBe(0)
    await clock.advance(1)
    // The reply to another master's question about another register, of the very form that is expected here.
    streams.at(-1)?.write(withCrc(Buffer.of(1, 3, 2, 0x12, 0x34)))
    await clock.advance(INTERVAL_MS - 1)
    expect(line.status().lateReplies).toBe(1)
    expect(samples.slice(before)).toMatchObject([
      { type: 'registers', address: 1, words: Uint16Array.of(1) },
      { type: 'registers', address: 101, words: Uint16Array.of(101) },
    ])
  })

  test('that somebody else holds makes the poll fail, and the next one tries again', async () => {
    let taken = true
    const refuse = (): void => {
      if (taken) throw new Error('cannot connect to device:502: the device allows no further connection')
    }
    const { clock, samples, line, log } = await startLine(
      { ...released, transport: TCP, units: [unit(1)] },
      { serve: refuse },
    )
    await clock.advance(INTERVAL_MS - 1)
    expect(samples).toMatchObject([
      { type: 'device-failure', detail: expect.stringContaining('no further connection') },
    ])
    expect(line.status()).toMatchObject({ connected: false, units: [{ state: 'polling' }] })
    taken = false
    await clock.advance(INTERVAL_MS)
    expect(samples.slice(1)).toMatchObject([{ type: 'registers' }, { type: 'registers' }])
    expect(line.status()).toMatchObject({ connected: true, error: null })
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  test('opens for a probe in between, and not after the end', async () => {
    const { clock, far, line } = await startLine({ ...released, transport: TCP, units: [unit(1)] })
    await clock.advance(1_000)
    const asked = line.request(9, { type: 'read', table: 'holding-register', address: 7, count: 1 })
    await clock.advance(10)
    expect(await asked).toMatchObject({ type: 'reply', reply: { words: Uint16Array.of(7) } })
    await clock.advance(RELEASE_AFTER_MS)
    expect(far).toMatchObject({ opened: 2, present: 0 })
    await line.stop()
    const after = await line.request(9, { type: 'read', table: 'holding-register', address: 7, count: 1 })
    expect(after).toMatchObject({ failure: 'not-connected' })
    expect(far.opened).toBe(2)
  })
})

describe('several connections to one device', () => {
  const units = [1, 2, 3, 4, 5].map((unitId) => unit(unitId, { pollIntervalMs: 100 }))

  /** Notes which unit ids come over which connection. */
  function watched() {
    const seen: Set<number>[] = []
    const serve = (stream: Duplex): void => {
      const ids = new Set<number>()
      seen.push(ids)
      stream.on('data', (frame: Buffer) => ids.add(frame[6] ?? 0))
    }
    return { seen, serve }
  }

  test('share its units, each of which stays on one of them', async () => {
    const { seen, serve } = watched()
    const { clock, far, line, samples } = await startLine({ transport: TCP, maxConnections: 2, units }, { serve })
    await clock.advance(1_000)
    expect(far).toMatchObject({ opened: 2, present: 2 })
    expect(seen.map((ids) => [...ids].sort())).toEqual([
      [1, 3, 5],
      [2, 4],
    ])
    expect(line.status()).toMatchObject({ connected: true, connects: 2, answers: samples.length })
    line.setUnits([...units.slice(1), unit(6, { pollIntervalMs: 100 })])
    await clock.advance(1_000)
    expect(seen.map((ids) => [...ids].sort())).toEqual([
      [1, 3, 5, 6],
      [2, 4],
    ])
  })

  test('are never more than the units need', async () => {
    const { clock, far } = await startLine({ transport: TCP, maxConnections: 8, units: units.slice(0, 3) })
    await clock.advance(500)
    expect(far.opened).toBe(3)
  })

  test('are never more than allowed: not in a search for units, not while they are lost and opened again', async () => {
    const streams: Duplex[] = []
    const { clock, far, line, samples } = await startLine(
      { transport: TCP, maxConnections: 2, units, timeoutMs: 50, reconnectDelayMs: 20 },
      { serve: (stream) => streams.push(stream) },
    )
    await clock.advance(200)
    for (let round = 0; round < 20; round++) {
      for (const stream of streams.slice(-2)) stream.destroy()
      const asked = [7, 8, 9].map((unitId) =>
        line.request(unitId, { type: 'read', table: 'coil', address: 0, count: 1 }),
      )
      await clock.advance(150)
      await Promise.all(asked)
    }
    expect(far.opened).toBeGreaterThan(20)
    expect(far.most).toBe(2)
    expect(samples.filter(({ type }) => type === 'registers').length).toBeGreaterThan(100)
  })

  test('one that hangs costs its own units only', async () => {
    const { clock, samples, line } = await startLine(
      { transport: TCP, maxConnections: 2, units, timeoutMs: 1_000 },
      { answer: ({ unitId }) => (unitId % 2 === 0 ? { type: 'silence' } : { type: 'right' }) },
    )
    await clock.advance(10_000)
    const read = (unitId: number) =>
      samples.filter(({ type, deviceId }) => type === 'registers' && deviceId === `unit-${unitId}`).length
    // Two reads in each of 100 cycles.
    for (const unitId of [1, 3, 5]) expect(read(unitId)).toBeGreaterThanOrEqual(196)
    for (const unitId of [2, 4]) expect(read(unitId)).toBe(0)
    expect(line.status().units.map(({ state }) => state)).toEqual([
      ...['polling', 'demoted', 'polling', 'demoted', 'polling'],
    ])
  })
})
