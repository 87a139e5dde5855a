/** The current alarms: the fold of the events that this table has given out. A row exists from the first raise on. */
import type { Alarm, AlarmEventDraft, Command, CommandRefusal, Instant } from '../model.ts'
import { acknowledge, alarmOf, changeLevel, raise, remove, reset, restore, returnToNormal, stateOf } from './alarm.ts'
import type { DeviceState } from './device-state.ts'
import { isWorse, occasionOf } from './occasion.ts'
import { activeGate, type RuleState } from './rules.ts'

export class AlarmTable {
  readonly #rows: Map<string, Alarm>

  /** `rows`: the table as the journal has kept it. */
  constructor(rows: Iterable<Alarm>) {
    this.#rows = new Map(Array.from(rows, (row) => [row.id, row]))
  }

  get rows(): ReadonlyMap<string, Alarm> {
    return this.#rows
  }

  /** Brings the alarm of a rule to what its gates say. Null where they say what the row says already. */
  settle(device: DeviceState, state: RuleState, at: Instant): AlarmEventDraft | null {
    const { rule } = state
    const row = this.#rows.get(state.alarmId)
    const active = activeGate(state) >= 0
    const wasActive = row?.facts.active ?? false
    if (!active && !wasActive) return null
    const alarm = alarmOf(device.device, rule, row)
    const occasion = occasionOf(state, { device, alarm, at })
    if (!wasActive) return this.#commit(raise(alarm, occasion, { latching: rule.latching }))
    if (!active) return this.#commit(returnToNormal(alarm, occasion))
    if (occasion.level === alarm.level && occasion.priority === alarm.priority) return null
    return this.#commit(changeLevel(alarm, occasion, { worse: isWorse(rule, alarm.level, occasion.level) }))
  }

  command(alarm: Alarm, command: Command): AlarmEventDraft | CommandRefusal {
    const changed = command.type === 'acknowledge' ? acknowledge(alarm, command) : reset(alarm, command)
    return typeof changed === 'string' ? changed : this.#commit(changed)
  }

  /** Alarms that the configuration no longer has go out of service; those that it has again come back as they were. */
  reconcile(devices: ReadonlyMap<string, DeviceState>, at: Instant): AlarmEventDraft[] {
    const events: AlarmEventDraft[] = []
    for (const row of this.#rows.values()) {
      const device = devices.get(row.device)
      const state = device?.rules.find((candidate) => candidate.alarmId === row.id)
      const away = row.facts.suppression === 'out-of-service'
      if (device === undefined || state === undefined) {
        if (!away && stateOf(row.facts) !== 'normal') events.push(this.#commit(remove(row, at.wall)))
      } else if (away) {
        events.push(this.#commit(restore(alarmOf(device.device, state.rule, row), at.wall)))
      }
    }
    return events
  }

  #commit(event: AlarmEventDraft): AlarmEventDraft {
    this.#rows.set(event.alarm.id, event.alarm)
    return event
  }
}
