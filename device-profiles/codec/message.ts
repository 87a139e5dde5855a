/** Messages of MQTT devices: bytes to points and back. */
import type { BinaryPayload, NetworkServer, Payload } from '../payload-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import { decodeLayout, encodeLayout, prepareLayout } from './binary-layout.ts'
import type { Parameters } from './conversion.ts'
import { type DecodedMessage, SAYS_NOTHING } from './decoded.ts'
import { sourceValues } from './derive.ts'
import { createJsonDecoder, encodeDocument } from './json-message.ts'
import { parseJson } from './json-text.ts'
import { createLinkDecoder } from './link-points.ts'
import { DEFAULT_NETWORK_SERVER, encodeUplink, prepareUplink, type Uplink } from './network-server.ts'
import { prepareUnwrapping, wrapBytes } from './payload-bytes.ts'

type MessageDecoder = (message: Uint8Array) => DecodedMessage
type Values = Readonly<Record<string, number | string>>

/**
 * Prepared once per device, fast per message; never throws for what a message says. Derived points are not in the result
 * (see `derivePoints`). A message of another kind (another fPort) is understood and says nothing: no points, not malformed.
 */
export function createMessageDecoder(
  profile: DeviceProfile,
  parameters: Parameters,
  { networkServer = DEFAULT_NETWORK_SERVER }: { readonly networkServer?: NetworkServer | undefined } = {},
): MessageDecoder {
  const payload = payloadOf(profile)
  if (profile.mqtt?.through === 'lorawan') return uplinkDecoder(profile, parameters, networkServer)
  if (payload.format === 'json') {
    const decode = createJsonDecoder(profile, payload, parameters)
    return (message) => {
      const parsed = parseJson(message)
      return 'malformed' in parsed ? parsed : decode(parsed.json)
    }
  }
  const decode = layoutDecoder(profile, payload, parameters)
  const unwrap = prepareUnwrapping(payload)
  return (message) => {
    const unwrapped = unwrap(message)
    if (unwrapped === null) return SAYS_NOTHING
    return 'malformed' in unwrapped ? unwrapped : decode(unwrapped.bytes)
  }
}

/**
 * The message that decodes to `values`, rounded to what the wire can say. Derived points may be given instead of their sources.
 * `time` (milliseconds since 1970) is written where the format has a place for it.
 * Throws a RangeError that names the point for an unknown point or a value that cannot be represented.
 */
export function encodeMessage(
  profile: DeviceProfile,
  values: Values,
  {
    parameters,
    time,
    networkServer = DEFAULT_NETWORK_SERVER,
  }: {
    readonly parameters: Parameters
    readonly time?: number | undefined
    readonly networkServer?: NetworkServer | undefined
  },
): Uint8Array {
  const payload = payloadOf(profile)
  const said = splitValues(profile, sourceValues(profile, parameters, values))
  const json = payload.format === 'json' ? encodeDocument(profile, said.values, { payload, parameters, time }) : null
  const bytes =
    payload.format === 'binary'
      ? encodeLayout(prepareLayout(payload, profile.points, { parameters, write: true }), said.values, time)
      : null
  if (profile.mqtt?.through === 'lorawan') {
    return encodeUplink(networkServer, { ...said, object: json ?? undefined, bytes, fPort: payload.fPort ?? 1, time })
  }
  if (payload.format === 'binary' && bytes !== null) return wrapBytes(payload, bytes)
  return new TextEncoder().encode(JSON.stringify(json))
}

/** What the device says, and what the network server says about it. Throws for a point that is in no message. */
function splitValues(profile: DeviceProfile, sources: Values): { values: Values; link: Uplink['link'] } {
  const { format } = payloadOf(profile)
  const values: Record<string, number | string> = {}
  const link: { rssi?: number; snr?: number } = {}
  for (const [id, value] of Object.entries(sources)) {
    const point = profile.points.find((candidate) => candidate.id === id)
    if (point?.link !== undefined) link[point.link] = Number(value)
    else if (point?.[format] === undefined)
      throw new RangeError(`profile ${profile.id} has no point "${id}" in its messages`)
    else values[id] = value
  }
  return { values, link }
}

function payloadOf(profile: DeviceProfile): Payload {
  if (profile.mqtt === undefined)
    throw new RangeError(`profile ${profile.id} has no messages: its protocol is ${profile.protocol}`)
  return profile.mqtt.payload
}

function layoutDecoder(profile: DeviceProfile, payload: BinaryPayload, parameters: Parameters) {
  const layout = prepareLayout(payload, profile.points, { parameters, write: false })
  return (bytes: Uint8Array) => decodeLayout(layout, bytes)
}

/** The device's own time counts before that of the network server. */
function uplinkDecoder(profile: DeviceProfile, parameters: Parameters, server: NetworkServer): MessageDecoder {
  const payload = payloadOf(profile)
  const open = prepareUplink(server)
  const decode = uplinkContentDecoder(profile, payload, parameters)
  const addLink = createLinkDecoder(profile)
  return (message) => {
    const uplink = open(message)
    if (uplink === null) return SAYS_NOTHING
    if ('malformed' in uplink) return uplink
    const isEmpty = uplink.bytes === null && uplink.object === undefined
    const isOther = payload.fPort !== undefined && uplink.fPort !== payload.fPort
    const decoded = isEmpty || isOther ? SAYS_NOTHING : decode(uplink)
    if ('malformed' in decoded) return decoded
    return { ...decoded, points: addLink(decoded.points, uplink.link), time: decoded.time ?? uplink.time }
  }
}

function uplinkContentDecoder(
  profile: DeviceProfile,
  payload: Payload,
  parameters: Parameters,
): (uplink: Uplink) => DecodedMessage {
  if (payload.format === 'binary') {
    const decode = layoutDecoder(profile, payload, parameters)
    return ({ bytes }) => decode(bytes ?? new Uint8Array())
  }
  const decode = createJsonDecoder(profile, payload, parameters)
  return ({ object }) => {
    if (object !== undefined) return decode(object)
    return { malformed: 'the network server has not decoded the message: it needs the codec of this device' }
  }
}
