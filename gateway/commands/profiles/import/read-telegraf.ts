/** The Modbus input of a Telegraf configuration, in its three styles: register, request and metric. */
import { parse, TomlError } from 'smol-toml'
import type { ByteOrder, ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import {
  conversionOf,
  type ForeignDevice,
  ForeignFileError,
  type ForeignPoint,
  type Loss,
  TABLES,
} from './foreign-device.ts'

type Entry = Readonly<Record<string, unknown>>
type Lose = (name: string, message: string) => void

const STYLES = {
  coils: TABLES.coil,
  discrete_inputs: TABLES.discrete,
  input_registers: TABLES.input,
  holding_registers: TABLES.holding,
}
/** What is not of the device, but of a line or of whoever receives. */
const UNCARRIED: Readonly<Record<string, string>> = {
  controller: 'where it is reached belongs to a line of the configuration',
  timeout: 'belongs to a line of the configuration (timeout)',
  busy_retries: 'busy units are asked again by themselves',
  transmission_mode: 'belongs to a line of the configuration (its type)',
  tags: 'tags are made from the names of device, point and place',
  measurement: 'measurements are named by the sinks',
}
const PARITY: Readonly<Record<string, string>> = { N: 'none', E: 'even', O: 'odd' }

export function readTelegraf(text: string): ForeignDevice {
  const inputs = modbusInputs(text)
  const [input, ...others] = inputs
  if (input === undefined) throw new ForeignFileError('expected [[inputs.modbus]], as a Telegraf configuration has it')
  const lines = text.split('\n')
  const losses: Loss[] = []
  /** The parser tells no places, so a name is looked for as it is written. */
  const lineOf = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line)) + 1
  const lose: Lose = (name, message) => {
    const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    losses.push({ line: lineOf(new RegExp(`name\\s*=\\s*["']${escaped}["']`)), message: `"${name}": ${message}` })
  }
  for (const [key, message] of Object.entries(UNCARRIED)) {
    const line = lineOf(new RegExp(`^\\s*\\[*\\s*(\\w+\\.)*${key}\\s*[\\]=]`))
    if (line > 0) losses.push({ line, message: `${key}: ${message}` })
  }
  for (const { name } of others) lose(String(name), 'a second [[inputs.modbus]] is another device; import it apart')
  const located = (name: string) =>
    lineOf(new RegExp(`name\\s*=\\s*["']${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}["']`))
  const points = [...registerStyle(input, lose), ...listStyle(input, lose)].map((point) => ({
    ...point,
    line: located(point.name),
  }))
  const model = typeof input.name === 'string' ? { model: input.name } : {}
  return { ...model, answers: answersOf(input), points, losses }
}

function modbusInputs(text: string): readonly Entry[] {
  try {
    const inputs = entryOf(entryOf(parse(text)).inputs).modbus
    return listOf(inputs)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new ForeignFileError(`${error.line}:${error.column}: is no TOML: ${error.message.split('\n')[0]}`)
  }
}

function answersOf({ baud_rate: baudRate, parity, stop_bits: stopBits, slave_id: unit, controller }: Entry) {
  const isSerial = baudRate !== undefined || /^(file|\/|COM)/.test(String(controller ?? ''))
  return {
    ...(unit !== undefined && isSerial && { 'unit-id': String(unit) }),
    ...(baudRate !== undefined && { 'baud-rate': String(baudRate) }),
    ...(!isSerial && { 'baud-rate': '-' }),
    ...(parity !== undefined && { parity: PARITY[String(parity)] ?? String(parity) }),
    ...(stopBits !== undefined && { 'stop-bits': String(stopBits) }),
  }
}

type Found = Omit<ForeignPoint, 'line'>

/** `holding_registers = [{ name, byte_order, data_type, scale, address }]`: one address for each register. */
function registerStyle(input: Entry, lose: Lose): readonly Found[] {
  return Object.entries(STYLES).flatMap(([key, table]) =>
    listOf(input[key]).flatMap((field): readonly Found[] => {
      const name = String(field.name)
      const addresses = Array.isArray(field.address) ? field.address.map(Number) : []
      const [address = -1] = addresses
      if (addresses.some((each, i) => each !== address + i) || address < 0) {
        lose(name, `its addresses [${addresses.join(', ')}] are not one after the other; left out`)
        return []
      }
      const bytes = 2 * addresses.length
      return foundOf({ ...field, address, type: field.data_type }, { table, bytes, order: field.byte_order, lose })
    }),
  )
}

/** `[[inputs.modbus.request]]` and `[[inputs.modbus.metric]]`: fields of one unit each. */
function listStyle(input: Entry, lose: Lose): readonly Found[] {
  const groups = [...listOf(input.request), ...listOf(input.metric)]
  const unit = groups[0]?.slave_id
  return groups.flatMap((group) =>
    listOf(group.fields).flatMap((field): readonly Found[] => {
      const name = String(field.name)
      const register = String(field.register ?? group.register ?? 'holding')
      const table = Object.hasOwn(TABLES, register) ? TABLES[register as keyof typeof TABLES] : undefined
      if (field.omit === true) return []
      if (group.slave_id !== unit)
        lose(
          name,
          `is of unit ${String(group.slave_id)}, and a profile is of one device (unit ${String(unit)}); import it apart`,
        )
      else if (table === undefined) lose(name, `the register "${register}" is no table of Modbus; left out`)
      else return foundOf(field, { table, bytes: 0, order: group.byte_order, lose })
      return []
    }),
  )
}

interface FieldContext {
  readonly table: ModbusBinding['table']
  /** Of all its registers; 0 where the type says it. */
  readonly bytes: number
  readonly order: unknown
  readonly lose: Lose
}

function foundOf(field: Entry, { table, bytes, order, lose }: FieldContext): readonly Found[] {
  const [name, address] = [String(field.name), Number(field.address)]
  if (field.output !== undefined)
    lose(name, 'an output type is not carried over: values are numbers, exact or not given')
  if (table === 'coil' || table === 'discrete-input')
    return [{ name, type: 'boolean', modbus: { table, address, type: 'bit' } }]
  const type = String(field.type ?? 'UINT16')
  if (type === 'BIT')
    return [{ name, type: 'boolean', modbus: { table, address, type: 'bit', bit: Number(field.bit ?? 0) } }]
  if (type === 'STRING')
    return [
      {
        name,
        type: 'text',
        modbus: { table, address, type: 'string', length: Number(field.length ?? (bytes / 2 || 1)) },
      },
    ]
  const conversion = conversionOf(Number(field.scale ?? 1), 0)
  const half = /^(U?)INT8([LH])$/.exec(type)
  if (half !== null) {
    const wire: WireType = half[1] === 'U' ? 'uint16' : 'int16'
    return [
      {
        name,
        type: 'number',
        modbus: { table, address, type: wire, bits: { from: half[2] === 'H' ? 8 : 0, count: 8 }, ...conversion },
      },
    ]
  }
  const wire = wireOf(type, bytes)
  if (wire === null) {
    lose(name, `the type "${type}" has no like here; left out`)
    return []
  }
  const size = Number(/[0-9]+$/.exec(wire)?.[0]) / 8
  return [{ name, type: 'number', modbus: { table, address, type: wire, ...orderFor(order, size), ...conversion } }]
}

/** FIXED, UFIXED and the old FLOAT32 of the register style are whole numbers of all their registers, which a scale makes fractions. */
function wireOf(type: string, bytes: number): WireType | null {
  const isFixed = ['FIXED', 'UFIXED'].includes(type) || (type === 'FLOAT32' && bytes > 0)
  const plain = isFixed ? `${type === 'FIXED' ? 'int' : 'uint'}${bytes * 8}` : type.replace('-IEEE', '').toLowerCase()
  return /^(u?int(16|32|64)|float(16|32|64))$/.test(plain) ? (plain as WireType) : null
}

function orderFor(order: unknown, size: number): Pick<ModbusBinding, 'byteOrder'> {
  const text = String(order ?? 'ABCD')
  const isSwapped = text.startsWith('BA')
  if (size === 2) return isSwapped || text.startsWith('DC') || text.startsWith('HG') ? { byteOrder: 'BADC' } : {}
  const eight: Readonly<Record<string, ByteOrder>> = {
    ABCD: 'ABCDEFGH',
    DCBA: 'HGFEDCBA',
    BADC: 'BADCFEHG',
    CDAB: 'GHEFCDAB',
  }
  const four = Object.entries(eight).find(([, long]) => long === text)?.[0] ?? text
  return { byteOrder: size === 8 ? (eight[four] ?? 'ABCDEFGH') : (four as ByteOrder) }
}

function listOf(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? value.map(entryOf) : []
}

function entryOf(value: unknown): Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {}
}
