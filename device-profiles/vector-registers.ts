/** Vectors of Modbus devices: words by table and address, and the frames they were taken from. */
import type { ModbusBinding } from './binding-schema.ts'
import { crc16Modbus } from './codec/crc16.ts'
import type { Decoded } from './codec/decoded.ts'
import { sourceValues } from './codec/derive.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  registerSpan,
  scaleFactorRegister,
} from './codec/registers.ts'
import type { DeviceProfile, Vector } from './schema.ts'

type Tables = NonNullable<Vector['registers']>
type Parameters = Readonly<Record<string, number>>

/** Points whose registers are not all there are not in the result. */
export function decodeVectorRegisters(
  { points }: Pick<DeviceProfile, 'points'>,
  tables: Tables,
  parameters: Parameters,
): ReadonlyMap<string, Decoded> {
  const found = new Map<string, Decoded>()
  for (const { id, modbus } of points) {
    const words = modbus === undefined ? null : wordsAt(tables, modbus.table, registerSpan(modbus))
    if (modbus !== undefined && words !== null) found.set(id, decodeRegisters(modbus, words, parameters))
  }
  return found
}

/** What the values of the vector give, where it is not the words of the vector. */
export function registerDifferences(
  profile: DeviceProfile,
  { vector, parameters }: { readonly vector: Vector; readonly parameters: Parameters },
): readonly string[] {
  const values = sourceValues(profile, parameters, vector.expect)
  return profile.points.flatMap(({ id, modbus }) => {
    const value = values[id]
    // Points that share a register give only their part of it.
    if (modbus === undefined || value === undefined || modbus.type === 'bit' || modbus.bits !== undefined) return []
    const span = { address: modbus.address, count: registerCount(modbus) }
    const words = wordsAt(vector.registers ?? {}, modbus.table, span)
    if (words === null) return []
    if (isFault(profile, { id, value })) return []
    const written = writtenWords(modbus, value, parameters)
    if (typeof written === 'string') return [`${id}: cannot be written again: ${written}`]
    const isSame = modbus.type.startsWith('float')
      ? isSameNumber(modbus, [words, written], parameters)
      : String(words) === String(written)
    return isSame ? [] : [`${id}: written again it is ${hexWords(written)}, and the vector has ${hexWords(words)}`]
  })
}

/** A text in the place of a number says why there is none, and nobody writes that. */
function isFault({ points }: DeviceProfile, { id, value }: { readonly id: string; readonly value: number | string }) {
  return typeof value === 'string' && points.find((point) => point.id === id)?.type !== 'text'
}

function writtenWords(binding: ModbusBinding, value: number | string, parameters: Parameters): number[] | string {
  try {
    return encodeRegisters(binding, value, parameters)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A vector gives a float in decimals, so its last bits are those of the decimals. */
function isSameNumber(
  binding: ModbusBinding,
  both: readonly [readonly number[], readonly number[]],
  parameters: Parameters,
): boolean {
  const [a, b] = both.map((words) => decodeRegisters(binding, inSpan(binding, words), parameters))
  if (a === undefined || b === undefined || !('value' in a && 'value' in b)) return false
  return Math.abs(Number(a.value) - Number(b.value)) <= Math.abs(Number(a.value)) * 1e-6 + 0.00005
}

/** What a master reads for a point whose own registers hold `words`. */
function inSpan(binding: ModbusBinding, words: readonly number[]): number[] {
  const { address, count } = registerSpan(binding)
  const all = new Array<number>(count).fill(0)
  const factor = scaleFactorRegister(binding)
  if (factor !== null) all[factor.address - address] = factor.word
  all.splice(binding.address - address, words.length, ...words)
  return all
}

function wordsAt(
  tables: Tables,
  table: ModbusBinding['table'],
  { address, count }: { readonly address: number; readonly count: number },
): number[] | null {
  for (const [start, words] of Object.entries(tables[table] ?? {})) {
    const offset = address - Number(start)
    if (offset >= 0 && offset + count <= words.length) return words.slice(offset, offset + count)
  }
  return null
}

/** Modbus over serial line 2.5.1.2, and the words of the reply. */
export function frameDifferences({ frame: text, registers }: Vector): readonly string[] {
  if (text === undefined) return []
  const frame = Buffer.from(text.replaceAll(' ', ''), 'hex')
  if (frame.length < 5) return [`frame: expected a whole reply of at least 5 bytes, got ${frame.length}`]
  const differences: string[] = []
  const [computed, given] = [crc16Modbus(frame.subarray(0, -2)), frame.readUInt16LE(frame.length - 2)]
  if (computed !== given) {
    const [low, high] = [computed & 0xff, computed >> 8].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    differences.push(`frame: its CRC should be ${low} ${high}; look for a slip in the bytes`)
  }
  const data = frame.subarray(3, -2)
  if (frame[2] !== data.length) differences.push(`frame: it counts ${frame[2]} bytes of data and has ${data.length}`)
  const words = Array.from({ length: Math.floor(data.length / 2) }, (_, i) => data.readUInt16BE(2 * i))
  const said = Object.values(Object.values(registers ?? {})[0] ?? {})[0] ?? []
  if (String(words) !== String(said)) {
    differences.push(`frame: its registers are [${words.join(', ')}], and "registers" says [${said.join(', ')}]`)
  }
  return differences
}

function hexWords(words: readonly number[]): string {
  return words.map((word) => `0x${word.toString(16).padStart(4, '0')}`).join(' ')
}
