/**
 * What a unit answers to one request [Modbus application protocol 6]. The order of the checks is that of the
 * specification's diagrams: function, quantity, address.
 */
import type { Range, RegisterBank, Table } from './register-bank.ts'

export const EXCEPTION = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  busy: 6,
  /** A gateway has no answer from the unit behind it. */
  targetSilent: 11,
} as const

/** Most at once [6.1 to 6.4, 6.11, 6.12]. */
const MOST = { readBits: 2000, readRegisters: 125, writeBits: 1968, writeRegisters: 123 }

/** The PDU of the answer: the data, the echo of a write, or an exception. */
export function answerOf(bank: RegisterBank, pdu: Uint8Array): Uint8Array {
  switch (pdu[0]) {
    case 1:
      return readBits(bank, { pdu, table: 'coil' })
    case 2:
      return readBits(bank, { pdu, table: 'discrete-input' })
    case 3:
      return readRegisters(bank, { pdu, table: 'holding-register' })
    case 4:
      return readRegisters(bank, { pdu, table: 'input-register' })
    case 5:
    case 6:
      return writeOne(bank, pdu)
    case 15:
    case 16:
      return writeMany(bank, pdu)
    default:
      return exception(pdu, EXCEPTION.illegalFunction)
  }
}

/** The registers or coils that a request asks to be written; null for any other request. */
export function writtenRange(pdu: Uint8Array): (Range & { readonly table: Table }) | null {
  const { address, count } = rangeOf(pdu)
  if (pdu[0] === 5 || pdu[0] === 15) return { table: 'coil', address, count: pdu[0] === 5 ? 1 : count }
  if (pdu[0] === 6 || pdu[0] === 16) return { table: 'holding-register', address, count: pdu[0] === 6 ? 1 : count }
  return null
}

export function exception(pdu: Uint8Array, code: number): Uint8Array {
  return Uint8Array.of((pdu[0] ?? 0) | 0x80, code)
}

interface Read {
  readonly pdu: Uint8Array
  readonly table: Table
}

function readBits(bank: RegisterBank, { pdu, table }: Read): Uint8Array {
  const range = rangeOf(pdu)
  if (pdu.length !== 5 || range.count < 1 || range.count > MOST.readBits) return exception(pdu, EXCEPTION.illegalValue)
  if (!bank.isDefined(table, range)) return exception(pdu, EXCEPTION.illegalAddress)
  const answer = new Uint8Array(2 + Math.ceil(range.count / 8))
  answer[0] = pdu[0] ?? 0
  answer[1] = answer.length - 2
  for (let i = 0; i < range.count; i++) {
    if (bank.read(table, range.address + i) !== 0) answer[2 + (i >> 3)] = (answer[2 + (i >> 3)] ?? 0) | (1 << (i & 7))
  }
  return answer
}

function readRegisters(bank: RegisterBank, { pdu, table }: Read): Uint8Array {
  const range = rangeOf(pdu)
  const most = Math.min(MOST.readRegisters, bank.maxRegistersPerRead)
  if (pdu.length !== 5 || range.count < 1 || range.count > most) return exception(pdu, EXCEPTION.illegalValue)
  if (!bank.isDefined(table, range)) return exception(pdu, EXCEPTION.illegalAddress)
  const answer = new Uint8Array(2 + range.count * 2)
  answer[0] = pdu[0] ?? 0
  answer[1] = range.count * 2
  for (let i = 0; i < range.count; i++) {
    const word = bank.read(table, range.address + i)
    answer[2 + i * 2] = word >> 8
    answer[3 + i * 2] = word & 0xff
  }
  return answer
}

function writeOne(bank: RegisterBank, pdu: Uint8Array): Uint8Array {
  const isCoil = pdu[0] === 5
  const { address, count: value } = rangeOf(pdu)
  if (pdu.length !== 5 || (isCoil && value !== 0 && value !== 0xff00)) return exception(pdu, EXCEPTION.illegalValue)
  const table = isCoil ? 'coil' : 'holding-register'
  if (!bank.isDefined(table, { address, count: 1 })) return exception(pdu, EXCEPTION.illegalAddress)
  bank.write(table, address, isCoil ? Number(value !== 0) : value)
  return pdu
}

function writeMany(bank: RegisterBank, pdu: Uint8Array): Uint8Array {
  const isCoils = pdu[0] === 15
  const { address, count } = rangeOf(pdu)
  const bytes = isCoils ? Math.ceil(count / 8) : count * 2
  const most = isCoils ? MOST.writeBits : MOST.writeRegisters
  if (count < 1 || count > most || pdu[5] !== bytes || pdu.length !== 6 + bytes)
    return exception(pdu, EXCEPTION.illegalValue)
  const table = isCoils ? 'coil' : 'holding-register'
  if (!bank.isDefined(table, { address, count })) return exception(pdu, EXCEPTION.illegalAddress)
  for (let i = 0; i < count; i++) {
    const word = isCoils ? ((pdu[6 + (i >> 3)] ?? 0) >> (i & 7)) & 1 : uint16(pdu, 6 + i * 2)
    bank.write(table, address + i, word)
  }
  return pdu.slice(0, 5)
}

/** The two words after the function code: an address, and a quantity or a value. */
function rangeOf(pdu: Uint8Array): Range {
  return { address: uint16(pdu, 1), count: uint16(pdu, 3) }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
