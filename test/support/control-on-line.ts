/** Commands over a real line, with a journal in memory. */
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { systemClock } from '../../gateway/clock.ts'
import { Control } from '../../gateway/control/control.ts'
import type { CommandEventDraft, DeviceCommand } from '../../gateway/device-command.ts'
import { Line } from '../../gateway/sources/modbus/line.ts'
import { resolveTiming } from '../../gateway/sources/modbus/timing.ts'
import type { TransportOptions } from '../../gateway/sources/modbus/transport.ts'
import { deviceOf } from '../unit/control/bench.ts'
import { createMemoryLog } from './memory-log.ts'

export interface ControlOnLine {
  readonly line: Line
  readonly control: Control
  readonly steps: readonly CommandEventDraft[]
  /** Resolves with the record when the command has come to its end. Throws where it was not taken. */
  tell(name: string, value?: number): Promise<DeviceCommand>
  stop(): Promise<void>
}

export interface ControlOnLineOptions {
  readonly transport: TransportOptions
  readonly profile: string
  /** Beside those of the profile. */
  readonly commands?: readonly CommandProfile[]
  readonly timeoutMs: number
}

/** A unit with the id 1. */
export async function startControl(options: ControlOnLineOptions): Promise<ControlOnLine> {
  const { transport, profile, commands, timeoutMs } = options
  const log = createMemoryLog()
  const timing = resolveTiming(transport, { timeoutMs, quietAtStartMs: 5 })
  const line = new Line({ id: 'line', transport, timing }, { clock: systemClock, log })
  const steps: CommandEventDraft[] = []
  const control = new Control({
    ...{ clock: systemClock, log },
    recorder: { recordCommand: (step) => Promise.resolve(steps.push(step)) },
    ways: {
      line: () => line,
      publish: () => Promise.reject(new Error('no broker')),
      levels: () => [],
      latest: () => null,
    },
  })
  const device = deviceOf(profile, 'unit', commands)
  control.setTargets([{ device, route: { type: 'modbus', line: 'line', unitId: 1, mustNotRead: [] } }])
  line.start()
  await control.start({ lastSeq: 0, commands: [] })
  return {
    ...{ line, control, steps },
    async tell(name, value) {
      const wish = { device: 'unit', name, value: value ?? null, by: '张伟', comment: null, key: null }
      const answer = await control.request({ ...wish, via: 'http' }, { waitMs: 60_000 })
      if (answer.type === 'refused') throw new Error(`${answer.refusal}: ${answer.message.en}`)
      return answer.command
    },
    async stop() {
      await control.stop()
      await line.stop()
    },
  }
}
