/** Texts of a fixed length in registers and messages. */
import type { ByteOrder } from '../binding-schema.ts'
import type { Decoded } from './decoded.ts'

interface TextFormat {
  /** Length of the field in bytes. */
  readonly size: number
  /** BADC: the two bytes of each register are swapped. */
  readonly byteOrder: ByteOrder
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8, of which ASCII is a part. NUL and spaces at the end only fill the field; a control character before them is malformed. */
export function readText(bytes: ArrayLike<number>, at: number, format: TextFormat): Decoded {
  const field = new Uint8Array(format.size)
  for (let i = 0; i < format.size; i++) field[i] = bytes[at + placeOf(i, format)] ?? 0
  let end = field.length
  while (end > 0 && (field[end - 1] === 0 || field[end - 1] === 0x20)) end--
  const control = field.subarray(0, end).findIndex(isControl)
  if (control >= 0) return malformed(`byte ${hex(field[control])} at place ${control} is no character of a text`)
  try {
    return { value: utf8.decode(field.subarray(0, end)) }
  } catch {
    return malformed('the text is not UTF-8')
  }
}

/** Throws a RangeError for a text that is too long, or that would not come back as it is. */
export function writeText(bytes: Uint8Array, at: number, { text, ...format }: TextFormat & { readonly text: string }) {
  const encoded = new TextEncoder().encode(text)
  if (encoded.length > format.size) {
    throw new RangeError(`expected a text of at most ${format.size} bytes, got ${encoded.length}`)
  }
  if (!text.isWellFormed() || text.endsWith(' ') || encoded.some(isControl)) {
    throw new RangeError('expected a text without control characters and without spaces at its end')
  }
  for (let i = 0; i < format.size; i++) bytes[at + placeOf(i, format)] = encoded[i] ?? 0
}

function placeOf(index: number, { byteOrder }: TextFormat): number {
  return byteOrder === 'BADC' ? index ^ 1 : index
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f
}

function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).toUpperCase().padStart(2, '0')}`
}

function malformed(detail: string): Decoded {
  return { fault: 'malformed', detail }
}
