/**
 * The alarm events of this run in their order: numbered at once, kept until they are on disk, shown to listeners. The
 * newest stay in memory, so that dispatch goes on although the disk does not answer.
 */
import type { AlarmEvent, AlarmEventDraft } from '../alarm-model.ts'
import type { EventRow } from './worker-messages.ts'

/** Events on disk that are kept in memory as well. */
const KEEP = 1000
/** Most events that one commit takes. */
const MAX_COMMIT_EVENTS = 1000

export class EventQueue {
  readonly #gatewayId: string
  #events: AlarmEvent[] = []
  #lastSeq = 0
  #savedSeq = 0
  #publishedSeq = 0
  /** The last event of each alarm that somebody must still deal with. */
  readonly #openAlarms = new Map<string, number>()

  constructor(gatewayId: string) {
    this.#gatewayId = gatewayId
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Whoever reads on behind this number learns of everything that somebody must still deal with. */
  get beforeOpenAlarms(): number {
    return Math.min(this.#lastSeq, ...[...this.#openAlarms.values()].map((seq) => seq - 1))
  }

  /** Number of the last event that listeners have seen. */
  get publishedSeq(): number {
    return this.#publishedSeq
  }

  get unsaved(): number {
    return this.#lastSeq - this.#savedSeq
  }

  /** Events up to `seq` are on disk. Events of this run keep their numbers. */
  load(seq: number): void {
    this.#savedSeq = Math.max(this.#savedSeq, Math.min(seq, this.#lastSeq || seq))
    if (this.#lastSeq > 0) return
    this.#lastSeq = seq
    this.#publishedSeq = seq
  }

  /** `lastEvents`: of each alarm, from before this run. */
  restore(lastEvents: readonly AlarmEvent[]): void {
    for (const event of lastEvents) this.#noteAlarm(event)
  }

  /** Gives the next numbers. */
  add(drafts: readonly AlarmEventDraft[]): AlarmEvent[] {
    const added = drafts.map((draft) => {
      this.#lastSeq += 1
      const own = `${this.#gatewayId}-${this.#lastSeq}-${Math.floor(draft.time).toString(36)}`
      return { seq: this.#lastSeq, id: own, gateway: this.#gatewayId, ...draft }
    })
    for (const event of added) {
      this.#events.push(event)
      this.#noteAlarm(event)
    }
    return added
  }

  /** The oldest events that are not on disk, ready to be written. */
  toSave(): EventRow[] {
    return this.#slice(this.#savedSeq, MAX_COMMIT_EVENTS).map((event) => ({
      seq: event.seq,
      alarm: event.alarm.id,
      time: event.time,
      json: JSON.stringify(event),
      order: event.order ?? null,
    }))
  }

  markSaved(seq: number): void {
    this.#savedSeq = Math.max(this.#savedSeq, seq)
    const needed = this.#lastSeq - Math.min(this.#savedSeq, this.#publishedSeq)
    const superfluous = this.#events.length - Math.max(KEEP, needed)
    // In large steps: taking off the front of an array moves the rest.
    if (superfluous >= KEEP) this.#events = this.#events.slice(superfluous)
  }

  /** Events up to `seq` that listeners have not seen; from now on they have. */
  publish(seq: number): AlarmEvent[] {
    if (seq <= this.#publishedSeq) return []
    const fresh = this.#slice(this.#publishedSeq, seq - this.#publishedSeq)
    this.#publishedSeq = seq
    return fresh
  }

  /** Published events after `seq`, or null when the first of them is not in memory. */
  recent({ afterSeq, limit }: { afterSeq: number; limit: number }): AlarmEvent[] | null {
    if (afterSeq >= this.#publishedSeq) return []
    const first = this.#events[0]
    if (first === undefined || afterSeq + 1 < first.seq) return null
    return this.#slice(afterSeq, Math.min(limit, this.#publishedSeq - afterSeq))
  }

  /** An alarm out of service is watched by nobody: what it said last is not about now. */
  #noteAlarm({ seq, alarm: { id, state } }: AlarmEvent): void {
    if (state === 'normal' || state === 'out-of-service') this.#openAlarms.delete(id)
    else this.#openAlarms.set(id, seq)
  }

  #slice(afterSeq: number, count: number): AlarmEvent[] {
    const first = this.#events[0]
    if (first === undefined) return []
    const start = Math.max(0, afterSeq + 1 - first.seq)
    return this.#events.slice(start, start + count)
  }
}
