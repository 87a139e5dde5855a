/**
 * The part of a period in which a device was heard, from the alarms that say that it is silent. What the gateway did not see,
 * because it was off itself, is not known and counts as heard.
 */
import type { AlarmMoment } from './alarm-moment.ts'
import type { Period } from './alarm-statistics.ts'

export interface OnlineRate {
  readonly device: string
  readonly silences: number
  readonly offlineMs: number
  /** From 0 to 1. */
  readonly rate: number
  readonly offlineNow: boolean
}

type SilenceMoment = Pick<AlarmMoment, 'alarm' | 'time' | 'type' | 'raisedAt'>

interface Silence {
  since: number | null
  offlineMs: number
  count: number
}

/**
 * Moments of alarms of silence only, in order of time. `deviceOf`: null for other alarms. Begins with those that were active when the
 * period began.
 */
export class OnlineTally {
  readonly #period: Period
  readonly #devices = new Map<string, Silence>()
  readonly #deviceOf: (alarm: string) => string | null

  constructor(period: Period, deviceOf: (alarm: string) => string | null) {
    this.#period = period
    this.#deviceOf = deviceOf
  }

  /** Active at the beginning of the period. */
  standing(moments: Iterable<Pick<SilenceMoment, 'alarm'>>): void {
    for (const { alarm } of moments) this.#begin(alarm, this.#period.from)
  }

  add({ alarm, time, type }: SilenceMoment): void {
    const { from, to } = this.#period
    if (time >= to) return
    const at = Math.max(time, from)
    if (type === 'raised') this.#begin(alarm, at)
    // Out of the configuration, or back in it: nobody knows what it did meanwhile.
    else if (type === 'returned' || type === 'removed') this.#end(alarm, at)
  }

  /** Of these devices, the worst first. */
  result(devices: Iterable<string>): OnlineRate[] {
    const { from, to } = this.#period
    const rates = Array.from(devices, (device) => {
      const { since = null, offlineMs = 0, count = 0 } = this.#devices.get(device) ?? {}
      const offline = Math.min(to - from, offlineMs + (since === null ? 0 : to - since))
      return {
        device,
        silences: count,
        offlineMs: offline,
        rate: 1 - offline / (to - from),
        offlineNow: since !== null,
      }
    })
    return rates.sort((a, b) => a.rate - b.rate || (a.device < b.device ? -1 : 1))
  }

  #begin(alarm: string, at: number): void {
    const silence = this.#silenceOf(alarm)
    if (silence === null || silence.since !== null) return
    silence.since = at
    silence.count++
  }

  #end(alarm: string, at: number): void {
    const silence = this.#silenceOf(alarm)
    if (silence === null || silence.since === null) return
    silence.offlineMs += Math.max(0, at - silence.since)
    silence.since = null
  }

  #silenceOf(alarm: string): Silence | null {
    const device = this.#deviceOf(alarm)
    if (device === null) return null
    const known = this.#devices.get(device) ?? { since: null, offlineMs: 0, count: 0 }
    this.#devices.set(device, known)
    return known
  }
}
