/**
 * The messages in which LoRaWAN network servers bring uplinks over MQTT. What the device itself said stands in them as base64;
 * beside it are the port, the time, what the network server's own codec made of it, and how it was heard by which receivers.
 */
import type { NetworkServer } from '../payload-schema.ts'
import { pointerTokens, valueAt, withValueAt } from './json-pointer.ts'
import { parseJson } from './json-text.ts'
import { describe } from './json-value.ts'
import { isoTime } from './message-time.ts'
import type { OpenedMessage } from './opened-message.ts'
import { base64FromBytes, bytesFromBase64 } from './text-bytes.ts'

/** Bytes for a device, as a network server is asked to send them. */
export interface Downlink {
  /** As in the topic of its uplinks. */
  readonly address: string
  /** Of the wish; a UUID. */
  readonly id: string
  readonly fPort: number
  /** Whether the device has to acknowledge that it was heard. */
  readonly confirmed: boolean
  readonly bytes: Uint8Array
}

interface Form {
  /** `{address}` is the DevEUI (ChirpStack, in lower case) or the id of the end device (The Things Stack). */
  readonly topic: string
  readonly bytes: string
  readonly object: string
  readonly fPort: string
  readonly time: string
  /** The list of receivers, with `rssi` (dBm) and `snr` (dB) of each. */
  readonly receivers: string
  /** Where `true` says that a person has invented the message. */
  readonly simulated: string | null
  readonly downlink: {
    readonly topic: string
    /** Where the bytes and the port stand in the message; both are base64 and a number everywhere. */
    readonly bytes: string
    readonly fPort: string
    readonly message: (downlink: Omit<Downlink, 'bytes' | 'fPort'>) => object
  }
}

const FORMS: Readonly<Record<NetworkServer, Form>> = {
  // ChirpStack v4, MQTT integration, event "up" (chirpstack-api integration.proto, UplinkEvent).
  'chirpstack-v4': {
    topic: 'application/+/device/{address}/event/up',
    bytes: '/data',
    object: '/object',
    fPort: '/fPort',
    time: '/time',
    receivers: '/rxInfo',
    simulated: null,
    // MQTT integration, command "down" (DownlinkCommand).
    downlink: {
      topic: 'application/+/device/{address}/command/down',
      bytes: '/data',
      fPort: '/fPort',
      message: ({ address, confirmed, id }) => ({ id, devEui: address, confirmed }),
    },
  },
  // The Things Stack v3, data formats, uplink messages (ApplicationUp, ApplicationUplink).
  'the-things-stack-v3': {
    topic: 'v3/+/devices/{address}/up',
    bytes: '/uplink_message/frm_payload',
    object: '/uplink_message/decoded_payload',
    fPort: '/uplink_message/f_port',
    time: '/uplink_message/received_at',
    receivers: '/uplink_message/rx_metadata',
    simulated: '/simulated',
    // MQTT server, publishing downlink traffic (ApplicationDownlinks).
    downlink: {
      topic: 'v3/+/devices/{address}/down/push',
      bytes: '/downlinks/0/frm_payload',
      fPort: '/downlinks/0/f_port',
      message: ({ confirmed, id }) => ({
        downlinks: [{ confirmed, priority: 'NORMAL', correlation_ids: [`outpost:${id}`] }],
      }),
    },
  },
}

/** Through which one a unit comes where nobody says: the one that stations run themselves. */
export const DEFAULT_NETWORK_SERVER: NetworkServer = 'chirpstack-v4'

export function networkTopic(server: NetworkServer): string {
  return FORMS[server].topic
}

/** Null for an invented message: what nobody has measured says nothing. */
export function prepareUplink(
  server: NetworkServer,
): (message: Uint8Array) => OpenedMessage | { readonly malformed: string } | null {
  const form = FORMS[server]
  const at = (pointer: string) => {
    const tokens = pointerTokens(pointer)
    return (json: unknown) => valueAt(json, tokens)
  }
  const [bytesOf, objectOf, fPortOf, timeOf] = [at(form.bytes), at(form.object), at(form.fPort), at(form.time)]
  const [receiversOf, simulatedOf] = [at(form.receivers), form.simulated === null ? () => false : at(form.simulated)]
  return (message) => {
    const parsed = parseJson(message)
    if ('malformed' in parsed) return parsed
    const { json } = parsed
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      return { malformed: `expected an uplink of ${server}, got ${describe(json)}` }
    if (simulatedOf(json) === true) return null
    // Empty texts and zeros are left out by one server and written by another.
    const text = bytesOf(json) ?? ''
    const bytes = typeof text === 'string' ? bytesFromBase64(text) : null
    if (bytes === null) return { malformed: `expected bytes as base64 at ${form.bytes}, got ${describe(text)}` }
    const fPort = fPortOf(json) ?? 0
    if (typeof fPort !== 'number') return { malformed: `expected a number at ${form.fPort}, got ${describe(fPort)}` }
    return {
      bytes: bytes.length === 0 ? null : bytes,
      object: objectOf(json),
      fPort: fPort === 0 ? null : fPort,
      time: isoTime(timeOf(json)),
      link: linkOf(receiversOf(json)),
    }
  }
}

function linkOf(receivers: unknown): OpenedMessage['link'] {
  if (!Array.isArray(receivers)) return {}
  let best: OpenedMessage['link'] = {}
  for (const receiver of receivers) {
    const rssi = valueAt(receiver, ['rssi'])
    const snr = valueAt(receiver, ['snr']) ?? 0
    if (typeof rssi === 'number' && typeof snr === 'number' && rssi > (best.rssi ?? -Infinity)) best = { rssi, snr }
  }
  return best
}

/** The message in which `server` would bring these bytes, or this object. */
export function encodeUplink(
  server: NetworkServer = DEFAULT_NETWORK_SERVER,
  { bytes, object, fPort, time, link }: { readonly [Key in keyof OpenedMessage]?: OpenedMessage[Key] | undefined },
): Uint8Array {
  const form = FORMS[server]
  const receiver = link?.rssi === undefined ? undefined : [{ rssi: link.rssi, snr: link.snr ?? 0 }]
  const members: readonly (readonly [string, unknown])[] = [
    [form.time, time == null ? undefined : new Date(time).toISOString()],
    [form.fPort, fPort ?? undefined],
    [form.bytes, bytes == null ? undefined : base64FromBytes(bytes)],
    [form.object, object],
    [form.receivers, receiver],
  ]
  let document: unknown = {}
  for (const [pointer, value] of members) {
    if (value !== undefined) document = withValueAt(document, pointerTokens(pointer), value)
  }
  return new TextEncoder().encode(JSON.stringify(document))
}

export function downlinkTopic(server: NetworkServer): string {
  return FORMS[server].downlink.topic
}

/** The topic has its `{address}` and its `+` still open. */
export function encodeDownlink(
  server: NetworkServer,
  { bytes, fPort, ...downlink }: Downlink,
): { readonly topic: string; readonly payload: Uint8Array } {
  const { topic, ...form } = FORMS[server].downlink
  let document: unknown = form.message(downlink)
  document = withValueAt(document, pointerTokens(form.fPort), fPort)
  document = withValueAt(document, pointerTokens(form.bytes), base64FromBytes(bytes))
  return { topic, payload: new TextEncoder().encode(JSON.stringify(document)) }
}

/** What a network server would send to the device; null for what is no downlink. */
export function readDownlink(server: NetworkServer, payload: Uint8Array): Pick<Downlink, 'bytes' | 'fPort'> | null {
  const form = FORMS[server].downlink
  const parsed = parseJson(payload)
  if ('malformed' in parsed) return null
  const fPort = valueAt(parsed.json, pointerTokens(form.fPort))
  const text = valueAt(parsed.json, pointerTokens(form.bytes))
  const bytes = typeof text === 'string' ? bytesFromBase64(text) : null
  return bytes === null || typeof fPort !== 'number' ? null : { bytes, fPort }
}
