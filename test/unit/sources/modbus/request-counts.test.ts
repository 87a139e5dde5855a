/** What became of each request, as the metrics show it. */
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../gateway/clock.ts'
import { Line } from '../../../../gateway/sources/modbus/line.ts'
import { resolveTiming } from '../../../../gateway/sources/modbus/timing.ts'
import { createMemoryLog } from '../../../support/memory-log.ts'
import { ModbusSlave, type SlaveAnswer } from '../../../support/modbus-slave.ts'

test('each request is counted under the one thing that became of it', async () => {
  const answers: readonly SlaveAnswer[] = [
    { type: 'right' },
    { type: 'right' },
    { type: 'exception', code: 2 },
    { type: 'wrong-unit', unitId: 9 },
    { type: 'silence' },
    { type: 'close' },
  ]
  const slave = await new ModbusSlave({
    framing: 'tcp',
    answer: ({ index }) => answers[index] ?? { type: 'right' },
  }).start()
  onTestFinished(() => slave.stop())
  const transport = { type: 'modbus-tcp', host: '127.0.0.1', port: slave.port } as const
  const timing = resolveTiming(transport, { timeoutMs: 50, reconnectDelayMs: 60_000, maxReconnectDelayMs: 60_000 })
  const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log: createMemoryLog() })
  onTestFinished(() => line.stop())
  line.start()
  for (const [address] of answers.entries()) {
    await line.request(1, { type: 'read', table: 'holding-register', address, count: 1 })
  }
  expect(line.counters).toMatchObject({
    ...{ requests: 6, answers: 2, exceptions: 1, refusedReplies: 1, timeouts: 1, cut: 1 },
    ...{ lateReplies: 0, connects: 1 },
  })
})
