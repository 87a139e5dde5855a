/** Where a new point stands: in registers, in a JSON message or in bytes. */
import type { BinaryBinding, JsonBinding, ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import type { Interview, Read } from './interview.ts'
import { optional, readAddress, readChoice, readNumber, readNumbers, readWhole } from './readers.ts'

const TABLES = ['holding-register', 'input-register', 'coil', 'discrete-input'] as const
const NUMBERS = [
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'float64',
  'uint64',
  'int64',
  'bcd16',
  'bcd32',
] as const
const BYTES = ['uint8', 'int8', ...NUMBERS] as const
const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
const LONG_ORDERS = ['ABCDEFGH', 'GHEFCDAB', 'BADCFEHG', 'HGFEDCBA'] as const
type Type = PointProfile['type']

export async function askModbus(
  interview: Interview,
  { type, points }: { readonly type: Type; readonly points: readonly PointProfile[] },
): Promise<ModbusBinding> {
  const { ask } = interview
  const last = points.at(-1)?.modbus?.table ?? 'holding-register'
  const text = `Table (${TABLES.join(', ')}, or function code 1 to 4)`
  const table = await ask({ key: 'table', text, standard: last, read: readChoice(TABLES) })
  const address = await ask({ key: 'address', text: 'Address, zero-based', read: readAddress(table) })
  if (table === 'coil' || table === 'discrete-input') return { table, address, type: 'bit' }
  const words: readonly WireType[] = type === 'text' ? ['string'] : type === 'boolean' ? ['bit', ...NUMBERS] : NUMBERS
  const usual = type === 'text' ? 'string' : 'uint16'
  const wire = await ask({
    key: 'wire',
    text: `On the wire (${words.join(', ')})`,
    standard: usual,
    read: readChoice(words),
  })
  if (wire === 'bit') {
    const bit = await ask({ key: 'bit', text: 'Which bit, 0 being the least significant', read: readWhole(0, 15) })
    return { table, address, type: 'bit', bit }
  }
  if (wire === 'string') {
    const length = await ask({ key: 'length', text: 'How many registers', read: readWhole(1, 125) })
    return { table, address, type: 'string', length }
  }
  return { table, address, type: wire, ...(await askOrder(interview, wire)), ...(await askConversion(interview, type)) }
}

export async function askJson(
  interview: Interview,
  { id, type }: { readonly id: string; readonly type: Type },
): Promise<JsonBinding> {
  const text = 'Pointer to it in the message, as /data/level'
  const pointer = await interview.ask({ key: 'pointer', text, standard: `/${id}`, read: readPointer })
  if (type === 'text') return { pointer }
  const words =
    type === 'number'
      ? undefined
      : await interview.ask({
          ...{ key: 'words', text: 'Words that stand for its codes, as ON=1,OFF=0 (- none)', standard: '-' },
          read: optional(readWords),
        })
  return { pointer, ...(words !== undefined && { words }), ...(await askConversion(interview, type)) }
}

export async function askBinary(interview: Interview, type: Type): Promise<BinaryBinding> {
  const { ask } = interview
  const at = await ask({ key: 'at', text: 'Its first byte, counted from 0', read: readWhole(0, 1023) })
  const words: readonly WireType[] = type === 'text' ? ['string'] : type === 'boolean' ? ['bit', ...BYTES] : BYTES
  const usual = words[0] === 'string' ? 'string' : 'uint8'
  const wire = await ask({
    key: 'wire',
    text: `On the wire (${words.join(', ')})`,
    standard: usual,
    read: readChoice(words),
  })
  if (wire === 'bit') {
    const bit = await ask({ key: 'bit', text: 'Which bit, 0 being the least significant', read: readWhole(0, 7) })
    return { at, type: 'bit', bit }
  }
  if (wire === 'string') {
    return { at, type: 'string', length: await ask({ key: 'length', text: 'How many bytes', read: readWhole(1, 250) }) }
  }
  return { at, type: wire, ...(await askConversion(interview, type)) }
}

async function askOrder({ ask }: Interview, wire: WireType): Promise<Pick<ModbusBinding, 'byteOrder'>> {
  const orders = /64$/.test(wire) ? LONG_ORDERS : /32$/.test(wire) ? ORDERS : null
  if (orders === null) return {}
  const [first] = orders
  const text = `Order of its bytes (${orders.join(', ')}; ${first} is high word first)`
  const byteOrder = await ask({
    key: 'byte-order',
    text,
    standard: first,
    read: readChoice<(typeof orders)[number]>(orders),
  })
  return { byteOrder }
}

async function askConversion(
  { ask }: Interview,
  type: Type,
): Promise<Pick<ModbusBinding, 'scale' | 'offset' | 'sentinels' | 'trueWhen'>> {
  if (type === 'boolean') {
    const text = 'Number that means yes (-: 1 is yes, 0 is no, others are malformed)'
    const trueWhen = await ask({ key: 'true-when', text, standard: '-', read: optional(readNumber) })
    return trueWhen === undefined ? {} : { trueWhen }
  }
  if (type !== 'number') return {}
  const scale = await ask({ key: 'scale', text: 'Scale: value = raw × scale', standard: '1', read: readScale })
  const offset = await ask({
    key: 'offset',
    text: 'Offset: value = raw × scale + offset',
    standard: '0',
    read: readNumber,
  })
  const text = 'Raw codes that mean "no measurement", as 65535 or 0x7FFF (- none)'
  const sentinels = await ask({ key: 'sentinels', text, standard: '-', read: optional(readNumbers) })
  return {
    ...(scale !== 1 && { scale }),
    ...(offset !== 0 && { offset }),
    ...(sentinels !== undefined && { sentinels }),
  }
}

function readScale(answer: string): Read<number> {
  const read = readNumber(answer)
  return 'value' in read && read.value === 0
    ? { wrong: 'expected a scale other than 0, which makes every value 0' }
    : read
}

function readPointer(answer: string): Read<string> {
  if (/^(\/([^~/]|~[01])*)+$/.test(answer)) return { value: answer }
  const names = answer.replace(/^\$\.?/, '').split(/[./[\]]+/)
  return {
    wrong: `expected a pointer that begins with a slash, got "${answer}"; did you mean "/${names.filter(Boolean).join('/')}"?`,
  }
}

function readWords(answer: string): Read<Record<string, number>> {
  const words: Record<string, number> = {}
  for (const part of answer.split(/\s*[,;]\s*/)) {
    const [word = '', number = ''] = part.split('=')
    const read = readNumber(number)
    if (word === '' || 'wrong' in read)
      return { wrong: `expected word=number with commas, as ON=1,OFF=0, got "${part}"` }
    words[word] = read.value
  }
  return { value: words }
}
