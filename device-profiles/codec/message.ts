/** Messages of MQTT devices: bytes to points and back. */
import type { Payload } from '../binding-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import { type BinaryPayload, decodeLayout, encodeLayout, prepareLayout } from './binary-layout.ts'
import type { Parameters } from './conversion.ts'
import type { Decoded, DecodedMessage } from './decoded.ts'
import { sourceValues } from './derive.ts'
import { pointerTokens, valueAt, withValueAt } from './json-pointer.ts'
import { decodeJsonValue, describe, encodeJsonValue, prepareJsonPoint } from './json-value.ts'
import { encodeTime, prepareTime } from './message-time.ts'
import { naming } from './naming.ts'
import { base64FromBytes, bytesFromBase64, bytesFromHex, hexFromBytes } from './text-bytes.ts'

type Decoder = (payload: Uint8Array) => DecodedMessage
type JsonPayload = Extract<Payload, { format: 'json' }>
type Values = Readonly<Record<string, number | string>>

/**
 * Prepared once per device, fast per message; never throws for what a message says. Derived points are not in the result
 * (see `derivePoints`). A message of another kind (another fPort) is understood and says nothing: no points, not malformed.
 */
export function createMessageDecoder(profile: DeviceProfile, parameters: Parameters): Decoder {
  const payload = payloadOf(profile)
  return payload.format === 'json'
    ? jsonDecoder(profile, payload, parameters)
    : binaryDecoder(profile, payload, parameters)
}

/**
 * The message that decodes to `values`, rounded to what the wire can say. Derived points may be given instead of their sources.
 * `time` (milliseconds since 1970) is written where the format has a place for it.
 * Throws a RangeError that names the point for an unknown point or a value that cannot be represented.
 */
export function encodeMessage(
  profile: DeviceProfile,
  values: Values,
  { parameters, time }: { readonly parameters: Parameters; readonly time?: number },
): Uint8Array {
  const payload = payloadOf(profile)
  const sources = sourceValues(profile, parameters, values)
  for (const id of Object.keys(sources)) {
    const point = profile.points.find((candidate) => candidate.id === id)
    if (point?.[payload.format] === undefined)
      throw new RangeError(`profile ${profile.id} has no point "${id}" in its messages`)
  }
  if (payload.format === 'json') return encodeJson(profile, sources, { payload, parameters, time })
  const bytes = encodeLayout(prepareLayout(payload, profile.points, { parameters, write: true }), sources)
  return wrap(payload, bytes)
}

function payloadOf(profile: DeviceProfile): Payload {
  if (profile.mqtt === undefined)
    throw new RangeError(`profile ${profile.id} has no messages: its protocol is ${profile.protocol}`)
  return profile.mqtt.payload
}

function jsonDecoder(profile: DeviceProfile, payload: JsonPayload, parameters: Parameters): Decoder {
  const points = profile.points.flatMap((point) =>
    point.json ? [prepareJsonPoint(point, point.json, parameters)] : [],
  )
  const readTime = payload.time === undefined ? () => null : prepareTime(payload.time)
  const whole = points.every((point) => point.tokens.length === 0)
  return (bytes) => {
    const parsed = parseJson(bytes)
    if ('malformed' in parsed) return parsed
    const { json } = parsed
    if (!whole && (typeof json !== 'object' || json === null))
      return { malformed: `expected an object, got ${describe(json)}` }
    const decoded = new Map<string, Decoded>()
    for (const point of points) {
      const value = valueAt(json, point.tokens)
      if (value !== undefined) decoded.set(point.id, decodeJsonValue(point, value))
    }
    return { points: decoded, time: readTime(json) }
  }
}

function encodeJson(
  profile: DeviceProfile,
  values: Values,
  { payload, parameters, time }: { payload: JsonPayload; parameters: Parameters; time: number | undefined },
): Uint8Array {
  let document: unknown
  for (const point of profile.points) {
    const value = values[point.id]
    if (point.json === undefined || value === undefined) continue
    const prepared = prepareJsonPoint(point, point.json, parameters)
    document = withValueAt(
      document,
      prepared.tokens,
      naming(point.id, () => encodeJsonValue(prepared, value)),
    )
  }
  if (payload.time !== undefined && time !== undefined) {
    document = withValueAt(document, pointerTokens(payload.time.pointer), encodeTime(payload.time, time))
  }
  return new TextEncoder().encode(JSON.stringify(document ?? {}))
}

function binaryDecoder(profile: DeviceProfile, payload: BinaryPayload, parameters: Parameters): Decoder {
  const layout = prepareLayout(payload, profile.points, { parameters, write: false })
  const unwrap = prepareEnvelope(payload)
  return (message) => {
    const unwrapped = unwrap(message)
    if (unwrapped === null) return { points: new Map(), time: null }
    if ('malformed' in unwrapped) return unwrapped
    const result = decodeLayout(layout, unwrapped.bytes)
    return 'malformed' in result ? result : { points: result.points, time: null }
  }
}

type Unwrapped = { readonly bytes: Uint8Array } | { readonly malformed: string } | null

/** From the message to the device's own bytes; null for a message of another kind. */
function prepareEnvelope({ encoding, within }: BinaryPayload): (message: Uint8Array) => Unwrapped {
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

function bytesFromText(encoding: BinaryPayload['encoding'], text: string): Unwrapped {
  const bytes = encoding === 'base64' ? bytesFromBase64(text) : bytesFromHex(text)
  return bytes === null ? { malformed: `expected bytes as ${encoding}, got ${describe(text)}` } : { bytes }
}

function wrap({ encoding, within }: BinaryPayload, bytes: Uint8Array): Uint8Array {
  if (encoding === 'raw' && within === undefined) return bytes
  const text = encoding === 'base64' ? base64FromBytes(bytes) : hexFromBytes(bytes)
  if (within === undefined) return new TextEncoder().encode(text)
  let document = withValueAt(undefined, pointerTokens(within.pointer), text)
  if (within.fPort) document = withValueAt(document, pointerTokens(within.fPort.pointer), within.fPort.equals)
  return new TextEncoder().encode(JSON.stringify(document))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function readText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function parseJson(bytes: Uint8Array): { readonly json: unknown } | { readonly malformed: string } {
  const text = readText(bytes)
  if (text === null) return { malformed: 'the message is not UTF-8' }
  try {
    return { json: JSON.parse(text) }
  } catch (error) {
    return {
      malformed: `the message is not JSON: ${error instanceof Error ? error.message.slice(0, 160) : String(error)}`,
    }
  }
}
