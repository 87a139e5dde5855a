import { once } from 'node:events'
import { ServerTCP } from 'modbus-serial'
import { afterEach, describe, expect, test } from 'vitest'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import { systemClock } from '../../../../gateway/clock.ts'
import type { Emit, Sample } from '../../../../gateway/model.ts'
import {
  createModbusLine,
  type ModbusLineOptions,
  type ModbusUnit,
} from '../../../../gateway/sources/modbus/modbus-line.ts'
import { MAX_UNSTORED_SAMPLES } from '../../../../gateway/sources/modbus/poll.ts'
import { MAX_SUSPECT_OVERTAKEN } from '../../../../gateway/sources/modbus/request-queue.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveOptions } from '../../../support/modbus-slave.ts'
import { freePort } from '../../../support/server-process.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

type Of<Type extends Sample['type']> = Sample & { readonly type: Type }

/** Keeps what a source emits and lets a test wait for it. */
class Samples {
  readonly all: Sample[] = []
  readonly #watchers = new Set<() => void>()

  readonly emit: Emit = (sample) => {
    this.all.push(sample)
    for (const check of this.#watchers) check()
    return Promise.resolve()
  }

  of<Type extends Sample['type']>(type: Type, deviceId?: string): Of<Type>[] {
    const fits = (sample: Sample): sample is Of<Type> =>
      sample.type === type && (deviceId === undefined || sample.deviceId === deviceId)
    return this.all.filter(fits)
  }

  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!done()) return
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
  }
}

async function startSlave(options: SlaveOptions): Promise<ModbusSlave> {
  const slave = await new ModbusSlave(options).start()
  stops.push(() => slave.stop())
  return slave
}

async function startSource(port: number, options: Partial<ModbusLineOptions> & Pick<ModbusLineOptions, 'units'>) {
  const samples = new Samples()
  const log = createMemoryLog()
  const transport = { type: 'modbus-tcp', host: '127.0.0.1', port } as const
  const source = createModbusLine(
    { id: 'line', transport, timeoutMs: 200, reconnectDelayMs: 10, maxReconnectDelayMs: 50, ...options },
    { clock: systemClock, log },
  )
  stops.push(() => source.stop())
  await source.start(samples.emit)
  return { source, samples, log }
}

type Binding = NonNullable<PointProfile['modbus']>
function point(id: string, address: number, binding: Partial<Binding> = {}): PointProfile {
  const modbus: Binding = { table: 'holding-register', address, type: 'uint16', ...binding }
  return { id, name: { zh: id, en: id }, unit: '1', type: 'number', modbus }
}

function unit(unitId: number, points: readonly PointProfile[], rest: Partial<ModbusUnit> = {}): ModbusUnit {
  return { deviceId: `unit-${unitId}`, unitId, pollIntervalMs: 30, points, ...rest }
}

const ranges = (samples: readonly (Of<'registers'> | Of<'read-failure'>)[]) =>
  new Set(samples.map((sample) => `${sample.table} ${sample.address}`))

describe('polling', () => {
  test('each request gives a sample with the words of its table, stamped when the reply came', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      word: (code, address) => (code <= 2 ? address & 1 : code * address),
    })
    const before = systemClock.now()
    const { samples, source } = await startSource(slave.port, {
      units: [
        unit(3, [
          point('a', 10),
          point('b', 11, { type: 'float32' }),
          point('c', 7, { table: 'input-register' }),
          point('d', 5, { table: 'coil', type: 'bit' }),
          point('e', 8, { table: 'discrete-input', type: 'bit' }),
        ]),
      ],
    })
    await samples.until(() => samples.of('registers').length >= 8)
    expect(samples.all.slice(0, 4)).toMatchObject([
      { deviceId: 'unit-3', table: 'holding-register', address: 10, words: Uint16Array.of(30, 33, 36) },
      { table: 'input-register', address: 7, words: Uint16Array.of(28) },
      { table: 'coil', address: 5, words: Uint16Array.of(1) },
      { table: 'discrete-input', address: 8, words: Uint16Array.of(0) },
    ])
    expect(samples.all.every((sample) => sample.at.mono >= before.mono && sample.at.wall >= before.wall)).toBe(true)
    expect(samples.all.every((sample) => !('unconfirmed' in sample))).toBe(true)
    expect(source.status()).toMatchObject({
      id: 'line',
      connected: true,
      error: null,
      units: [{ state: 'polling', requestsPerCycle: 4, failuresInRow: 0, lastReplyMs: expect.any(Number) }],
    })
  })

  test('what throws for one unit is logged once, and neither ends its polling nor that of the others', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ unitId }) => ({ type: unitId === 3 ? 'silence' : 'right' }),
    })
    const log = createMemoryLog()
    const transport = { type: 'modbus-tcp', host: '127.0.0.1', port: slave.port } as const
    const units = [1, 2, 3].map((id) => unit(id, [point('a', 1)]))
    const throwing = (): void => {
      throw new Error('a defect')
    }
    // Unit 3 is silent, and saying so throws in the middle of its cycle.
    const surroundings = { clock: systemClock, log: { ...log, warn: throwing } }
    const source = createModbusLine({ id: 'line', transport, units, timeoutMs: 30 }, surroundings)
    stops.push(() => source.stop())
    const samples = new Samples()
    let thrown = 0
    await source.start((sample) => {
      if (sample.deviceId === 'unit-1') {
        thrown++
        throwing()
      }
      return samples.emit(sample)
    })
    await samples.until(() => samples.of('device-failure', 'unit-3').length > 3)
    expect(thrown).toBeGreaterThan(1)
    expect(samples.of('registers', 'unit-2').length).toBeGreaterThan(1)
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'samples of the unit cannot be stored', facts: { device: 'unit-1' } },
      { message: 'a cycle failed', facts: { device: 'unit-3' } },
    ])
  })

  test('on a line that is too slow, reads of alarm points come before the rest, which is not starved', async () => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'right', afterMs: 5 }) })
    const units = [
      ...[1, 2, 3, 4, 5, 6].map((id) => unit(id, [point('a', id)], { pollIntervalMs: 5 })),
      ...[7, 8].map((id) => unit(id, [point('a', id)], { pollIntervalMs: 5, alarmPoints: ['a'] })),
    ]
    await startSource(slave.port, { units })
    while (slave.requests.length < 200) await systemClock.sleep(5)
    const asked = (unitId: number) => slave.requests.filter((request) => request.unitId === unitId).length
    for (const alarm of [7, 8]) expect(asked(alarm)).toBeGreaterThan(60)
    for (const other of [1, 2, 3, 4, 5, 6]) expect(asked(other)).toBeGreaterThan(2)
  })

  test('a unit reads its alarm points first', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const points = [point('rest', 0), point('alarm', 500)]
    const { samples } = await startSource(slave.port, { units: [unit(1, points, { alarmPoints: ['alarm'] })] })
    await samples.until(() => samples.of('registers').length >= 4)
    expect(samples.all.slice(0, 4)).toMatchObject([500, 0, 500, 0].map((address) => ({ address })))
  })

  test('a unit that did not answer is asked again when no other waits, not in the middle of a cycle', async () => {
    // The others always want something: each of their cycles takes longer than their interval.
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ unitId }) => (unitId === 3 ? { type: 'silence' } : { type: 'right', afterMs: 3 }),
    })
    const points = [0, 500, 1000].map((address) => point(`p${address}`, address))
    const units = [1, 2].map((id) => unit(id, points, { pollIntervalMs: 5 }))
    const { source } = await startSource(slave.port, {
      units: [...units, unit(3, [point('dead', 7)], { pollIntervalMs: 5 })],
      timeoutMs: 250,
    })
    await expect.poll(() => source.status().units[2]?.failuresInRow, { timeout: 10_000 }).toBe(3)
    const asked = slave.requests.map(({ unitId }) => unitId)
    const dead = asked.flatMap((unitId, at) => (unitId === 3 ? [at] : []))
    // One request in its own class, then each after all the turns that the others may have before a suspect.
    expect((dead[1] ?? 0) - (dead[0] ?? 0)).toBeGreaterThan(MAX_SUSPECT_OVERTAKEN)
    expect((dead[2] ?? 0) - (dead[1] ?? 0)).toBeGreaterThan(MAX_SUSPECT_OVERTAKEN)
  })

  test('a unit that did not answer does not come between the reads of one that does, although nobody else waits', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ unitId }) => (unitId === 2 ? { type: 'silence' } : { type: 'right' }),
    })
    const points = [0, 500, 1000, 1500].map((address) => point(`p${address}`, address))
    const { source } = await startSource(slave.port, {
      units: [unit(1, points, { pollIntervalMs: 5 }), unit(2, [point('dead', 7)], { pollIntervalMs: 5 })],
      timeoutMs: 250,
    })
    await expect.poll(() => source.status().units[1]?.failuresInRow, { timeout: 10_000 }).toBe(3)
    const { requests } = slave
    const dead = requests.flatMap(({ unitId }, at) => (unitId === 2 ? [at] : []))
    // All but the first, which nobody could suspect yet.
    for (const at of dead.slice(1)) expect(requests[at + 1]?.address ?? 0, `request ${at}`).toBe(0)
  })

  test('a request from outside goes through the queue of the polls, and connects a line without units', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const { source } = await startSource(slave.port, { units: [] })
    const request = { type: 'read', table: 'holding-register', address: 5, count: 1 } as const
    expect(slave.connections).toBe(0)
    expect(await source.request(3, request)).toMatchObject({ type: 'reply', reply: { words: Uint16Array.of(5) } })
    await source.stop()
    expect(await source.request(3, request)).toMatchObject({ type: 'failure', failure: 'not-connected' })
  })

  test('cycles that a slow device makes late are counted and left out', async () => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'right', afterMs: 55 }) })
    const { samples, source } = await startSource(slave.port, {
      units: [unit(1, [point('a', 1)], { pollIntervalMs: 10 })],
    })
    await samples.until(() => samples.all.length >= 4)
    // One in flight, none waiting.
    expect(slave.requests.length).toBeLessThanOrEqual(samples.all.length + 1)
    expect(source.status().skippedCycles).toBeGreaterThanOrEqual(10)
  })

  test('a disk that hangs blinds nobody: polling goes on up to a bound, and past it when the disk moves', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const source = createModbusLine(
      {
        id: 'line',
        transport: { type: 'modbus-tcp', host: '127.0.0.1', port: slave.port },
        units: [unit(1, [point('a', 1), point('b', 50)], { pollIntervalMs: 1 })],
      },
      { clock: systemClock, log: createMemoryLog() },
    )
    stops.push(() => source.stop())
    const waiting: (() => void)[] = []
    let emitted = 0
    await source.start(() => {
      emitted++
      return new Promise<void>((resolve) => waiting.push(resolve))
    })
    while (emitted < MAX_UNSTORED_SAMPLES) await systemClock.sleep(5)
    const { skippedCycles } = source.status()
    while (source.status().skippedCycles < skippedCycles + 5) await systemClock.sleep(5)
    expect(emitted).toBe(MAX_UNSTORED_SAMPLES)
    for (const resolve of waiting) resolve()
    while (emitted < MAX_UNSTORED_SAMPLES + 2) await systemClock.sleep(5)
  })

  test('samples that cannot be stored are reported once', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const log = createMemoryLog()
    const transport = { type: 'modbus-tcp', host: '127.0.0.1', port: slave.port } as const
    const units = [unit(1, [point('a', 1)], { pollIntervalMs: 5 })]
    const source = createModbusLine({ id: 'line', transport, units }, { clock: systemClock, log })
    stops.push(() => source.stop())
    let refused = 0
    await source.start(() => Promise.reject(new Error(`disk full ${refused++}`)))
    while (refused < 5) await systemClock.sleep(5)
    expect(log.lines.map((line) => line.message)).toEqual(['samples of the unit cannot be stored'])
  })

  test('other units on a running line: the connection and the pace of those that stay are untouched', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const [one, two, three] = [1, 2, 3].map((id) => unit(id, [point('a', id)], { pollIntervalMs: 20 }))
    const { source, samples } = await startSource(slave.port, { units: [one, two] as ModbusUnit[] })
    await samples.until(() => samples.of('registers', 'unit-2').length >= 2)
    source.setUnits([{ ...one }, three] as ModbusUnit[])
    const seen = { one: samples.of('registers', 'unit-1').length, two: samples.of('registers', 'unit-2').length }
    await samples.until(() => samples.of('registers', 'unit-3').length >= 5)
    expect(samples.of('registers', 'unit-1').length).toBeGreaterThan(seen.one)
    expect(samples.of('registers', 'unit-2')).toHaveLength(seen.two)
    expect(samples.of('device-failure')).toEqual([])
    expect(slave.connections).toBe(1)
    expect(source.status().units.map(({ deviceId }) => deviceId)).toEqual(['unit-1', 'unit-3'])
  })

  test('a changed unit is polled as it is now', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const { source, samples } = await startSource(slave.port, { units: [unit(1, [point('a', 1)])] })
    await samples.until(() => samples.all.length >= 1)
    source.setUnits([unit(1, [point('b', 70)])])
    const before = samples.all.length
    await samples.until(() => samples.all.length >= before + 3)
    expect(samples.of('registers').slice(before)).toMatchObject([{ address: 70 }, { address: 70 }, { address: 70 }])
    expect(slave.connections).toBe(1)
  })

  test('units that can never be read change nothing on a running line', async () => {
    const slave = await startSlave({ framing: 'tcp' })
    const { source, samples } = await startSource(slave.port, { units: [unit(1, [point('a', 1)])] })
    const impossible = unit(2, [point('level', 1, { type: 'uint32' })], { maxRegistersPerRead: 1 })
    expect(() => source.setUnits([impossible])).toThrow(/level/)
    await samples.until(() => samples.of('registers', 'unit-1').length >= 3)
    expect(source.status().units.map(({ deviceId }) => deviceId)).toEqual(['unit-1'])
  })

  test('a profile that can never be read is refused before anything starts', () => {
    const transport = { type: 'modbus-tcp', host: '127.0.0.1', port: 1 } as const
    const units = [unit(1, [point('level', 1, { type: 'uint32' })], { maxRegistersPerRead: 1 })]
    const create = () =>
      createModbusLine({ id: 'line', transport, units }, { clock: systemClock, log: createMemoryLog() })
    expect(create).toThrow(/level/)
  })
})

describe('exceptions', () => {
  test('a register that the device refuses costs only its own point, is narrowed down once and reported once', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ address, count }) =>
        address <= 5 && 5 < address + count ? { type: 'exception', code: 2 } : { type: 'right' },
    })
    const points = Array.from({ length: 8 }, (_, index) => point(`p${index}`, index))
    const { samples, source, log } = await startSource(slave.port, { units: [unit(1, points)] })
    await samples.until(() => samples.of('read-failure').length >= 4)
    const firstCycle = slave.requests.filter((request) => request.index < 7)
    expect(firstCycle.map(({ address, count }) => [address, count])).toEqual([
      [0, 8],
      [0, 4],
      [4, 4],
      [4, 2],
      [4, 1],
      [5, 1],
      [6, 2],
    ])
    expect(samples.of('read-failure').at(-1)).toMatchObject({ address: 5, count: 1, reason: 'device-fault' })
    expect(samples.of('read-failure').at(-1)?.detail).toMatch(/exception 2 \(illegal data address\)/)
    expect(ranges(samples.of('registers'))).toEqual(
      new Set(['holding-register 0', 'holding-register 4', 'holding-register 6']),
    )
    expect(slave.requests.filter((request) => request.count === 8)).toHaveLength(1)
    expect(slave.requests.filter((request) => request.address === 5)).toHaveLength(1)
    expect(log.lines.filter((line) => line.level === 'warn')).toHaveLength(1)
    expect(source.status().units[0]?.badReads).toEqual(['holding-register 5 1'])
  })

  test('a gap that may not be read is found, and both its sides are read', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ address, count }) =>
        address < 3 && address + count > 4 ? { type: 'exception', code: 2 } : { type: 'right' },
    })
    const points = [0, 1, 6, 7].map((address) => point(`p${address}`, address))
    const { samples } = await startSource(slave.port, { units: [unit(1, points, { maxGap: 10 })] })
    await samples.until(() => samples.of('registers').length >= 4)
    expect(samples.of('read-failure')).toEqual([])
    expect(slave.requests.slice(0, 5).map(({ address, count }) => [address, count])).toEqual([
      [0, 8],
      [0, 2],
      [6, 2],
      [0, 2],
      [6, 2],
    ])
  })

  test('busy is asked again in the same cycle, counted, and never a value', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ address, index }) => (address === 1 && index < 2 ? { type: 'exception', code: 6 } : { type: 'right' }),
    })
    const { samples, source } = await startSource(slave.port, {
      units: [unit(1, [point('a', 1), point('b', 50)], { pollIntervalMs: 5000 })],
    })
    await samples.until(() => samples.all.length >= 2)
    expect(slave.requests.map((request) => request.address)).toEqual([1, 50, 1])
    expect(samples.all.map((sample) => sample.type)).toEqual(['registers', 'registers'])
    expect(source.status().units[0]?.busyReplies).toBe(1)
  })

  test('a device that stays busy has a fault, not a value', async () => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'exception', code: 6 }) })
    const { samples } = await startSource(slave.port, { units: [unit(1, [point('a', 1)], { pollIntervalMs: 5000 })] })
    await samples.until(() => samples.all.length >= 1)
    expect(slave.requests).toHaveLength(3)
    expect(samples.all).toMatchObject([{ type: 'read-failure', reason: 'device-fault', address: 1 }])
  })

  test.each([
    [1, 'read-failure', 'device-fault'],
    [4, 'read-failure', 'device-fault'],
    [5, 'read-failure', 'device-fault'],
    [10, 'device-failure', 'communication-failure'],
    [11, 'device-failure', 'communication-failure'],
  ] as const)('exception %i is a %s because of %s', async (code, type, reason) => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'exception', code }) })
    const { samples } = await startSource(slave.port, { units: [unit(1, [point('a', 1)])] })
    await samples.until(() => samples.all.length >= 2)
    expect(new Set(samples.all.map((sample) => sample.type))).toEqual(new Set([type]))
    expect(samples.all[0]).toMatchObject({ type, reason, detail: expect.stringContaining(`exception ${code}`) })
  })
})

describe('units that do not answer', () => {
  test('a dead unit is asked less often, the others keep their pace, and it is welcome back', async () => {
    let dead = true
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ unitId }) => (unitId === 2 && dead ? { type: 'silence' } : { type: 'right' }),
    })
    const units = [1, 2, 3, 4].map((id) => unit(id, [point('a', id), point('b', 100 + id)]))
    const { samples, source, log } = await startSource(slave.port, {
      units,
      timeoutMs: 200,
      reconnectAfterTimeouts: 99,
    })
    await samples.until(() => source.status().units[1]?.state === 'demoted')
    const asked = slave.requests.filter((request) => request.unitId === 2).length
    expect(asked).toBe(3)
    expect(samples.of('device-failure', 'unit-2')).toHaveLength(3)
    expect(samples.of('device-failure')[0]).toMatchObject({ reason: 'communication-failure' })
    const before = samples.of('registers', 'unit-3').length
    await samples.until(() => samples.of('registers', 'unit-3').length >= before + 20)
    expect(samples.of('device-failure').every((sample) => sample.deviceId === 'unit-2')).toBe(true)
    expect(slave.requests.filter((request) => request.unitId === 2).length - asked).toBeLessThanOrEqual(2)
    dead = false
    // The probe that is answered is followed by the whole cycle.
    await samples.until(() => samples.of('registers', 'unit-2').length >= 2)
    expect(ranges(samples.of('registers', 'unit-2'))).toEqual(new Set(['holding-register 2', 'holding-register 102']))
    expect(source.status().units[1]).toMatchObject({ state: 'polling', failuresInRow: 0, error: null })
    expect(log.lines.map((line) => line.level)).toEqual(['warn', 'info'])
  })

  test('on RTU the readings after a time-out are marked once', async () => {
    const slave = await startSlave({
      framing: 'rtu',
      answer: ({ index }) => (index === 1 ? { type: 'silence' } : { type: 'right' }),
    })
    const { samples } = await startSource(slave.port, {
      transport: { type: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: slave.port },
      timeoutMs: 30,
      units: [unit(1, [point('a', 1)])],
    })
    await samples.until(() => samples.all.length >= 5)
    const said = samples.all.slice(0, 5).map((sample) => [sample.type, 'unconfirmed' in sample])
    expect(said).toEqual([
      ['registers', false],
      ['device-failure', false],
      ['registers', true],
      ['registers', false],
      ['registers', false],
    ])
  })

  test('a range that is never answered does not hide the others, and soon costs them no time', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ address }) => (address === 1 ? { type: 'silence' } : { type: 'right' }),
    })
    const { samples, source, log } = await startSource(slave.port, {
      units: [unit(1, [point('a', 1), point('b', 50), point('c', 90)], { pollIntervalMs: 60 })],
      ...{ timeoutMs: 100, reconnectAfterTimeouts: 99 },
    })
    await samples.until(() => samples.of('read-failure').length >= 8)
    expect(ranges(samples.of('registers'))).toEqual(new Set(['holding-register 50', 'holding-register 90']))
    expect(ranges(samples.of('read-failure'))).toEqual(new Set(['holding-register 1']))
    expect(samples.of('read-failure').at(-1)).toMatchObject({
      reason: 'communication-failure',
      detail: 'no reply within 100 ms',
    })
    // Then it is tried now and then only, as one that is refused.
    expect(slave.requests.filter(({ address }) => address === 1).length).toBeLessThanOrEqual(4)
    expect(source.status().units[0]).toMatchObject({ state: 'polling', badReads: ['holding-register 1 1'] })
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('a line that is down makes every device fail and demotes none', async () => {
    const port = await freePort()
    const { samples, source, log } = await startSource(port, { units: [1, 2].map((id) => unit(id, [point('a', id)])) })
    await samples.until(() => samples.of('device-failure', 'unit-2').length >= 5)
    expect(samples.all.every((sample) => sample.type === 'device-failure')).toBe(true)
    expect(samples.of('device-failure').at(-1)?.detail).toMatch(/nothing listens there/)
    expect(source.status()).toMatchObject({ connected: false, units: [{ state: 'polling' }, { state: 'polling' }] })
    expect(log.lines).toHaveLength(1)
    const slave = await startSlave({ framing: 'tcp', port })
    await samples.until(() => samples.of('registers').length >= 2)
    expect(slave.connections).toBe(1)
    expect(source.status()).toMatchObject({ connected: true, error: null })
  })

  test('a unit that answers garbage is malformed and leaves the others alone', async () => {
    const slave = await startSlave({
      framing: 'tcp',
      answer: ({ unitId }) => (unitId === 2 ? { type: 'wrong-unit', unitId: 1 } : { type: 'right' }),
    })
    const { samples } = await startSource(slave.port, { units: [1, 2].map((id) => unit(id, [point('a', id)])) })
    await samples.until(() => samples.of('registers', 'unit-1').length >= 10)
    expect(samples.of('registers', 'unit-2')).toEqual([])
    expect(samples.of('device-failure', 'unit-2')[0]).toMatchObject({ reason: 'malformed' })
  })
})

describe('life', () => {
  test('stops while polling, says nothing afterwards, and stops twice', async () => {
    const slave = await startSlave({ framing: 'tcp', answer: () => ({ type: 'silence' }) })
    const { samples, source } = await startSource(slave.port, { units: [unit(1, [point('a', 1)])], timeoutMs: 60_000 })
    while (slave.requests.length === 0) await systemClock.sleep(1)
    await source.stop()
    await source.stop()
    expect(samples.all).toEqual([])
  })

  test('stops without having been started', async () => {
    const transport = { type: 'modbus-tcp', host: '127.0.0.1', port: 1 } as const
    await createModbusLine({ id: 'line', transport, units: [] }, { clock: systemClock, log: createMemoryLog() }).stop()
  })

  test("agrees with modbus-serial's own server", async () => {
    // Port 0 would silently become 502 there.
    const port = await freePort()
    const server = new ServerTCP(
      {
        getHoldingRegister: (address: number, unitID: number) => address * 10 + unitID,
        getInputRegister: (address: number) => 65_535 - address,
        getCoil: (address: number) => address % 3 === 0,
        getDiscreteInput: (address: number) => address % 2 === 0,
      },
      { host: '127.0.0.1', port, unitID: 255 },
    )
    stops.push(() => new Promise((resolve) => server.close(() => resolve())))
    await once(server, 'initialized')
    const { samples } = await startSource(port, {
      units: [
        unit(
          7,
          [
            ...Array.from({ length: 130 }, (_, index) => point(`h${index}`, index)),
            point('i', 5, { table: 'input-register' }),
            ...[0, 1, 2, 3, 9].map((address) => point(`c${address}`, address, { table: 'coil', type: 'bit' })),
            ...[4, 5].map((address) => point(`d${address}`, address, { table: 'discrete-input', type: 'bit' })),
          ],
          { maxGap: 1, pollIntervalMs: 500 },
        ),
      ],
    })
    await samples.until(() => samples.all.length >= 5)
    const wordsOf = (index: number): number[] => Array.from(samples.of('registers')[index]?.words ?? [])
    expect(wordsOf(0)).toEqual(Array.from({ length: 125 }, (_, index) => index * 10 + 7))
    expect(wordsOf(1)).toEqual([125, 126, 127, 128, 129].map((address) => address * 10 + 7))
    expect(wordsOf(2)).toEqual([65_530])
    expect(wordsOf(3)).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
    expect(wordsOf(4)).toEqual([1, 0])
  })
})
