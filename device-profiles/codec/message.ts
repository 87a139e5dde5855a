/** Messages of MQTT devices: bytes to points and back. */
import type { BinaryPayload, JsonPayload, NetworkServer, Payload } from '../payload-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import { decodeLayout, encodeLayout, prepareLayout } from './binary-layout.ts'
import type { Parameters } from './conversion.ts'
import { type DecodedMessage, SAYS_NOTHING } from './decoded.ts'
import { sourceValues } from './derive.ts'
import { createJsonDecoder, encodeDocument } from './json-message.ts'
import { parseJson } from './json-text.ts'
import { createLinkDecoder } from './link-points.ts'
import { encodeUplink } from './network-server.ts'
import { createOpener } from './open-message.ts'
import type { OpenedMessage } from './opened-message.ts'
import { wrapBytes } from './payload-bytes.ts'
import { encodeSenml } from './senml.ts'
import { bytesOfVector } from './vector-bytes.ts'

type MessageDecoder = (message: Uint8Array) => DecodedMessage
type Values = Readonly<Record<string, number | string>>
/** Formats that need nothing but the message to be understood. */
type PlainPayload = JsonPayload | BinaryPayload

/** By which of its keys a point stands in messages of this kind. */
export function bindingOf({ format }: Payload): 'json' | 'binary' | 'metric' {
  switch (format) {
    case 'json':
    case 'codec':
      return 'json'
    case 'binary':
      return 'binary'
    case 'sparkplug-b':
    case 'senml':
      return 'metric'
  }
}

/**
 * Prepared once per device, fast per message; never throws for what a message says. Derived points are not in the result
 * (see `derivePoints`). A message of another kind (another fPort) is understood and says nothing: no points, not malformed.
 * Messages that need more than themselves to be understood (a maker's codec, the births of Sparkplug, the clock of SenML) are malformed here: their
 * source makes documents of them (see `createDocumentsDecoder`).
 */
export function createMessageDecoder(
  profile: DeviceProfile,
  parameters: Parameters,
  { networkServer }: { readonly networkServer?: NetworkServer | undefined } = {},
): MessageDecoder {
  const payload = plainPayload(profile)
  if (payload === null) {
    const malformed = `a message alone is not enough to understand the format ${profile.mqtt?.payload.format}`
    return () => ({ malformed })
  }
  if (payload.format === 'json' && profile.mqtt?.through === undefined) {
    const decode = createJsonDecoder(profile, payload, parameters)
    return (message) => {
      const parsed = parseJson(message)
      return 'malformed' in parsed ? parsed : decode(parsed.json)
    }
  }
  const open = createOpener(profile, networkServer)
  const decode = contentDecoder(profile, payload, parameters)
  const addLink = createLinkDecoder(profile)
  return (message) => {
    const opened = open(message)
    if (opened === null) return SAYS_NOTHING
    if ('malformed' in opened) return opened
    const isEmpty = opened.bytes === null && opened.object === undefined
    const decoded = isEmpty ? SAYS_NOTHING : decode(opened)
    if ('malformed' in decoded) return decoded
    // The device's own time counts before that of the network server.
    return { ...decoded, points: addLink(decoded.points, opened.link), time: decoded.time ?? opened.time }
  }
}

/**
 * The message that decodes to `values`, rounded to what the wire can say. Derived points may be given instead of their sources.
 * `time` (milliseconds since 1970) is written where the format has a place for it.
 * Throws a RangeError that names the point for an unknown point or a value that cannot be represented, and for a model whose
 * messages only its maker can write.
 */
export function encodeMessage(
  profile: DeviceProfile,
  values: Values,
  {
    parameters,
    time,
    networkServer,
  }: {
    readonly parameters: Parameters
    readonly time?: number | undefined
    readonly networkServer?: NetworkServer | undefined
  },
): Uint8Array {
  if (profile.mqtt?.payload.format === 'senml') {
    return encodeSenml(profile, sourceValues(profile, parameters, values), { parameters, time })
  }
  if (profile.mqtt?.payload.format === 'codec') {
    const { payload, through } = profile.mqtt
    const { bytes, fPort } = bytesOfVector(profile, values)
    if (through === 'lorawan') return encodeUplink(networkServer, { bytes, fPort: fPort ?? payload.fPort ?? 1, time })
    return wrapBytes(payload, bytes)
  }
  const payload = plainPayload(profile)
  if (payload === null) {
    throw new RangeError(
      `messages of profile ${profile.id} are of the format ${profile.mqtt?.payload.format}: they are not written here`,
    )
  }
  const said = splitValues(profile, { payload, sources: sourceValues(profile, parameters, values) })
  const json = payload.format === 'json' ? encodeDocument(profile, said.values, { payload, parameters, time }) : null
  const bytes =
    payload.format === 'binary'
      ? encodeLayout(prepareLayout(payload, profile.points, parameters), said.values, time)
      : null
  if (profile.mqtt?.through === 'lorawan') {
    const uplink = { link: said.link, object: json ?? undefined, bytes, fPort: payload.fPort ?? 1, time }
    return encodeUplink(networkServer, uplink)
  }
  if (payload.format === 'binary' && bytes !== null) return wrapBytes(payload, bytes)
  return new TextEncoder().encode(JSON.stringify(json))
}

/** What the device says, and what the network server says about it. Throws for a point that is in no message. */
function splitValues(
  profile: DeviceProfile,
  { payload, sources }: { readonly payload: PlainPayload; readonly sources: Values },
): { readonly values: Values; readonly link: OpenedMessage['link'] } {
  const values: Record<string, number | string> = {}
  const link: { rssi?: number; snr?: number } = {}
  for (const [id, value] of Object.entries(sources)) {
    const point = profile.points.find((candidate) => candidate.id === id)
    if (point?.link !== undefined) link[point.link] = Number(value)
    else if (point?.[payload.format] === undefined)
      throw new RangeError(`profile ${profile.id} has no point "${id}" in its messages`)
    else values[id] = value
  }
  return { values, link }
}

/** Null where a message alone cannot be understood. */
function plainPayload(profile: DeviceProfile): PlainPayload | null {
  if (profile.mqtt === undefined)
    throw new RangeError(`profile ${profile.id} has no messages: its protocol is ${profile.protocol}`)
  const { payload } = profile.mqtt
  return payload.format === 'json' || payload.format === 'binary' ? payload : null
}

function contentDecoder(
  profile: DeviceProfile,
  payload: PlainPayload,
  parameters: Parameters,
): (opened: OpenedMessage) => DecodedMessage {
  if (payload.format === 'binary') {
    const layout = prepareLayout(payload, profile.points, parameters)
    return ({ bytes }) => (bytes === null ? SAYS_NOTHING : decodeLayout(layout, bytes))
  }
  const decode = createJsonDecoder(profile, payload, parameters)
  return ({ object }) => {
    if (object !== undefined) return decode(object)
    return { malformed: 'the network server has not decoded the message: it needs the codec of this device' }
  }
}
