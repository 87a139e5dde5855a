/** Register lists as ioBroker.modbus exports them: one table per file, a line per register, tabs (or commas, semicolons) between. */
import type { ModbusBinding, WireType } from '../../../../device-profiles/binding-schema.ts'
import {
  conversionOf,
  type ForeignDevice,
  ForeignFileError,
  type ForeignPoint,
  type Loss,
  orderOf,
  type Swaps,
} from './foreign-device.ts'

export interface RegisterListOptions {
  readonly table: ModbusBinding['table']
  /** The addresses are reference numbers, as 40001. */
  readonly isAliased: boolean
}

type Row = Readonly<Record<string, string>>
const FIRST = { coil: 1, 'discrete-input': 10001, 'input-register': 30001, 'holding-register': 40001 }
const SWAPS: Readonly<Record<string, Swaps>> = { be: 'none', sw: 'words', sb: 'bytes', le: 'both' }
/** What only writes, shows or sorts there; said for each line that uses it. */
const UNCARRIED: Readonly<Record<string, string>> = {
  formula: 'a formula is not carried over; use scale and offset, a map, or a computed point',
  room: 'a room is the matter of each installed unit (place)',
  isScale: 'a register of a scale factor: write its address as scaleFactor of the points that it scales',
}

export function readRegisterList(text: string, { table, isAliased }: RegisterListOptions): ForeignDevice {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const [header = '', ...rest] = lines
  const separator = ['\t', ';', ','].find((candidate) => header.includes(candidate)) ?? '\t'
  const columns = cells(header, separator).map((name) => name.replace(/^_/, ''))
  if (!columns.includes('address') || !columns.includes('name')) {
    throw new ForeignFileError(`1: expected a header with _address and name, got "${header.slice(0, 60)}"`)
  }
  const points: ForeignPoint[] = []
  const losses: Loss[] = []
  let unit: string | undefined
  for (const [i, raw] of rest.entries()) {
    if (raw.trim() === '') continue
    const line = i + 2
    const row = Object.fromEntries(columns.map((column, k) => [column, cells(raw, separator)[k] ?? '']))
    unit ??= row.deviceId
    const lose = (message: string): void => void losses.push({ line, message: `"${row.name}": ${message}` })
    if (row.deviceId !== unit) {
      lose(`is of unit ${row.deviceId}, and a profile is of one device (unit ${unit}); import it apart`)
      continue
    }
    const point = pointOf(row, { line, table, isAliased, lose })
    if (point !== null) points.push(point)
  }
  const answers = unit !== undefined && /^[0-9]+$/.test(unit) ? { 'unit-id': unit } : {}
  return { answers, points, losses }
}

interface RowContext extends RegisterListOptions {
  readonly line: number
  readonly lose: (message: string) => void
}

function pointOf(row: Row, { line, table, isAliased, lose }: RowContext): ForeignPoint | null {
  const { name = '', description = '', unit = '' } = row
  const address = Number(row.address) - (isAliased ? FIRST[table] : 0)
  if (row.address === '' || !Number.isInteger(address) || address < 0 || address > 65535) {
    lose(
      `the address "${row.address}" is none of ${table}${isAliased ? ` by reference numbers from ${FIRST[table]}` : ''}; left out`,
    )
    return null
  }
  for (const [key, message] of Object.entries(UNCARRIED)) {
    if (row[key] !== undefined && !['', 'false'].includes(row[key])) lose(message)
  }
  if (row.wp === 'true' || row.cw === 'true') lose('that it can be written is not carried over; describe a command')
  if (row.poll === 'false') lose('is not polled there, and is here; remove it if it must not be read')
  const about = { line, name, ...(description !== '' && { description }), ...(unit !== '' && { unit }) }
  if (table === 'coil' || table === 'discrete-input')
    return { ...about, type: 'boolean', modbus: { table, address, type: 'bit' } }
  const place = placeOf(row, lose)
  if (place === null) return null
  const scale = numberOf(row.factor, 1)
  const offset = numberOf(row.offset, 0)
  if (place.type === 'string') return { ...about, type: 'text', modbus: { table, address, ...place } }
  if (scale === null || offset === null || scale === 0) {
    lose(`the factor "${row.factor}" or the offset "${row.offset}" is no number to use; left out`)
    return null
  }
  return { ...about, type: 'number', modbus: { table, address, ...place, ...conversionOf(scale, offset) } }
}

type Place = Pick<ModbusBinding, 'type' | 'byteOrder' | 'length' | 'bits'>

function placeOf({ type = '', len = '' }: Row, lose: (message: string) => void): Place | null {
  const [, base = '', size = '', order = ''] =
    /^(u?int|float|double|string)(8|16|32|64)?(be|le|sw|sb)?$/.exec(type) ?? []
  const swaps = SWAPS[order === '' ? 'be' : order] ?? 'none'
  if (base === 'string')
    return {
      type: 'string',
      length: Math.max(1, Number(len) || 1),
      ...(order === 'le' && { byteOrder: 'BADC' as const }),
    }
  if (size === '8') {
    const word: WireType = base === 'uint' ? 'uint16' : 'int16'
    return { type: word, bits: { from: order === 'le' ? 8 : 0, count: 8 } }
  }
  const wire = base === 'float' ? 'float32' : base === 'double' ? 'float64' : `${base}${size}`
  if (!['uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64', 'float32', 'float64'].includes(wire)) {
    lose(`the type "${type}" has no like here; left out`)
    return null
  }
  return { type: wire as WireType, ...orderOf(swaps, Number(/[0-9]+/.exec(wire)?.[0]) / 8) }
}

/** Lists from German machines have commas in their numbers. */
function numberOf(text: string | undefined, standard: number): number | null {
  if (text === undefined || text === '') return standard
  const value = Number(text.replace(',', '.'))
  return Number.isFinite(value) ? value : null
}

function cells(line: string, separator: string): string[] {
  const found: string[] = []
  const cell = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g')
  for (const [, quoted, bare = ''] of line.matchAll(cell)) found.push((quoted?.replaceAll('""', '"') ?? bare).trim())
  return found
}
