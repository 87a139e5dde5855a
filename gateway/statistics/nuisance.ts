/**
 * Alarms that cost attention and tell nothing. Chattering: raised three times within a minute or more often. Fleeting: back
 * to normal within seconds without anybody's doing, and not again within a minute (criteria as in ISA-TR18.2.5 and EEMUA 191).
 */
import type { AlarmMoment } from './alarm-moment.ts'

export const CHATTER_RAISES = 3
export const CHATTER_WINDOW_MS = 60_000
export const FLEETING_MS = 10_000

interface Followed {
  /** Of the last raises, oldest first. */
  readonly raises: number[]
  raisedAt: number | null
  acknowledged: boolean
  /** When it came back so soon that it is fleeting, unless it repeats; null: it did not. */
  fleetingAt: number | null
}

export class NuisanceWatch {
  readonly #alarms = new Map<string, Followed>()
  readonly #fleeting = new Map<string, number>()
  /** By alarm: how many bursts there were. */
  readonly chattering = new Map<string, number>()

  /** In order of time. */
  add({ alarm, type, time }: Pick<AlarmMoment, 'alarm' | 'type' | 'time'>): void {
    if (type === 'raised') this.#raise(alarm, time)
    else if (type === 'acknowledged') this.#of(alarm).acknowledged = true
    else if (type === 'returned') this.#return(alarm, time)
  }

  /** By alarm: how often it was fleeting, up to `now`. */
  fleeting(now: number): ReadonlyMap<string, number> {
    for (const [alarm, followed] of this.#alarms) this.#settle(alarm, followed, now)
    return this.#fleeting
  }

  #raise(alarm: string, time: number): void {
    const followed = this.#of(alarm)
    this.#settle(alarm, followed, time)
    // It repeats: that is chattering in the making, or simply real.
    followed.fleetingAt = null
    followed.raisedAt = time
    followed.acknowledged = false
    const { raises } = followed
    raises.push(time)
    while (raises[0] !== undefined && time - raises[0] > CHATTER_WINDOW_MS) raises.shift()
    // Counted when it becomes a burst; what follows within the minute belongs to it.
    if (raises.length === CHATTER_RAISES) this.chattering.set(alarm, (this.chattering.get(alarm) ?? 0) + 1)
  }

  #return(alarm: string, time: number): void {
    const followed = this.#of(alarm)
    const { raisedAt, acknowledged, raises } = followed
    const isSoon = raisedAt !== null && time - raisedAt <= FLEETING_MS
    followed.fleetingAt = isSoon && !acknowledged && raises.length === 1 ? time : null
    followed.raisedAt = null
  }

  #settle(alarm: string, followed: Followed, now: number): void {
    if (followed.fleetingAt === null || now - followed.fleetingAt <= CHATTER_WINDOW_MS) return
    followed.fleetingAt = null
    this.#fleeting.set(alarm, (this.#fleeting.get(alarm) ?? 0) + 1)
  }

  #of(alarm: string): Followed {
    const known = this.#alarms.get(alarm)
    if (known !== undefined) return known
    const followed: Followed = { raises: [], raisedAt: null, acknowledged: false, fleetingAt: null }
    this.#alarms.set(alarm, followed)
    return followed
  }
}
