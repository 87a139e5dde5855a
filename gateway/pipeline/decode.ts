/** From a sample to what it says about each point of its device. Nothing is judged here: no range, no time, no rule. */

import type { Decoded, DecodedMessage, DecodedRecord } from '../../device-profiles/codec/decoded.ts'
import { derivePoints } from '../../device-profiles/codec/derive.ts'
import { createDocumentsDecoder } from '../../device-profiles/codec/documents.ts'
import { createMessageDecoder } from '../../device-profiles/codec/message.ts'
import type { Device } from '../../device-profiles/device.ts'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import type { MessageDocument, PointValue, QualityReason, Sample } from '../model.ts'
import { type RegisterBlock, RegisterBlocks } from './register-blocks.ts'

/** What a sample says about one point: a value, or why there is none. */
export type Finding =
  | { readonly value: PointValue; readonly doubt?: { readonly reason: QualityReason; readonly detail: string } }
  | { readonly fault: QualityReason; readonly detail: string }

export interface Decoding {
  /** `points[i]` is the place in `device.points` of the point that `findings[i]` is about; derived points follow their sources. */
  readonly points: readonly number[]
  readonly findings: readonly Finding[]
  /** The device's own time in milliseconds since 1970, as it gave it, believable or not. */
  readonly time: number | null
  /** Why nothing of the sample could be understood; then every point has a malformed finding. */
  readonly malformed: string | null
  /** Values given for points that the profile does not have. */
  readonly unknown: number
  /** What the sample brings beside the newest of each point, oldest first. */
  readonly further?: readonly FurtherDecoding[]
  /** Readings in it that cannot be taken, because nobody can tell when they were measured. */
  readonly dropped?: number
}

/** Readings of one more time. */
export interface FurtherDecoding {
  readonly points: readonly number[]
  readonly findings: readonly Finding[]
  readonly time: number | null
  /** Something newer is known of its points, or the device had kept it: it is not about now. */
  readonly late: boolean
}

type Of<Type extends Sample['type']> = Extract<Sample, { type: Type }>

/** What all devices of one profile with the same parameters share; thousands of them then share the processor's cache too. */
interface Prepared {
  readonly places: ReadonlyMap<string, number>
  readonly all: readonly number[]
  readonly blocks: RegisterBlocks
  readonly message: ((payload: Uint8Array) => DecodedMessage) | null
  readonly documents: (documents: readonly MessageDocument[]) => DecodedMessage
}

const preparations = new WeakMap<DeviceProfile, Map<string, Prepared>>()

function prepare({ profile, parameters, points, networkServer }: Device): Prepared {
  const known = preparations.get(profile) ?? new Map<string, Prepared>()
  preparations.set(profile, known)
  const key = JSON.stringify([parameters, networkServer])
  const prepared = known.get(key) ?? {
    places: new Map(points.map((point, place) => [point.profile.id, place])),
    all: points.map((_, place) => place),
    blocks: new RegisterBlocks(
      points.map((point) => point.profile),
      parameters,
    ),
    message: profile.mqtt === undefined ? null : createMessageDecoder(profile, parameters, { networkServer }),
    documents: createDocumentsDecoder(profile, parameters),
  }
  known.set(key, prepared)
  return prepared
}

/** Decodes the samples of one device. */
export class Decoder {
  readonly #device: Device
  readonly #prepared: Prepared

  constructor(device: Device) {
    this.#device = device
    this.#prepared = prepare(device)
  }

  decode(sample: Sample): Decoding {
    switch (sample.type) {
      case 'registers':
        return this.#registers(sample)
      case 'read-failure': {
        const { points } = this.#prepared.blocks.block(sample)
        return failed(points, { fault: sample.reason, detail: sample.detail })
      }
      case 'device-failure':
        return failed(this.#prepared.all, { fault: sample.reason, detail: sample.detail })
      case 'message':
        return this.#fromMessage(sample.payload)
      case 'documents':
        return this.#fromDecoded(
          sample.problem === undefined ? this.#prepared.documents(sample.documents) : { malformed: sample.problem },
        )
      case 'values':
        return this.#values(sample)
      case 'recorded':
        return this.#recorded(sample)
    }
  }

  #registers({ table, address, words }: Of<'registers'>): Decoding {
    const block = this.#prepared.blocks.block({ table, address, count: words.length })
    const findings: Finding[] = []
    for (const read of block.reads) {
      for (let i = 0; i < read.words.length; i++) read.words[i] = words[read.offset + i] ?? 0
      findings.push(read.decode(read.words))
    }
    if (block.derived.length > 0) this.#derive(block, findings)
    return { points: block.points, findings, time: null, malformed: null, unknown: 0 }
  }

  #derive({ reads, derived }: RegisterBlock, findings: Finding[]): void {
    const sources = new Map<string, Decoded>()
    reads.forEach((read, i) => {
      sources.set(read.id, findings[i] as Decoded)
    })
    const all = this.#withDerived(sources)
    for (const place of derived) {
      const finding = all.get(this.#device.points[place]?.profile.id ?? '')
      if (finding !== undefined) findings.push(finding)
    }
  }

  #fromMessage(payload: Uint8Array): Decoding {
    const { message } = this.#prepared
    return this.#fromDecoded(
      message?.(payload) ?? { malformed: `profile ${this.#device.profile.id} has no messages as bytes` },
    )
  }

  #fromDecoded(decoded: DecodedMessage): Decoding {
    if ('malformed' in decoded) {
      const { malformed } = decoded
      return { ...failed(this.#prepared.all, { fault: 'malformed', detail: malformed }), malformed }
    }
    const { further, dropped } = decoded
    const newest = this.#named(decoded)
    if (further === undefined) return dropped === undefined ? newest : { ...newest, dropped }
    return {
      ...newest,
      dropped: dropped ?? 0,
      further: further.map((record) => ({ ...this.#named(record), late: record.late })),
    }
  }

  #values(sample: Of<'values'>): Decoding {
    const points = new Map<string, Decoded>()
    for (const [id, value] of Object.entries(sample.values)) points.set(id, { value })
    return this.#named({ points, time: null })
  }

  /** What was derived is derived anew where its source was recorded with it: its parameters may be others now. */
  #recorded({ readings }: Of<'recorded'>): Decoding {
    const good = new Map<string, Decoded>()
    for (const [id, { value, quality }] of Object.entries(readings)) {
      if (quality === 'good' && value !== null && !this.#isDerivedFrom(id, readings)) good.set(id, { value })
    }
    const findings = new Map<string, Finding>(this.#withDerived(good))
    for (const [id, { value, quality, reason }] of Object.entries(readings)) {
      const detail = 'as it was recorded'
      if (quality === 'bad' || value === null) findings.set(id, { fault: reason ?? 'malformed', detail })
      else if (quality === 'uncertain') findings.set(id, { value, doubt: { reason: reason ?? 'unconfirmed', detail } })
    }
    return this.#placed(findings, null)
  }

  #isDerivedFrom(id: string, readings: Of<'recorded'>['readings']): boolean {
    const place = this.#prepared.places.get(id)
    const source = place === undefined ? undefined : this.#device.points[place]?.profile.derive?.distance
    return source !== undefined && readings[source]?.quality === 'good'
  }

  #named({ points: decoded, time }: DecodedRecord): Decoding {
    return this.#placed(this.#withDerived(decoded), time)
  }

  #placed(all: ReadonlyMap<string, Finding>, time: number | null): Decoding {
    // Of their size at once: arrays that grow begin with room for 17, and most messages have one value or a few.
    const points = new Array<number>(all.size)
    const findings = new Array<Finding>(all.size)
    let known = 0
    const { places } = this.#prepared
    const take = (finding: Finding, id: string): void => {
      const place = places.get(id)
      if (place === undefined) return
      points[known] = place
      findings[known++] = finding
    }
    // A loop over its entries would make an array of each.
    all.forEach(take)
    const unknown = all.size - known
    if (unknown > 0) points.length = findings.length = known
    return { points, findings, time, malformed: null, unknown }
  }

  /** A derived point shares the reason of its source, also where the source was readable but outside its range. */
  #withDerived(decoded: ReadonlyMap<string, Decoded>): ReadonlyMap<string, Finding> {
    const all = derivePoints(this.#device.profile, this.#device.parameters, decoded)
    if (all === decoded) return all
    const corrected = new Map<string, Finding>(all)
    for (const { profile } of this.#device.points) {
      if (profile.derive === undefined) continue
      const source = decoded.get(profile.derive.distance)
      const derived = all.get(profile.id)
      if (source === undefined || derived === undefined || !('value' in source) || 'value' in derived) continue
      if (derived.fault === 'device-fault') corrected.set(profile.id, { fault: 'out-of-range', detail: derived.detail })
    }
    return corrected
  }
}

function failed(points: readonly number[], finding: Finding): Decoding {
  return { points, findings: points.map(() => finding), time: null, malformed: null, unknown: 0 }
}
