/** What a file of another tool says of a device, in our words, and what of it has no place here. */
import type { ByteOrder, ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import type { PointProfile } from '../../../../device-profiles/schema.ts'

export interface ForeignPoint {
  /** Where it stands in the file, from 1. */
  readonly line: number
  readonly name: string
  readonly description?: string
  readonly type: PointProfile['type']
  /** As the file writes it. */
  readonly unit?: string
  readonly modbus: ModbusBinding
}

/** Something that could not be carried over, and what to do. */
export interface Loss {
  readonly line: number
  readonly message: string
}

export interface ForeignDevice {
  readonly vendor?: string
  readonly model?: string
  readonly description?: string
  /** Answers to questions about the model, as `baud-rate`. */
  readonly answers: Readonly<Record<string, string>>
  readonly points: readonly ForeignPoint[]
  readonly losses: readonly Loss[]
}

/** The file is not of that tool, or no such file at all. */
export class ForeignFileError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ForeignFileError'
  }
}

export const TABLES = {
  coil: 'coil',
  discrete: 'discrete-input',
  input: 'input-register',
  holding: 'holding-register',
} as const

export type Swaps = 'none' | 'words' | 'bytes' | 'both'

/** Swapped words, bytes in each word, or both, of a value of so many bytes; none is big-endian. */
export function orderOf(swaps: Swaps, bytes: number): Pick<ModbusBinding, 'byteOrder'> {
  if (bytes < 2) return {}
  if (bytes === 2) return swaps === 'bytes' || swaps === 'both' ? { byteOrder: 'BADC' } : {}
  const four: Readonly<Record<Swaps, ByteOrder>> = { none: 'ABCD', words: 'CDAB', bytes: 'BADC', both: 'DCBA' }
  const eight: Readonly<Record<Swaps, ByteOrder>> = {
    ...{ none: 'ABCDEFGH', words: 'GHEFCDAB', bytes: 'BADCFEHG', both: 'HGFEDCBA' },
  }
  return { byteOrder: (bytes === 8 ? eight : four)[swaps] }
}

/** Left out where it changes nothing. */
export function conversionOf(scale: number, offset: number): Pick<ModbusBinding, 'scale' | 'offset'> {
  return { ...(scale !== 1 && { scale }), ...(offset !== 0 && { offset }) }
}
