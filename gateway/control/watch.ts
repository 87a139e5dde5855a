/** Waits for what shows that a device has done what a message told it: a point of its own messages, or a message that confirms. */
import { conditionsHold, type MessagePlaces } from '../../device-profiles/codec/command-message.ts'
import type { Confirmation } from '../../device-profiles/command-schema.ts'
import type { LatestReading } from './interlock.ts'
import type { Shown } from './outcome.ts'

export type Verdict =
  | { readonly type: 'confirmed'; readonly shown: Shown; readonly answer: string }
  | { readonly type: 'refused'; readonly answer: string }

/** A message on a topic by which a device may confirm. */
export interface HeardMessage {
  readonly topic: string
  readonly payload: Uint8Array
}

export interface WatchOptions {
  readonly confirm: Extract<Confirmation, { readonly within: string; readonly type: 'point' | 'message' }>
  readonly places: Pick<MessagePlaces, 'value' | 'address' | 'id'>
  readonly says: Readonly<Record<string, unknown>> | undefined
  /** Whether a topic is the one on which this device confirms. */
  readonly isConfirming: (topic: string) => boolean
  /** The newest live reading of the watched point. */
  readonly latest: () => LatestReading | null
  /** Monotonic: what was read before does not count. */
  readonly since: number
}

/** Float32 has 24 bits: what is off by less than this is the same number as far as any wire can say it. */
const SAME = 1e-6

export class Watch {
  readonly #options: WatchOptions
  readonly #verdict = Promise.withResolvers<Verdict>()
  #shown: Shown = null

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Never settles by itself. */
  get verdict(): Promise<Verdict> {
    return this.#verdict.promise
  }

  /** The value that the watched point had last. */
  get shown(): Shown {
    return this.#shown
  }

  /** The device has spoken, and what it said is decoded. */
  heard(): void {
    const { confirm, latest, since, places } = this.#options
    if (confirm.type !== 'point') return
    const found = latest()
    if (found?.goodAt == null || found.goodAt < since || found.reading.quality !== 'good') return
    const { value } = found.reading
    this.#shown = value
    const expected = confirm.shows ?? places.value
    if (typeof value !== 'number' || expected === null) return
    const allowed = confirm.tolerance ?? SAME * Math.max(1, Math.abs(expected))
    if (Math.abs(value - expected) > allowed) return
    this.#verdict.resolve({ type: 'confirmed', shown: value, answer: `${confirm.point} = ${value}` })
  }

  /** A message came, on whatever topic. */
  message({ topic, payload }: HeardMessage): void {
    const { confirm, places, says, isConfirming } = this.#options
    if (confirm.type !== 'message' || !isConfirming(topic)) return
    const json = parsed(payload)
    if (json === undefined) return
    const answer = `${topic} ${Buffer.from(payload).toString('utf8')}`
    const said = { ...places, says }
    if (confirm.refusedWhere !== undefined && conditionsHold(confirm.refusedWhere, json, said)) {
      this.#verdict.resolve({ type: 'refused', answer })
    } else if (conditionsHold(confirm.where, json, said)) {
      this.#verdict.resolve({ type: 'confirmed', shown: places.value, answer })
    }
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as unknown
  } catch {
    return undefined
  }
}
