/**
 * What is known of one edge node between two messages: its births, which say what stands behind an alias, and how far its
 * messages were counted. A hole in the count may have been another birth: until the next one, what only an alias names is
 * not certain.
 */
import type { RawMetric, SparkplugPayload } from '../../../../device-profiles/codec/sparkplug/sparkplug-payload.ts'
import type { SparkplugTopic } from './sparkplug-topic.ts'

interface KnownMetric {
  readonly name: string
  readonly datatype: number | null
}

interface Birth {
  readonly byAlias: ReadonlyMap<bigint, KnownMetric>
  readonly byName: ReadonlyMap<string, KnownMetric>
}

export interface ResolvedMetric {
  readonly metric: RawMetric
  readonly name: string
  readonly datatype: number | null
  /** Found by its alias after a message was lost. */
  readonly isDoubtful: boolean
}

export type NodeAnswer =
  | { readonly type: 'metrics'; readonly metrics: readonly ResolvedMetric[]; readonly rebirth: string | null }
  /** The whole edge node (`device` null), or one device behind it, is gone. */
  | { readonly type: 'death'; readonly device: string | null }
  /** The message cannot be understood without a birth that nobody has seen. */
  | { readonly type: 'unborn'; readonly rebirth: string }
  | { readonly type: 'ignored' }

/** The edge node's own metrics stand under this name beside those of its devices. */
const ITSELF = ''
const BIRTH_DEATH = 'bdSeq'
const SEQUENCE = 256

export class EdgeNode {
  #births = new Map<string, Birth>()
  #bdSeq: bigint | null = null
  #seq: number | null = null
  /** Of the message that was counted last. */
  #timestamp: number | null = null
  #isHoled = false

  take({ type, device }: SparkplugTopic, payload: SparkplugPayload): NodeAnswer {
    const holder = device ?? ITSELF
    switch (type) {
      case 'NBIRTH':
        // Everything before it is void, births of devices too [tck-id-payloads-nbirth].
        this.#births.clear()
        this.#isHoled = false
        this.#bdSeq = bdSeqOf(payload)
        this.#seq = payload.seq
        this.#timestamp = payload.timestamp
        return this.#born(holder, payload)
      case 'DBIRTH':
        if (!this.#births.has(ITSELF)) return { type: 'unborn', rebirth: 'a device was born before its edge node' }
        this.#count(payload)
        return this.#born(holder, payload)
      case 'NDATA':
      case 'DDATA':
        return this.#data(holder, payload)
      case 'DDEATH':
        this.#count(payload)
        this.#births.delete(holder)
        return { type: 'death', device: holder }
      case 'NDEATH':
        return this.#death(payload)
    }
  }

  #born(holder: string, payload: SparkplugPayload): NodeAnswer {
    const named = payload.metrics.flatMap((metric) => (metric.name === null ? [] : [{ metric, name: metric.name }]))
    const known = named.map(({ metric, name }) => ({ metric, name, datatype: metric.datatype, isDoubtful: false }))
    this.#births.set(holder, {
      byName: new Map(known.map((entry) => [entry.name, entry])),
      byAlias: new Map(known.flatMap((entry) => (entry.metric.alias === null ? [] : [[entry.metric.alias, entry]]))),
    })
    return { type: 'metrics', metrics: known, rebirth: this.#rebirth() }
  }

  #data(holder: string, payload: SparkplugPayload): NodeAnswer {
    const birth = this.#births.get(holder)
    if (birth === undefined) return { type: 'unborn', rebirth: 'its birth was not seen' }
    this.#count(payload)
    const metrics: ResolvedMetric[] = []
    let unknown = 0
    for (const metric of payload.metrics) {
      const resolved = resolve(birth, metric)
      if (resolved === undefined) unknown++
      else metrics.push({ ...resolved, metric, isDoubtful: this.#isHoled && metric.name === null })
    }
    const rebirth = unknown > 0 ? 'it names metrics that its birth does not have' : this.#rebirth()
    return { type: 'metrics', metrics, rebirth }
  }

  /** A will of a session that has ended before speaks of a past that everybody knows [tck-id-payloads-ndeath-bdseq]. */
  #death(payload: SparkplugPayload): NodeAnswer {
    const bdSeq = bdSeqOf(payload)
    if (this.#bdSeq !== null && bdSeq !== null && bdSeq !== this.#bdSeq) return { type: 'ignored' }
    this.#births.clear()
    this.#bdSeq = null
    this.#seq = null
    this.#isHoled = false
    return { type: 'death', device: null }
  }

  /** Each message counts one further, 255 is followed by 0; what comes once more has the number and the time it had. */
  #count({ seq, timestamp }: SparkplugPayload): void {
    if (seq === this.#seq && timestamp === this.#timestamp) return
    if (seq === null || this.#seq === null || seq !== (this.#seq + 1) % SEQUENCE) this.#isHoled = true
    this.#seq = seq
    this.#timestamp = timestamp
  }

  #rebirth(): string | null {
    return this.#isHoled ? 'a message of it was lost' : null
  }
}

function resolve(
  birth: Birth,
  { name, alias, datatype }: RawMetric,
): Omit<ResolvedMetric, 'metric' | 'isDoubtful'> | undefined {
  const known = name === null ? (alias === null ? undefined : birth.byAlias.get(alias)) : birth.byName.get(name)
  const shown = name ?? known?.name
  if (shown === undefined || known === undefined) return undefined
  return { name: shown, datatype: datatype ?? known.datatype }
}

function bdSeqOf({ metrics }: SparkplugPayload): bigint | null {
  const value = metrics.find(({ name }) => name === BIRTH_DEATH)?.value
  return value?.type === 'whole' ? value.value : null
}
