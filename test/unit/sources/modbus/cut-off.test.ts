import { expect, onTestFinished, test } from 'vitest'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import { systemClock } from '../../../../gateway/clock.ts'
import type { Sample } from '../../../../gateway/model.ts'
import { createModbusLine, type ModbusUnit } from '../../../../gateway/sources/modbus/modbus-line.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveAnswer } from '../../../support/modbus-slave.ts'

const LEVEL: PointProfile = {
  ...{ id: 'level', name: { zh: '水位', en: 'Level' }, unit: '1', type: 'number' },
  modbus: { table: 'holding-register', address: 7, type: 'uint16' },
}

function unit(unitId: number): ModbusUnit {
  return { deviceId: `unit-${unitId}`, unitId, pollIntervalMs: 20, points: [LEVEL] }
}

const INSTEAD: Readonly<Record<string, SlaveAnswer>> = {
  'closes the connection': { type: 'close' },
  // Its length would make the replies of others its rest.
  'sends half a reply': { type: 'changed', change: (frame) => [frame.subarray(0, frame.length / 2)] },
  'sends what cannot be followed': { type: 'changed', change: () => [Buffer.from('220 mail.example ESMTP\r\n')] },
}

test.each(Object.entries(INSTEAD))(
  'a unit that %s is asked less often, and its neighbour is read on',
  async (_, instead) => {
    const slave = new ModbusSlave({
      framing: 'tcp',
      answer: ({ unitId }) => (unitId === 2 ? instead : { type: 'right' }),
    })
    await slave.start()
    onTestFinished(() => slave.stop())
    const line = createModbusLine(
      {
        ...{
          id: 'line',
          transport: { type: 'modbus-tcp', host: '127.0.0.1', port: slave.port },
          units: [unit(1), unit(2)],
        },
        // A line that is down for good is asked after a minute: its neighbour must not bring that about.
        ...{ timeoutMs: 50, reconnectDelayMs: 10, maxReconnectDelayMs: 60_000 },
      },
      { clock: systemClock, log: createMemoryLog() },
    )
    onTestFinished(() => line.stop())
    const read = Promise.withResolvers<void>()
    const samples: Sample[] = []
    const good = () => samples.filter(({ type, deviceId }) => type === 'registers' && deviceId === 'unit-1').length
    await line.start((sample) => {
      samples.push(sample)
      if (good() >= 50) read.resolve()
      return Promise.resolve()
    })
    await read.promise
    const units = new Map(line.status().units.map((status) => [status.unitId, status]))
    expect(units.get(1)).toMatchObject({ state: 'polling', failuresInRow: 0 })
    expect(units.get(2)).toMatchObject({ state: 'demoted' })
    expect(slave.connections).toBeLessThan(5)
    expect(samples.filter(({ type, deviceId }) => type === 'registers' && deviceId === 'unit-2')).toEqual([])
  },
)
