/**
 * As much of the Protocol Buffers wire format as Sparkplug B needs: varints, fixed numbers and lengths, groups refused. Written
 * here because the libraries that speak Sparkplug bring a whole code generator for a dozen fields.
 */

/** Anything that does not parse. */
export class ProtobufError extends Error {}

export interface ProtobufField {
  readonly number: number
  /** A varint or a fixed number of 64 or 32 bits as it stands on the wire; or the bytes of a length-delimited field. */
  readonly value: bigint | Uint8Array
  readonly wireType: 0 | 1 | 2 | 5
}

/** The fields of one message, in their order. Throws a ProtobufError. */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new ProtobufError('it ends inside a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new ProtobufError('a number has more than 64 bits')
  }
  const take = (length: number): number => {
    if (at + length > bytes.length) throw new ProtobufError('it ends inside a field')
    at += length
    return at - length
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const number = Math.floor(key / 8)
    switch (key % 8) {
      case 0:
        yield { number, value: varint(), wireType: 0 }
        break
      case 1:
        yield { number, value: view.getBigUint64(take(8), true), wireType: 1 }
        break
      case 2: {
        const length = Number(varint())
        const start = take(length)
        yield { number, value: bytes.subarray(start, start + length), wireType: 2 }
        break
      }
      case 5:
        yield { number, value: BigInt(view.getUint32(take(4), true)), wireType: 5 }
        break
      default:
        throw new ProtobufError(`field ${number} is of the wire type ${key % 8}, which is not used`)
    }
  }
}

const scratch = new DataView(new ArrayBuffer(8))

export function floatOf(value: bigint): number {
  scratch.setUint32(0, Number(BigInt.asUintN(32, value)))
  return scratch.getFloat32(0)
}

export function doubleOf(value: bigint): number {
  scratch.setBigUint64(0, value)
  return scratch.getFloat64(0)
}

/** A field with a varint. */
export function varintField(number: number, value: bigint): number[] {
  return [...varintBytes(BigInt(number * 8)), ...varintBytes(value)]
}

/** A field with bytes, or with another message. */
export function bytesField(number: number, bytes: ArrayLike<number>): number[] {
  return [...varintBytes(BigInt(number * 8 + 2)), ...varintBytes(BigInt(bytes.length)), ...Array.from(bytes)]
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  bytes.push(Number(left))
  return bytes
}

/** A field with a number of 64 bits. */
export function doubleField(number: number, value: number): number[] {
  scratch.setFloat64(0, value, true)
  const bytes = Array.from({ length: 8 }, (_, at) => scratch.getUint8(at))
  return [...varintBytes(BigInt(number * 8 + 1)), ...bytes]
}
