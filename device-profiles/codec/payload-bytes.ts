/** From a message to the device's own bytes where no network server stands in between: raw, as text, or in a JSON member. */
import type { BinaryPayload } from '../payload-schema.ts'
import { pointerTokens, valueAt, withValueAt } from './json-pointer.ts'
import { parseJson, readText } from './json-text.ts'
import { describe } from './json-value.ts'
import { base64FromBytes, bytesFromBase64, bytesFromHex, hexFromBytes } from './text-bytes.ts'

type Wrapping = Pick<BinaryPayload, 'encoding' | 'within'>
type Encoding = NonNullable<BinaryPayload['encoding']>

export type Unwrapped = { readonly bytes: Uint8Array } | { readonly malformed: string }

/** Null: a message of another kind. */
export function prepareUnwrapping({ encoding = 'raw', within }: Wrapping): (message: Uint8Array) => Unwrapped | null {
  if (within === undefined) {
    return (message) => {
      if (encoding === 'raw') return { bytes: message }
      const text = readText(message)
      return text === null ? { malformed: 'the message is not UTF-8' } : bytesFromText(encoding, text.trim())
    }
  }
  const tokens = pointerTokens(within.pointer)
  const port = within.fPort && { tokens: pointerTokens(within.fPort.pointer), ...within.fPort }
  return (message) => {
    const parsed = parseJson(message)
    if ('malformed' in parsed) return parsed
    if (port !== undefined) {
      const fPort = valueAt(parsed.json, port.tokens)
      if (typeof fPort !== 'number')
        return { malformed: `expected a number at ${port.pointer}, got ${describe(fPort)}` }
      if (fPort !== port.equals) return null
    }
    const text = valueAt(parsed.json, tokens)
    if (typeof text !== 'string') return { malformed: `expected a text at ${within.pointer}, got ${describe(text)}` }
    return bytesFromText(encoding, text)
  }
}

export function bytesFromText(encoding: Encoding, text: string): Unwrapped {
  const bytes = encoding === 'base64' ? bytesFromBase64(text) : bytesFromHex(text)
  return bytes === null ? { malformed: `expected bytes as ${encoding}, got ${describe(text)}` } : { bytes }
}

export function wrapBytes({ encoding = 'raw', within }: Wrapping, bytes: Uint8Array): Uint8Array {
  if (encoding === 'raw' && within === undefined) return bytes
  const text = encoding === 'base64' ? base64FromBytes(bytes) : hexFromBytes(bytes)
  if (within === undefined) return new TextEncoder().encode(text)
  let document = withValueAt(undefined, pointerTokens(within.pointer), text)
  if (within.fPort) document = withValueAt(document, pointerTokens(within.fPort.pointer), within.fPort.equals)
  return new TextEncoder().encode(JSON.stringify(document))
}
