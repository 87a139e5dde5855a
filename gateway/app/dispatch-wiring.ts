/** What dispatch takes of the other parts. */
import type { Alarm } from '../alarm-model.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { Control } from '../control/control.ts'
import type { Journal, JournalStart } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { commanderOf } from './channel-commands.ts'
import { speakerOf } from './channel-set.ts'
import { DispatchRoom } from './dispatch-room.ts'
import type { ModeRoom } from './mode-room.ts'

export interface DispatchWiring {
  readonly pipeline: Pipeline
  readonly journal: Journal
  readonly modes: ModeRoom
  readonly control: Control
  readonly clock: Clock
  readonly log: Log
  readonly config: () => GatewayConfig
}

export function createDispatchRoom(parts: DispatchWiring, restored: JournalStart): DispatchRoom {
  const { pipeline, journal, modes, control, clock, log, config } = parts
  return new DispatchRoom(
    {
      ...{ journal, clock, log },
      alarm: (id) => pipeline.alarm(id),
      async acknowledge(alarmId, by) {
        const result = pipeline.command({ type: 'acknowledge', alarmId, by, comment: null, at: clock.now() })
        // A disk that refuses must not undo what a person did.
        if (result.ok) await journal.commit(result.outcome).catch(() => {})
      },
      drillOf: (alarm) => drillOf(alarm, modes),
      surroundings: () => ({ ...speakerOf(config()), commandDevice: commanderOf(control) }),
    },
    restored,
  )
}

function drillOf({ mark, station }: Alarm, modes: ModeRoom): string | null {
  if (mark !== 'exercise') return null
  return modes.list().find(({ type, target }) => type === 'drill' && target.id === station)?.id ?? null
}
