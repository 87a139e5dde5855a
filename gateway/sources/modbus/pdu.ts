/**
 * Requests and replies of the Modbus application layer (MODBUS Application Protocol V1.1b3), free of any framing.
 * Function codes 1 to 6, 15 and 16. Addresses are zero-based PDU addresses.
 */
import type { RegisterTable } from '../../model.ts'

export interface ReadRequest {
  readonly type: 'read'
  readonly table: RegisterTable
  readonly address: number
  /** Registers, or coils and discrete inputs. */
  readonly count: number
}

export type WriteRequest =
  | { readonly type: 'write-coil'; readonly address: number; readonly value: boolean }
  | { readonly type: 'write-register'; readonly address: number; readonly value: number }
  | { readonly type: 'write-coils'; readonly address: number; readonly values: readonly boolean[] }
  | { readonly type: 'write-registers'; readonly address: number; readonly values: readonly number[] }

export type ModbusRequest = ReadRequest | WriteRequest

export type Reply =
  /** One 16-bit word per register, or 0/1 per coil or discrete input; exactly as many as were asked for. */
  | { readonly type: 'words'; readonly words: Uint16Array }
  | { readonly type: 'written' }
  | { readonly type: 'exception'; readonly code: number }

/** Most registers and most coils or discrete inputs that one read may ask for (AP 6.1 to 6.4). */
export const MAX_READ_REGISTERS = 125
export const MAX_READ_BITS = 2000

const READ_FUNCTION: Readonly<Record<RegisterTable, number>> = {
  coil: 1,
  'discrete-input': 2,
  'holding-register': 3,
  'input-register': 4,
}
const WRITE_FUNCTION: Readonly<Record<WriteRequest['type'], number>> = {
  'write-coil': 5,
  'write-register': 6,
  'write-coils': 15,
  'write-registers': 16,
}
/** AP 6.5: the only two values that function code 5 may carry. */
const COIL_ON = 0xff00
const EXCEPTION_FLAG = 0x80

const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
}

export function exceptionText(code: number): string {
  return `exception ${code} (${EXCEPTION_NAMES[code] ?? 'not in the specification'})`
}

export function isBitTable(table: RegisterTable): boolean {
  return table === 'coil' || table === 'discrete-input'
}

export function functionCodeOf(request: ModbusRequest): number {
  return request.type === 'read' ? READ_FUNCTION[request.table] : WRITE_FUNCTION[request.type]
}

export function encodePdu(request: ModbusRequest): Uint8Array {
  const { address } = request
  switch (request.type) {
    case 'read':
      return header(request, address, request.count)
    case 'write-coil':
      return header(request, address, request.value ? COIL_ON : 0)
    case 'write-register':
      return header(request, address, request.value)
    case 'write-coils': {
      const bits = new Uint8Array(Math.ceil(request.values.length / 8))
      for (const [index, value] of request.values.entries()) {
        if (value) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
      }
      return withData(header(request, address, request.values.length), bits)
    }
    case 'write-registers': {
      const data = new Uint8Array(request.values.length * 2)
      for (const [index, value] of request.values.entries()) {
        data[index * 2] = (value >> 8) & 0xff
        data[index * 2 + 1] = value & 0xff
      }
      return withData(header(request, address, request.values.length), data)
    }
  }
}

function header(request: ModbusRequest, first: number, second: number): Uint8Array {
  return Uint8Array.of(functionCodeOf(request), first >> 8, first & 0xff, (second >> 8) & 0xff, second & 0xff)
}

function withData(start: Uint8Array, data: Uint8Array): Uint8Array {
  const pdu = new Uint8Array(start.length + 1 + data.length)
  pdu.set(start)
  pdu[start.length] = data.length
  pdu.set(data, start.length + 1)
  return pdu
}

/** Bytes of data in the reply to a read; 0 for a write. */
export function replyByteCount(request: ModbusRequest): number {
  if (request.type !== 'read') return 0
  return isBitTable(request.table) ? Math.ceil(request.count / 8) : request.count * 2
}

/** Length in bytes of the PDU of a normal reply. */
export function replyPduLength(request: ModbusRequest): number {
  return request.type === 'read' ? 2 + replyByteCount(request) : 5
}

/** What the PDU says as the reply to `request`, or why it cannot be its reply. */
export function decodeReply(request: ModbusRequest, pdu: Uint8Array): Reply | { type: 'mismatch'; detail: string } {
  const expected = functionCodeOf(request)
  const functionCode = pdu[0]
  if (functionCode === (expected | EXCEPTION_FLAG) && pdu.length === 2) {
    return { type: 'exception', code: pdu[1] ?? 0 }
  }
  if (functionCode !== expected) {
    return { type: 'mismatch', detail: `function code ${functionCode ?? 'none'} where ${expected} was asked for` }
  }
  if (pdu.length !== replyPduLength(request)) {
    return { type: 'mismatch', detail: `${pdu.length} bytes where ${replyPduLength(request)} were expected` }
  }
  if (request.type !== 'read') return decodeWritten(request, pdu)
  if (pdu[1] !== replyByteCount(request)) {
    return { type: 'mismatch', detail: `byte count ${pdu[1]} where ${replyByteCount(request)} was expected` }
  }
  return { type: 'words', words: isBitTable(request.table) ? bits(pdu, request.count) : registers(pdu, request.count) }
}

/** AP 6.5, 6.6, 6.11, 6.12: the reply to a write repeats the first five bytes of the request. */
function decodeWritten(request: WriteRequest, pdu: Uint8Array): Reply | { type: 'mismatch'; detail: string } {
  const sent = encodePdu(request)
  return pdu.every((byte, index) => byte === sent[index])
    ? { type: 'written' }
    : { type: 'mismatch', detail: 'the reply confirms another address or value than was written' }
}

function registers(pdu: Uint8Array, count: number): Uint16Array {
  const words = new Uint16Array(count)
  for (let index = 0; index < count; index++) {
    words[index] = ((pdu[2 + index * 2] ?? 0) << 8) | (pdu[3 + index * 2] ?? 0)
  }
  return words
}

function bits(pdu: Uint8Array, count: number): Uint16Array {
  const words = new Uint16Array(count)
  for (let index = 0; index < count; index++) words[index] = ((pdu[2 + (index >> 3)] ?? 0) >> (index & 7)) & 1
  return words
}
