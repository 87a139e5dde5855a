/** A line to stations with every fault they can have, at every third answer or so: right values, or none. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import { resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import { RegisterBank } from '../../simulator/modbus/register-bank.ts'
import { ModbusStation } from '../../simulator/modbus/station.ts'
import { type UnitFault, unfitReason } from '../../simulator/modbus/unit-fault.ts'
import { createMemoryLog } from '../support/memory-log.ts'

const READS = 12
const UNITS = [1, 2]
const TIMES = { timeoutMs: 60, quietAtStartMs: 5, reconnectDelayMs: 5, maxReconnectDelayMs: 5 }

const FAULTS: readonly UnitFault[] = [
  { type: 'silent' },
  { type: 'lost' },
  { type: 'exception', code: 4 },
  { type: 'busy', times: 1 },
  { type: 'late', ms: 90 },
  { type: 'slow', ms: 1 },
  { type: 'duplicated', ms: 0 },
  { type: 'foreign', of: 'unit', place: 'before' },
  { type: 'foreign', of: 'unit', place: 'behind' },
  { type: 'foreign', of: 'function', place: 'before' },
  { type: 'foreign', of: 'function', place: 'behind' },
  { type: 'garbage' },
  { type: 'truncated' },
  { type: 'bad-crc' },
  { type: 'wrong-unit' },
  { type: 'wrong-transaction' },
  { type: 'disconnect' },
]

/** Every register holds what no other one holds. */
const wordAt = (unitId: number, address: number): number => unitId * 1000 + address

async function startStation(type: 'modbus-tcp' | 'modbus-rtu-over-tcp', fault: UnitFault): Promise<ModbusStation> {
  const station = new ModbusStation({ type, host: '127.0.0.1', port: 0 }, { seed: JSON.stringify(fault) })
  for (const unitId of UNITS) {
    const bank = new RegisterBank()
    bank.define('holding-register', { address: 0, count: READS })
    for (let address = 0; address < READS; address++) bank.write('holding-register', address, wordAt(unitId, address))
    station.addUnit(unitId, bank)
  }
  station.setLineFault({ ...fault, share: 0.3 })
  await station.start()
  return station
}

interface Told {
  good: number
  readonly wrong: { readonly unitId: number; readonly address: number; readonly word: number | undefined }[]
}

/** Reads everything once, register by register, and keeps what was told without a mark. */
async function readAll(line: Line): Promise<Told> {
  const told: Told = { good: 0, wrong: [] }
  for (let address = 0; address < READS; address++) {
    for (const unitId of UNITS) {
      const result = await line.request(unitId, { type: 'read', table: 'holding-register', address, count: 1 })
      if (result.type === 'failure' && result.failure === 'not-connected')
        await systemClock.sleep(TIMES.reconnectDelayMs)
      if (result.type === 'failure' || result.unconfirmed || result.reply.type !== 'words') continue
      const [word] = result.reply.words
      if (word === wordAt(unitId, address)) told.good++
      else told.wrong.push({ unitId, address, word })
    }
  }
  return told
}

async function toldUnder(type: 'modbus-tcp' | 'modbus-rtu-over-tcp', fault: UnitFault): Promise<Told> {
  const station = await startStation(type, fault)
  const transport = { type, host: '127.0.0.1', port: station.port as number }
  const timing = resolveTiming(transport, TIMES)
  const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
  line.start()
  try {
    return await readAll(line)
  } finally {
    await line.stop()
    await station.stop()
  }
}

describe.each(['modbus-tcp', 'modbus-rtu-over-tcp'] as const)('%s', (type) => {
  test('under every fault that its units can have', async () => {
    const possible = FAULTS.filter((fault) => unfitReason(fault.type, type) === null)
    // Side by side, because nearly all the time is waiting.
    const told = await Promise.all(possible.map((fault) => toldUnder(type, fault)))
    const wrong = possible.map((fault, i) => ({ fault, wrong: told[i]?.wrong }))
    expect(wrong).toEqual(possible.map((fault) => ({ fault, wrong: [] })))
    for (const [i, { good }] of told.entries()) expect([possible[i], good]).not.toEqual([possible[i], 0])
  })
})
