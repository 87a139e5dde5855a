/** A line of the gateway to a slave of which a test chooses every answer. */
import { systemClock } from '../../../gateway/clock.ts'
import { Line } from '../../../gateway/sources/modbus/line.ts'
import { type GivenTiming, resolveTiming } from '../../../gateway/sources/modbus/timing.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { ModbusSlave, type SlaveOptions } from '../../support/modbus-slave.ts'

export interface LineToSlave {
  readonly slave: ModbusSlave
  readonly line: Line
  stop(): Promise<void>
}

export async function lineToSlave(options: SlaveOptions, timing: GivenTiming = {}): Promise<LineToSlave> {
  const slave = await new ModbusSlave(options).start()
  const type = options.framing === 'tcp' ? 'modbus-tcp' : 'modbus-rtu-over-tcp'
  const transport = { type, host: '127.0.0.1', port: slave.port } as const
  const given = { timeoutMs: 100, reconnectDelayMs: 10, maxReconnectDelayMs: 50, ...timing }
  const line = new Line(
    { id: 'line', transport, timing: resolveTiming(transport, given) },
    { clock: systemClock, log: createMemoryLog() },
  )
  line.start()
  return {
    slave,
    line,
    async stop() {
      await line.stop()
      await slave.stop()
    },
  }
}
