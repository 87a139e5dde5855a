/** Bytes as manuals print them: a whole reply (RTU or TCP) or only registers. */

import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import { crc16Modbus } from '../../../../device-profiles/codec/crc16.ts'
import type { Read } from './interview.ts'

export interface VectorBytes {
  /** Registers, or coils as 0 and 1. */
  readonly words: readonly number[]
  /** As the function code of a reply says. */
  readonly table?: ModbusBinding['table']
  /** The reply of a serial line, whose CRC is right. */
  readonly frame?: string
}

const TABLES: Readonly<Record<number, ModbusBinding['table']>> = {
  1: 'coil',
  2: 'discrete-input',
  3: 'holding-register',
  4: 'input-register',
}

/** `01 03 02 00 99 78 2E`, `0x00, 0x99`, `0099h`. */
export function readVectorBytes(answer: string): Read<VectorBytes> {
  const hex = answer.replaceAll(/0x|[\s,;:-]|h\b/gi, '')
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return { wrong: `expected bytes in hexadecimal, as 00 99, got "${answer}"` }
  const bytes = Buffer.from(hex, 'hex')
  const request = requestText(bytes)
  if (request !== null) return { wrong: request }
  return replyOf(bytes) ?? registersOf(bytes)
}

/** The likeliest slip: manuals print the request above its reply. */
function requestText(bytes: Buffer): string | null {
  if (bytes.length !== 8 || TABLES[bytes[1] ?? 0] === undefined || !hasCrc(bytes)) return null
  const [address, count] = [bytes.readUInt16BE(2), bytes.readUInt16BE(4)]
  return `this is the request for ${count} from address ${address}; give the reply that stands below it`
}

function hasCrc(bytes: Buffer): boolean {
  return crc16Modbus(bytes.subarray(0, -2)) === bytes.readUInt16LE(bytes.length - 2)
}

function replyOf(bytes: Buffer): Read<VectorBytes> | null {
  const isTcp = bytes.length > 9 && bytes.readUInt16BE(2) === 0 && bytes.readUInt16BE(4) === bytes.length - 6
  if (isTcp) return wordsOf(bytes.subarray(7))
  if (bytes.length < 5 || TABLES[bytes[1] ?? 0] === undefined || bytes[2] !== bytes.length - 5) return null
  if (!hasCrc(bytes)) {
    const crc = crc16Modbus(bytes.subarray(0, -2))
    const right = [crc & 0xff, crc >> 8].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
    return { wrong: `this looks like a reply whose CRC should be ${right}; look for a slip in the bytes` }
  }
  const read = wordsOf(bytes.subarray(1, -2))
  if ('wrong' in read || read.value.table === 'coil' || read.value.table === 'discrete-input') return read
  const frame = (bytes.toString('hex').toUpperCase().match(/../g) ?? []).join(' ')
  return { value: { ...read.value, frame } }
}

/** From the function code on. */
function wordsOf(pdu: Buffer): Read<VectorBytes> {
  const table = TABLES[pdu[0] ?? 0]
  const data = pdu.subarray(2)
  if (table === undefined || pdu[1] !== data.length) return { wrong: 'expected a reply with the function code 1 to 4' }
  if (table === 'coil' || table === 'discrete-input') {
    // Modbus AP 6.1: the first is the least significant bit of the first byte.
    return {
      value: { table, words: [...data].flatMap((byte) => [0, 1, 2, 3, 4, 5, 6, 7].map((i) => (byte >> i) & 1)) },
    }
  }
  const read = registersOf(data)
  return 'wrong' in read ? read : { value: { ...read.value, table } }
}

function registersOf(bytes: Buffer): Read<VectorBytes> {
  if (bytes.length % 2 === 1) return { wrong: `expected two bytes for each register, got ${bytes.length} bytes` }
  return { value: { words: Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i)) } }
}
