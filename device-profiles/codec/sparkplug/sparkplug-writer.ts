/** Payloads of Sparkplug B as an edge node writes them: numbers as Double, flags as Boolean, texts as String. */
import { bytesField, doubleField, varintField } from './protobuf.ts'

export interface WrittenMetric {
  /** In births, and where the metric has no alias. */
  readonly name?: string
  readonly alias?: number
  /** Null: the edge node has no value. */
  readonly value: number | string | boolean | null
  /** Of a metric without a value; else the value tells. */
  readonly datatype?: number
}

export interface WrittenPayload {
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** 0 to 255; absent in NDEATH. */
  readonly seq?: number
  readonly metrics: readonly WrittenMetric[]
}

const INT64 = 4
const DOUBLE = 10
const BOOLEAN = 11
const STRING = 12

export function encodeSparkplug({ timestamp, seq, metrics }: WrittenPayload): Uint8Array {
  return Uint8Array.from([
    ...varintField(1, BigInt(Math.floor(timestamp))),
    ...metrics.flatMap((metric) => bytesField(2, metricBytes(metric))),
    ...(seq === undefined ? [] : varintField(3, BigInt(seq))),
  ])
}

/** The number of the session, by which a death belongs to its birth; it is an Int64 [tck-id-payloads-nbirth-bdseq]. */
export function birthDeathMetric(bdSeq: number): WrittenMetric {
  return { name: 'bdSeq', value: bdSeq, datatype: INT64 }
}

function metricBytes({ name, alias, value, datatype = typeOf(value) }: WrittenMetric): readonly number[] {
  return [
    ...(name === undefined ? [] : bytesField(1, new TextEncoder().encode(name))),
    ...(alias === undefined ? [] : varintField(2, BigInt(alias))),
    ...(name === undefined ? [] : varintField(4, BigInt(datatype))),
    ...valueBytes(value, datatype),
  ]
}

function typeOf(value: WrittenMetric['value']): number {
  if (typeof value === 'boolean') return BOOLEAN
  return typeof value === 'string' ? STRING : DOUBLE
}

function valueBytes(value: WrittenMetric['value'], datatype: number): readonly number[] {
  if (value === null) return varintField(7, 1n)
  if (typeof value === 'boolean') return varintField(14, value ? 1n : 0n)
  if (typeof value === 'string') return bytesField(15, new TextEncoder().encode(value))
  return datatype === INT64 ? varintField(11, BigInt.asUintN(64, BigInt(value))) : doubleField(13, value)
}
