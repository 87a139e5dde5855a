/** Sparkplug B payloads as an edge node writes them; written again here, so that the tests do not trust what they test. */

export interface WrittenMetric {
  readonly name?: string
  readonly alias?: number
  readonly timestamp?: number
  /** Name of the data type; the metric has none on the wire if absent. */
  readonly datatype?: keyof typeof TYPES
  readonly historical?: boolean
  /** 192 is good. */
  readonly quality?: number
  /** Null: the metric says that it has none. How it is written follows from `as`, or from the data type. */
  readonly value?: number | string | boolean | null
  readonly as?: keyof typeof TYPES
}

export interface WrittenPayload {
  readonly timestamp?: number
  readonly seq?: number
  readonly metrics?: readonly WrittenMetric[]
}

const TYPES = {
  ...{ Int8: 1, Int16: 2, Int32: 3, Int64: 4, UInt8: 5, UInt16: 6, UInt32: 7, UInt64: 8, Float: 9, Double: 10 },
  ...{ Boolean: 11, String: 12, DateTime: 13, Text: 14, Bytes: 17 },
} as const

export function sparkplugPayload({ timestamp, seq, metrics = [] }: WrittenPayload): Buffer {
  return Buffer.concat([
    timestamp === undefined ? Buffer.alloc(0) : varint(1, BigInt(timestamp)),
    ...metrics.map((metric) => delimited(2, writtenMetric(metric))),
    seq === undefined ? Buffer.alloc(0) : varint(3, BigInt(seq)),
  ])
}

function writtenMetric({ name, alias, timestamp, datatype, historical, quality, value, as = datatype }: WrittenMetric) {
  const parts: Buffer[] = []
  if (name !== undefined) parts.push(delimited(1, Buffer.from(name)))
  if (alias !== undefined) parts.push(varint(2, BigInt(alias)))
  if (timestamp !== undefined) parts.push(varint(3, BigInt(timestamp)))
  if (datatype !== undefined) parts.push(varint(4, BigInt(TYPES[datatype])))
  if (historical) parts.push(varint(5, 1n))
  if (value === null) parts.push(varint(7, 1n))
  if (quality !== undefined) {
    const property = Buffer.concat([varint(1, 3n), varint(3, BigInt(quality))])
    parts.push(delimited(9, Buffer.concat([delimited(1, Buffer.from('Quality')), delimited(2, property)])))
  }
  if (value !== undefined && value !== null) parts.push(writtenValue(value, as ?? 'Double'))
  return Buffer.concat(parts)
}

function writtenValue(value: number | string | boolean, type: keyof typeof TYPES): Buffer {
  const number = Number(value)
  switch (type) {
    case 'Boolean':
      return varint(14, value ? 1n : 0n)
    case 'Float':
      return Buffer.concat([head(12, 5), four((bytes) => bytes.writeFloatLE(number))])
    case 'Double':
      return Buffer.concat([head(13, 1), eight((bytes) => bytes.writeDoubleLE(number))])
    case 'String':
    case 'Text':
      return delimited(15, Buffer.from(String(value)))
    case 'Bytes':
      return delimited(16, Buffer.from(String(value)))
    case 'Int64':
    case 'UInt64':
    case 'DateTime':
      return varint(11, BigInt.asUintN(64, BigInt(value)))
    default:
      // Signed numbers of 32 bits and less stand in 32 bits, in two's complement.
      return varint(10, BigInt.asUintN(32, BigInt(value)))
  }
}

function varint(field: number, value: bigint): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>= 7n) {
    if (left < 128n) return Buffer.concat([head(field, 0), Buffer.from([...bytes, Number(left)])])
    bytes.push(Number(left % 128n) + 128)
  }
}

function delimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([head(field, 2), varint(0, BigInt(bytes.length)).subarray(1), bytes])
}

/** Fields above 15 take two bytes. */
function head(field: number, wireType: number): Buffer {
  const key = field * 8 + wireType
  return key < 128 ? Buffer.from([key]) : Buffer.from([(key % 128) + 128, Math.floor(key / 128)])
}

function four(write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(4)
  write(bytes)
  return bytes
}

function eight(write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(8)
  write(bytes)
  return bytes
}
