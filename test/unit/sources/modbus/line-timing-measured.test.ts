/** Predicted against real: whole lines against simulated stations whose reply time is known. */
import { afterEach, describe, expect, test } from 'vitest'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import { systemClock } from '../../../../gateway/clock.ts'
import { predictLine, readsOf } from '../../../../gateway/sources/modbus/line-timing.ts'
import { createModbusLine } from '../../../../gateway/sources/modbus/modbus-line.ts'
import { RegisterBank } from '../../../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../../../simulator/modbus/station.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const REPLY_MS = 60
const ADDRESSES = [0, 100]
const points: readonly PointProfile[] = ADDRESSES.map((address) => ({
  ...{ id: `at-${address}`, name: { zh: '值', en: 'Value' }, unit: '1', type: 'number' },
  modbus: { table: 'holding-register', address, type: 'uint16' },
}))

interface Measured {
  /** Answered requests of each unit, with the time of each. */
  readonly answers: ReadonlyMap<number, readonly number[]>
}

async function startField(type: 'modbus-tcp' | 'modbus-rtu-over-tcp', unitIds: readonly number[]) {
  const station = new ModbusStation({ type, host: '127.0.0.1', port: 0 })
  for (const unitId of unitIds) {
    const bank = new RegisterBank()
    for (const address of ADDRESSES) bank.define('holding-register', { address, count: 1 })
    station.addUnit(unitId, bank)
    station.setFault(unitId, { type: 'late', ms: REPLY_MS })
  }
  await station.start()
  stops.push(() => station.stop())
  return { station, transport: { type, host: '127.0.0.1', port: station.port as number } }
}

/** Runs until every living unit has given so many answers. */
async function measure(
  options: Parameters<typeof createModbusLine>[0],
  { answers: wanted, of }: { readonly answers: number; readonly of: readonly number[] },
): Promise<Measured> {
  const answers = new Map(of.map((unitId): [number, number[]] => [unitId, []]))
  const source = createModbusLine(options, { clock: systemClock, log: createMemoryLog() })
  stops.push(() => source.stop())
  const done = Promise.withResolvers<void>()
  await source.start((sample) => {
    if (sample.type === 'registers') answers.get(Number(sample.deviceId))?.push(sample.at.mono)
    if ([...answers.values()].every((times) => times.length >= wanted)) done.resolve()
    return Promise.resolve()
  })
  await done.promise
  await source.stop()
  return { answers }
}

const units = (unitIds: readonly number[], pollIntervalMs: number) =>
  unitIds.map((unitId) => ({ deviceId: String(unitId), unitId, pollIntervalMs, points }))

describe.each(['modbus-tcp', 'modbus-rtu-over-tcp'] as const)('%s', (type) => {
  test('the cycle of a line that is asked without a pause', async () => {
    const unitIds = [1, 2, 3]
    const { transport } = await startField(type, unitIds)
    const loads = units(unitIds, 1).map((unit) => ({ ...unit, reads: readsOf(points, {}) }))
    const { cycleMs } = predictLine({ transport, timing: {}, replyTimeMs: REPLY_MS, hasCommands: false, units: loads })
    expect(cycleMs).toBe(6 * REPLY_MS)

    const { answers } = await measure({ id: 'line', transport, units: units(unitIds, 1) }, { answers: 7, of: unitIds })
    for (const times of answers.values()) {
      // Seven answers of two a cycle: three whole cycles lie between the first and the last.
      const measured = ((times[6] ?? 0) - (times[0] ?? 0)) / 3
      // A delay is never shorter than asked for, but for the rounding of timers; this machine may be slow.
      expect(measured / cycleMs).toBeGreaterThan(0.97)
      expect(measured / cycleMs).toBeLessThan(1.5)
    }
  })
})

test('a dead unit holds up the others for no longer than predicted', async () => {
  const { transport, station } = await startField('modbus-rtu-over-tcp', [1, 2, 3])
  station.setFault(3, { type: 'silent' })
  const timing = { timeoutMs: 200, quietAfterTimeoutMs: 300 }
  const all = units([1, 2, 3], 400)
  const loads = all.map((unit) => ({ ...unit, reads: readsOf(points, {}) }))
  const predicted = predictLine({ transport, timing, replyTimeMs: REPLY_MS, hasCommands: false, units: loads })
  const { answers } = await measure({ id: 'line', transport, units: all, ...timing }, { answers: 8, of: [1, 2] })
  for (const unitId of [1, 2]) {
    const times = answers.get(unitId) ?? []
    // Every second answer is the same register again.
    const gaps = times.slice(2).map((at, index) => at - (times[index] ?? 0))
    const longest = Math.max(...gaps)
    expect(longest).toBeLessThan(1.5 * (predicted.units[unitId - 1]?.oneDead?.readWithinMs ?? 0))
  }
  // The time-out and the silence are seen by the one whose request came after the dead unit's.
  const longest = Math.max(
    ...[...answers.values()].flatMap((times) => times.slice(1).map((at, i) => at - (times[i] ?? 0))),
  )
  expect(longest).toBeGreaterThan(timing.timeoutMs + timing.quietAfterTimeoutMs)
})
