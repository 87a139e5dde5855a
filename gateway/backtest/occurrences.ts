/** From alarm events to occurrences: when an alarm came, how bad it grew, when it was over. */

import { type Alarm, type AlarmEventDraft, isRaise, PRIORITIES, type Priority } from '../alarm-model.ts'
import type { LocalText } from '../model.ts'

export interface Occurrence {
  readonly alarm: string
  readonly name: LocalText
  readonly place: string
  readonly raisedAt: number
  /** Null: it stands at the end of the span. */
  readonly returnedAt: number | null
  /** The worst it grew to. */
  readonly level: string | null
  readonly priority: Priority
  /** Why it was raised. */
  readonly reason: LocalText
}

/** Far more than anybody reads: rules that raise so much are wrong, and memory is not to hold it all. */
export const MOST_OCCURRENCES = 100_000

export class Occurrences {
  readonly #open = new Map<string, number>()
  readonly #found: Occurrence[] = []

  /** In the order of time. Exercises, tests and what came late are no occurrences. */
  add(event: Pick<AlarmEventDraft, 'type' | 'time' | 'alarm'>): void {
    const { type, time, alarm } = event
    if (alarm.mark !== null) return
    if (isRaise(event)) this.#raise(alarm, time)
    else if (type === 'level-changed' || type === 'proposed') this.#change(alarm.id, (open) => worse(open, alarm))
    else if (type === 'returned' || type === 'removed') this.#end(alarm.id, time)
  }

  /** Those that came at `from` or later. */
  since(from: number): readonly Occurrence[] {
    return this.#found.filter(({ raisedAt }) => raisedAt >= from)
  }

  get isFull(): boolean {
    return this.#found.length >= MOST_OCCURRENCES
  }

  #raise({ id, name, place, level, priority, reason }: Alarm, time: number): void {
    this.#end(id, time)
    this.#open.set(id, this.#found.length)
    this.#found.push({ alarm: id, name, place, raisedAt: time, returnedAt: null, level, priority, reason })
  }

  #end(id: string, time: number): void {
    this.#change(id, (open) => ({ ...open, returnedAt: time }))
    this.#open.delete(id)
  }

  #change(id: string, change: (open: Occurrence) => Occurrence): void {
    const place = this.#open.get(id)
    const open = place === undefined ? undefined : this.#found[place]
    if (place !== undefined && open !== undefined) this.#found[place] = change(open)
  }
}

function worse(open: Occurrence, { level, priority }: Alarm): Occurrence {
  return PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(open.priority) ? { ...open, level, priority } : open
}
