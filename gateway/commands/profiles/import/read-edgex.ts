/** Device profiles of EdgeX 2 and later for its Modbus service. */
import type { ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import { parseYamlDocument, problemText } from '../../../../device-profiles/yaml-document.ts'
import {
  conversionOf,
  type ForeignDevice,
  ForeignFileError,
  type ForeignPoint,
  type Loss,
  orderOf,
  TABLES,
} from './foreign-device.ts'

type Entry = Readonly<Record<string, unknown>>

const PRIMARY: Readonly<Record<string, ModbusBinding['table']>> = {
  COILS: TABLES.coil,
  DISCRETES_INPUT: TABLES.discrete,
  INPUT_REGISTERS: TABLES.input,
  HOLDING_REGISTERS: TABLES.holding,
}
/** Properties of a value that have no like, and what takes their place. */
const UNCARRIED: Readonly<Record<string, string>> = {
  base: 'a base is not carried over; only straight lines are (scale and offset, or a map)',
  assertion: 'an assertion is not carried over; a rule takes its place',
  minimum: 'a minimum is of what is written there; write what the sensor can measure as range',
  maximum: 'a maximum is of what is written there; write what the sensor can measure as range',
  defaultValue: 'a default value is of what is written there',
}

export function readEdgex(text: string, file: string): ForeignDevice {
  const document = parseYamlDocument(text, file)
  const [problem] = document.problems
  if (problem !== undefined) throw new ForeignFileError(problemText(problem))
  const root = entryOf(document.value)
  const resources = Array.isArray(root.deviceResources) ? root.deviceResources.map(entryOf) : null
  if (resources === null) throw new ForeignFileError('expected "deviceResources", as an EdgeX device profile has them')
  const lineOf = (...path: (string | number)[]): number => document.problem(path, '').line
  const losses: Loss[] = []
  const points = resources.flatMap((resource, i): ForeignPoint[] => {
    const line = lineOf('deviceResources', i)
    const lose = (message: string, key?: string): void => {
      const at = key === undefined ? line : lineOf('deviceResources', i, 'properties', key)
      losses.push({ line: at, message: `"${textOf(resource.name)}": ${message}` })
    }
    const point = pointOf(resource, line, lose)
    return point === null ? [] : [point]
  })
  const commands = Array.isArray(root.deviceCommands) ? root.deviceCommands.map(entryOf) : []
  for (const [i, { name }] of commands.entries()) {
    const message = `the command "${textOf(name)}" is not carried over: all points are read together, and what is written is a command`
    losses.push({ line: lineOf('deviceCommands', i), message })
  }
  return { ...aboutOf(root), answers: {}, points, losses }
}

function aboutOf({
  manufacturer,
  model,
  name,
  description,
}: Entry): Pick<ForeignDevice, 'vendor' | 'model' | 'description'> {
  const models = textOf(model) || textOf(name)
  return {
    ...(textOf(manufacturer) !== '' && { vendor: textOf(manufacturer) }),
    ...(models !== '' && { model: models }),
    ...(textOf(description) !== '' && { description: textOf(description) }),
  }
}

type Lose = (message: string, key?: string) => void

function pointOf(resource: Entry, line: number, lose: Lose): ForeignPoint | null {
  const [attributes, properties] = [entryOf(resource.attributes), entryOf(resource.properties)]
  const table = PRIMARY[textOf(attributes.primaryTable)]
  const address = Number(attributes.startingAddress)
  if ('value' in properties)
    return left(lose, 'is written for EdgeX 1, whose addresses begin with 1; bring it to EdgeX 2 first')
  if (table === undefined || !Number.isInteger(address) || address < 0 || address > 65535) {
    return left(
      lose,
      `primaryTable "${textOf(attributes.primaryTable)}" with startingAddress "${textOf(attributes.startingAddress)}" is no place of Modbus; left out`,
    )
  }
  const access = textOf(properties.readWrite)
  if (access === 'W') return left(lose, 'is only written; describe a command', 'readWrite')
  if (access.includes('W')) lose('that it can be written is not carried over; describe a command', 'readWrite')
  for (const [key, message] of Object.entries(UNCARRIED)) {
    if (key in properties && !(key === 'base' && Number(properties.base) === 0)) lose(message, key)
  }
  const value = textOf(properties.valueType)
  const about = {
    ...{ line, name: textOf(resource.name) },
    ...(textOf(resource.description) !== '' && { description: textOf(resource.description) }),
    ...(textOf(properties.units) !== '' && { unit: textOf(properties.units) }),
  }
  if (table === 'coil' || table === 'discrete-input')
    return { ...about, type: 'boolean', modbus: { table, address, type: 'bit' } }
  if (value === 'String') {
    return {
      ...about,
      type: 'text',
      modbus: { table, address, type: 'string', length: Number(attributes.stringRegisterSize ?? 1) },
    }
  }
  const raw = textOf(attributes.rawType) || value
  const wire = raw === 'Bool' ? 'uint16' : raw.toLowerCase()
  if (!/^(u?int(16|32|64)|float(32|64))$/.test(wire)) return left(lose, `the type "${raw}" has no like here; left out`)
  const bits = bitsOf(properties, lose)
  if (bits === null) return null
  const order = orderOf(swapsOf(attributes), Number(/[0-9]+$/.exec(wire)?.[0]) / 8)
  const place = { table, address, type: wire as WireType, ...order, ...bits }
  if (value === 'Bool') return { ...about, type: 'boolean', modbus: place }
  const [scale, offset] = [Number(properties.scale ?? 1), Number(properties.offset ?? 0)]
  return { ...about, type: 'number', modbus: { ...place, ...conversionOf(scale, offset) } }
}

function left(lose: Lose, message: string, key?: string): null {
  lose(message, key)
  return null
}

function swapsOf({ isByteSwap, isWordSwap }: Entry) {
  const [bytes, words] = [String(isByteSwap) === 'true', String(isWordSwap) === 'true']
  return bytes && words ? 'both' : words ? 'words' : bytes ? 'bytes' : 'none'
}

/**
 * A mask with a shift to the right (negative there) is a field of bits, where the ones of the mask stand together and the shift brings them
 * to the end. Both are for unsigned types only; 0 is none.
 */
function bitsOf({ valueType, mask, shift }: Entry, lose: Lose): Pick<ModbusBinding, 'bits'> | null {
  const [ones, places] = [Number(mask ?? 0), Number(shift ?? 0)]
  const width = Number(/^Uint(16|32)$/.exec(textOf(valueType))?.[1])
  if (Number.isNaN(width) || (ones === 0 && places === 0)) return {}
  if (ones === 0 && places < 0 && -places < width) return { bits: { from: -places, count: width + places } }
  const text = ones.toString(2)
  const from = text.length - text.lastIndexOf('1') - 1
  const isField = ones > 0 && /^1+0*$/.test(text) && text.length <= width
  if (isField && from === -places) return { bits: { from, count: text.length - from } }
  const message = `the mask ${ones} with the shift ${places} is no field of bits; left out`
  lose(message, mask === undefined ? 'shift' : 'mask')
  return null
}

function entryOf(value: unknown): Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
