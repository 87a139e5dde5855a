/** The payload of Sparkplug B messages (sparkplug_b.proto of the Sparkplug specification 3.0, chapter 6). */
import { bytesField, doubleOf, floatOf, type ProtobufField, protobufFields, varintField } from './protobuf.ts'

/** A value as it stands on the wire, before its data type says what it is. */
export type RawValue =
  | { readonly type: 'whole'; readonly value: bigint }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'text'; readonly value: string }
  /** Bytes, data sets, templates: nothing that a point could be. */
  | { readonly type: 'other' }

export interface RawMetric {
  readonly name: string | null
  readonly alias: bigint | null
  /** Milliseconds since 1970. */
  readonly timestamp: number | null
  readonly datatype: number | null
  readonly isHistorical: boolean
  readonly isNull: boolean
  /** The property `Quality`: 192 is good, 0 bad, 500 stale. */
  readonly quality: number | null
  readonly value: RawValue | null
}

export interface SparkplugPayload {
  readonly timestamp: number | null
  readonly seq: number | null
  readonly metrics: readonly RawMetric[]
}

/** More than any edge node has; beyond it a payload is an attack or a mistake. */
const MAX_METRICS = 10_000
const MAX_TEXT = 4096
const BOOLEAN = 11n

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Throws an error that says what is wrong. */
export function decodeSparkplug(bytes: Uint8Array): SparkplugPayload {
  let timestamp: number | null = null
  let seq: number | null = null
  const metrics: RawMetric[] = []
  for (const { number, value } of protobufFields(bytes)) {
    if (number === 1 && typeof value === 'bigint') timestamp = Number(value)
    else if (number === 3 && typeof value === 'bigint') seq = Number(value)
    else if (number === 2 && typeof value !== 'bigint') {
      if (metrics.length >= MAX_METRICS) throw new RangeError(`it has more than ${MAX_METRICS} metrics`)
      metrics.push(decodeMetric(value))
    }
  }
  return { timestamp, seq, metrics }
}

type MutableMetric = { -readonly [Key in keyof RawMetric]: RawMetric[Key] }

function decodeMetric(bytes: Uint8Array): RawMetric {
  const metric: MutableMetric = {
    ...{ name: null, alias: null, timestamp: null, datatype: null },
    ...{ isHistorical: false, isNull: false, quality: null, value: null },
  }
  for (const field of protobufFields(bytes)) {
    if (field.number < 10) takeFact(metric, field)
    else metric.value = rawValueOf(field)
  }
  return metric
}

function takeFact(metric: MutableMetric, { number, value }: ProtobufField): void {
  if (typeof value === 'bigint') {
    if (number === 2) metric.alias = value
    else if (number === 3) metric.timestamp = Number(value)
    else if (number === 4) metric.datatype = Number(value)
    else if (number === 5) metric.isHistorical = value !== 0n
    else if (number === 7) metric.isNull = value !== 0n
  } else if (number === 1) metric.name = textOf(value)
  else if (number === 9) metric.quality = qualityOf(value)
}

function rawValueOf({ number, value }: ProtobufField): RawValue {
  if (typeof value === 'bigint') {
    if (number === 10 || number === 11) return { type: 'whole', value }
    if (number === 12) return { type: 'number', value: floatOf(value) }
    if (number === 13) return { type: 'number', value: doubleOf(value) }
    if (number === 14) return { type: 'boolean', value: value !== 0n }
  } else if (number === 15) return { type: 'text', value: textOf(value) }
  return { type: 'other' }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_TEXT) throw new RangeError(`a text has more than ${MAX_TEXT} bytes`)
  return utf8.decode(bytes)
}

/** PropertySet: keys (1) and values (2) side by side; the int_value (3) of the value beside the key `Quality`. */
function qualityOf(bytes: Uint8Array): number | null {
  const keys: string[] = []
  const values: Uint8Array[] = []
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'bigint') continue
    if (number === 1) keys.push(textOf(value))
    else if (number === 2) values.push(value)
  }
  const property = values[keys.indexOf('Quality')]
  if (property === undefined) return null
  for (const { number, value } of protobufFields(property)) {
    if (number === 3 && typeof value === 'bigint') return Number(value)
  }
  return null
}

/** What asks an edge node for its births: the metric `Node Control/Rebirth` as true. */
export function encodeRebirth(now: number): Uint8Array {
  const timestamp = BigInt(Math.floor(now))
  const name = new TextEncoder().encode('Node Control/Rebirth')
  const metric = [
    ...bytesField(1, name),
    ...varintField(3, timestamp),
    ...varintField(4, BOOLEAN),
    ...varintField(14, 1n),
  ]
  return Uint8Array.from([...varintField(1, timestamp), ...bytesField(2, metric)])
}
