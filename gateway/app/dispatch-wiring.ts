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
import type { DrillRoom } from './drill-room.ts'
import type { ModeRoom } from './mode-room.ts'

export interface DispatchWiring {
  readonly pipeline: Pipeline
  readonly journal: Journal
  readonly modes: ModeRoom
  readonly drills: Pick<DrillRoom, 'drillOf'>
  readonly control: Control
  readonly clock: Clock
  readonly log: Log
  readonly config: () => GatewayConfig
}

export function createDispatchRoom(parts: DispatchWiring, restored: JournalStart): DispatchRoom {
  const { pipeline, journal, control, clock, log, config } = parts
  return new DispatchRoom(
    {
      ...{ journal, clock, log },
      alarm: (id) => pipeline.alarm(id),
      async acknowledge(alarmId, by) {
        const result = pipeline.command({ type: 'acknowledge', alarmId, by, comment: null, at: clock.now() })
        // A disk that refuses must not undo what a person did.
        if (result.ok) await journal.commit(result.outcome).catch(() => {})
      },
      drillOf: (alarm) => drillOf(alarm, parts),
      surroundings: () => ({ ...speakerOf(config()), commandDevice: commanderOf(control) }),
    },
    restored,
  )
}

/** What a person exercised by hand belongs to the mode. */
function drillOf({ id, mark, station }: Alarm, { drills, modes }: DispatchWiring): string | null {
  if (mark !== 'exercise') return null
  const drill = drills.drillOf(id)
  if (drill !== null) return drill
  return modes.list().find(({ type, target }) => type === 'drill' && target.id === station)?.id ?? null
}
