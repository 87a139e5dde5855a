import { expect, test } from 'vitest'
import type { LineConfig } from '../../../gateway/config/config.ts'
import { lineLoad, transportOf } from '../../../gateway/config/line-load.ts'
import { predictLine, type UnitPrediction } from '../../../gateway/sources/modbus/line-timing.ts'

const TIMES = {
  timeoutMs: 1000,
  interRequestDelayMs: 0,
  connectDelayMs: 40,
  quietAfterTimeoutMs: undefined,
  replyTimeMs: 20,
}
const TCP = { id: 'plc', type: 'modbus-tcp', host: 'plc', port: 502 } as const
const GATEWAY = { ...TCP, type: 'modbus-rtu-over-tcp' } as const
const SERIAL = { id: 'bus', type: 'modbus-rtu', path: '/dev/ttyUSB0', baudRate: 9600 } as const

test('a line that releases its connection counts what opening it costs, the silence of an RTU line too', () => {
  const reopenMs = (line: typeof TCP | typeof GATEWAY | typeof SERIAL) => {
    const use = { connection: 'release-between-polls' } as const
    return predictLine(lineLoad({ ...line, ...TIMES, ...use, units: [] } satisfies LineConfig)).reopenMs
  }
  expect([TCP, GATEWAY, SERIAL].map(reopenMs)).toEqual([60, 1060, 1040])
  expect(predictLine(lineLoad({ ...TCP, ...TIMES, connection: 'keep', units: [] })).reopenMs).toBe(0)
})

test('a value is read that much later, once for the cycle that missed a change and once for the one that has it', () => {
  const reads = [{ table: 'holding-register', address: 0, count: 1, isAlarm: false } as const]
  const units = [1, 2].map((unitId) => ({ deviceId: `${unitId}`, unitId, pollIntervalMs: 10, reads }))
  const transport = { type: 'modbus-tcp', host: 'plc', port: 502 } as const
  const load = { transport, timing: { connectDelayMs: 30 }, replyTimeMs: 20, hasCommands: false, units }
  const [kept, released] = (['keep', 'release-between-polls'] as const).map(
    (connection) => predictLine({ ...load, connection }).units[0] as UnitPrediction,
  )
  expect((released?.answerWithinMs ?? 0) - (kept?.answerWithinMs ?? 0)).toBe(50)
  expect((released?.readWithinMs ?? 0) - (kept?.readWithinMs ?? 0)).toBe(100)
  expect((released?.oneDead?.readWithinMs ?? 0) - (kept?.oneDead?.readWithinMs ?? 0)).toBe(100)
})

test('RTS is left alone unless the line says how, and its pauses are none where it does not say', () => {
  const serial = { ...SERIAL, ...TIMES, units: [] } as const
  expect(transportOf(serial)).not.toHaveProperty('rts')
  expect(transportOf({ ...serial, rts: { whileSending: 'low', afterSend: '2ms' } })).toMatchObject({
    rts: { whileSending: 'low', beforeSendMs: 0, afterSendMs: 2 },
  })
})
