import type { AlarmEventDraft, Outcome } from '../alarm-model.ts'
import type { Instant, Reading } from '../model.ts'
import { countReading, type MutableCounters } from './counters.ts'
import { worstFirst } from './event-order.ts'

/** One entry of the pipeline under way: what is to be recorded and told of it. */
export class Step implements Outcome {
  readonly at: Instant
  readonly readings: Reading[] = []
  readonly events: AlarmEventDraft[]
  readonly #counters: MutableCounters

  /** `untold`: what is told with it although it happened before. */
  constructor(
    at: Instant,
    { untold = [], counters }: { untold?: readonly AlarmEventDraft[]; counters: MutableCounters },
  ) {
    this.at = at
    this.events = [...untold]
    this.#counters = counters
  }

  tell(event: AlarmEventDraft): void {
    this.#counters.alarmEvents++
    this.events.push(event)
  }

  end(): Outcome {
    worstFirst(this.events)
    for (const reading of this.readings) countReading(this.#counters, reading)
    return this
  }
}
