import { describe, expect, it } from 'vitest'
import { detectionAdvice } from '../../../gateway/config/detection-advice.ts'
import { detectionsOf, isTooSlow, type RulesByDevice, worstMs } from '../../../gateway/config/timing.ts'
import { type LineLoad, predictLine } from '../../../gateway/sources/modbus/line-timing.ts'

const SERIAL = {
  type: 'modbus-rtu',
  path: '/dev/ttyS0',
  baudRate: 1200,
  parity: 'none',
  dataBits: 8,
  stopBits: 1,
} as const

/** Two units that read `count` registers each every second. */
function lineOf(count: number, rest: Partial<LineLoad> = {}): LineLoad {
  const reads = [{ table: 'holding-register', address: 0, count, isAlarm: true }] as const
  const units = ['a', 'b'].map((deviceId, index) => ({ deviceId, unitId: index + 1, pollIntervalMs: 1000, reads }))
  return { transport: SERIAL, timing: { timeoutMs: 200 }, replyTimeMs: 20, hasCommands: false, units, ...rest }
}

function rulesOf(maxMs: number): RulesByDevice {
  return new Map(
    ['a', 'b'].map((deviceId) => [
      deviceId,
      [{ deviceId, ruleId: 'high', pointId: `${deviceId}.x`, isAlarm: true, onDelayMs: 0, maxMs }],
    ]),
  )
}

const isFastEnough = (load: LineLoad, rules: RulesByDevice) => !detectionsOf(predictLine(load), rules).some(isTooSlow)

describe('on a slow wire', () => {
  it('says how many registers are enough', () => {
    const found = detectionAdvice(lineOf(100), rulesOf(5000)).join('\n')
    const each = Number(/^(\d+) instead of 200 registers/m.exec(found)?.[1]) / 2
    expect(isFastEnough(lineOf(each), rulesOf(5000))).toBe(true)
    expect(isFastEnough(lineOf(each + 1), rulesOf(5000))).toBe(false)
  })

  it('is silent about registers and baud rate where the wire is not the reason', () => {
    const found = detectionAdvice(lineOf(2, { transport: { ...SERIAL, baudRate: 115_200 } }), rulesOf(1500))
    expect(found.join()).not.toMatch(/registers|baudRate/)
    expect(found).toContainEqual(expect.stringMatching(/^pollInterval: \d+ms or less for "a", "b"$/))
  })
})

it('names the silence where it is given, and the time-out that it follows where not', () => {
  const given = detectionAdvice(lineOf(2, { timing: { timeoutMs: 200, quietAfterTimeoutMs: 5000 } }), rulesOf(4000))
  const [, silence] = /^quietAfterTimeout: ([\d.]+)s or less/m.exec(given.join('\n')) ?? []
  const quietAfterTimeoutMs = 1000 * Number(silence)
  expect(isFastEnough(lineOf(2, { timing: { timeoutMs: 200, quietAfterTimeoutMs } }), rulesOf(4000))).toBe(true)
  expect(given.join()).not.toMatch(/the silence after it follows/)
  const follows = detectionAdvice(lineOf(2, { timing: { timeoutMs: 2000 } }), rulesOf(4000))
  expect(follows).toContainEqual(expect.stringMatching(/^timeout: \d+ms or less on the line \(the silence after it/))
})

it('says so where a connection that is kept would be enough', () => {
  const released = lineOf(2, { connection: 'release-between-polls', timing: { timeoutMs: 500 } })
  const enough = detectionsOf(predictLine({ ...released, connection: 'keep' }), rulesOf(1)).map(worstMs)
  const rules = rulesOf(Math.max(...enough) + 1)
  expect(isFastEnough(released, rules)).toBe(false)
  expect(detectionAdvice(released, rules)).toContainEqual(expect.stringMatching(/^connection: keep on the line/))
  expect(detectionAdvice({ ...released, connection: 'keep' }, rulesOf(1)).join()).not.toContain('connection')
})
