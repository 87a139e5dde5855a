/**
 * Bytes written as text. `Buffer.from` is not used: it drops what it does not understand, so that a damaged message would
 * come out as a shorter, healthy-looking one.
 */
const HEX = '0123456789ABCDEF'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const hexDigits = digitTable(HEX)
for (const digit of 'abcdef') hexDigits[digit.charCodeAt(0)] = hexDigits[digit.toUpperCase().charCodeAt(0)] ?? -1
const base64Digits = digitTable(BASE64)

/** Null unless the text is an even number of hexadecimal digits. */
export function bytesFromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = digit(hexDigits, text, 2 * i)
    const low = digit(hexDigits, text, 2 * i + 1)
    if (high < 0 || low < 0) return null
    bytes[i] = (high << 4) | low
  }
  return bytes
}

export function hexFromBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15)
  return text
}

/** RFC 4648 section 4, with or without padding; null for anything else, non-zero spare bits included. */
export function bytesFromBase64(text: string): Uint8Array | null {
  let digits = text.length
  if (digits % 4 === 0 && text.endsWith('==')) digits -= 2
  else if (digits % 4 === 0 && text.endsWith('=')) digits -= 1
  if (digits % 4 === 1) return null
  const bytes = new Uint8Array((digits * 6) >> 3)
  let bits = 0
  let held = 0
  let length = 0
  for (let i = 0; i < digits; i++) {
    const value = digit(base64Digits, text, i)
    if (value < 0) return null
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[length++] = held >> bits
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null
}

export function base64FromBytes(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3)
    const group = (a << 16) | (b << 8) | c
    text += BASE64.charAt(group >> 18) + BASE64.charAt((group >> 12) & 63)
    text += i + 1 < bytes.length ? BASE64.charAt((group >> 6) & 63) : '='
    text += i + 2 < bytes.length ? BASE64.charAt(group & 63) : '='
  }
  return text
}

function digitTable(alphabet: string): Int8Array {
  const table = new Int8Array(128).fill(-1)
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  return table
}

function digit(table: Int8Array, text: string, at: number): number {
  return table[text.charCodeAt(at)] ?? -1
}
