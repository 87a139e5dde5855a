/** Commands of MQTT devices: the message that tells them, and the messages by which they answer. */
import type { CommandProfile, MessageCondition, MqttSend } from '../command-schema.ts'
import type { NetworkServer } from '../payload-schema.ts'
import { bytesOf } from './command-bytes.ts'
import type { Parameters } from './conversion.ts'
import { pointerTokens, valueAt } from './json-pointer.ts'
import { DEFAULT_NETWORK_SERVER, encodeDownlink } from './network-server.ts'
import { base64FromBytes, hexFromBytes } from './text-bytes.ts'

/** What the places of a message stand for. */
export interface MessagePlaces {
  readonly value: number | null
  /** The device's own part of its topic. */
  readonly address: string
  /** Of this very command; unique for ever. */
  readonly id: string
  readonly parameters: Parameters
}

export interface CommandMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
}

type SaidPlaces = Omit<MessagePlaces, 'parameters'> & { readonly says: MqttSend['says'] | undefined }
const PLACE = /\{(address|value|id|bytes)\}/g
const WHOLE_PLACE = /^\{(address|value|id|bytes)\}$/

/** Where a device is told something. */
export interface MessageWay {
  /** What stood at each `+` of the device's own topic. */
  readonly levels: readonly string[]
  readonly networkServer?: NetworkServer | undefined
}

/** Throws a RangeError for a value that the message cannot say, and where a level is not known. */
export function encodeCommandMessage(
  command: CommandProfile,
  { levels, networkServer = DEFAULT_NETWORK_SERVER, ...places }: MessagePlaces & MessageWay,
): CommandMessage {
  const { mqtt, lorawan } = command
  const { address, id } = places
  if (lorawan !== undefined) {
    const { fPort, confirmed = true } = lorawan
    const bytes = bytesOf(lorawan.bytes, places)
    const { topic, payload } = encodeDownlink(networkServer, { address, id, fPort, confirmed, bytes })
    return { topic: fillTopic(topic, { address, levels }), payload, qos: 0 }
  }
  if (mqtt === undefined) throw new RangeError(`command "${command.id}" has no message`)
  const topic = fillTopic(mqtt.topic, { address, levels })
  return { topic, payload: payloadOf(mqtt, places), qos: mqtt.qos ?? 0 }
}

/** The topic with its places filled. Throws a RangeError where it has more `+` than `levels` has members. */
export function fillTopic(
  template: string,
  { address, levels }: { readonly address: string; readonly levels: readonly string[] },
): string {
  let next = 0
  return template
    .split('/')
    .map((level) => {
      if (level !== '+') return level.replaceAll('{address}', address)
      const found = levels[next++]
      if (found === undefined) throw new RangeError(`nothing is known yet for a "+" of the topic ${template}`)
      return found
    })
    .join('/')
}

/** What stands in `topic` where `template` has its `+`; empty where it has none. */
export function levelsOf(template: string, topic: string): readonly string[] {
  const levels = topic.split('/')
  return template.split('/').flatMap((level, i) => (level === '+' ? [levels[i] ?? ''] : []))
}

/** True when all of them hold. A member that is missing equals nothing. */
export function conditionsHold(conditions: readonly MessageCondition[], json: unknown, places: SaidPlaces): boolean {
  return conditions.every(({ pointer, equals }) => {
    const found = valueAt(json, pointerTokens(pointer))
    return (
      found !== undefined && JSON.stringify(found) === JSON.stringify(filled(equals, (place) => said(place, places)))
    )
  })
}

function payloadOf(mqtt: MqttSend, places: MessagePlaces): Uint8Array {
  const bytes = mqtt.bytes === undefined ? null : bytesOf(mqtt.bytes, places)
  const inText = bytes === null || mqtt.bytes === undefined ? '' : encodeBytes(mqtt.bytes.encoding, bytes)
  const fill = (place: string): unknown => (place === 'bytes' ? inText : said(place, { ...places, says: mqtt.says }))
  if (mqtt.json !== undefined) return utf8.encode(JSON.stringify(filled(mqtt.json, fill)))
  if (mqtt.text !== undefined)
    return utf8.encode(mqtt.text.replaceAll(PLACE, (_, place: string) => String(fill(place))))
  if (bytes === null) throw new RangeError('the command has neither json, text nor bytes')
  return mqtt.bytes?.encoding === 'raw' ? bytes : utf8.encode(inText)
}

const utf8 = new TextEncoder()

/** What a place stands for, in JSON. Throws a RangeError for a value without words. */
function said(place: string, { value, address, id, says }: SaidPlaces): unknown {
  if (place === 'address') return address
  if (place === 'id') return id
  if (value === null) throw new RangeError('the command has no value for {value}')
  if (says === undefined) return value
  if (Object.hasOwn(says, String(value))) return says[String(value)]
  throw new RangeError(`the command has no words for ${value}; it knows ${Object.keys(says).join(', ')}`)
}

/** The template with its places filled, wherever they stand. */
function filled(template: unknown, fill: (place: string) => unknown): unknown {
  if (typeof template === 'string') {
    const whole = WHOLE_PLACE.exec(template)?.[1]
    return whole === undefined ? template.replaceAll(PLACE, (_, place: string) => String(fill(place))) : fill(whole)
  }
  if (Array.isArray(template)) return template.map((item) => filled(item, fill))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, filled(item, fill)]))
}

function encodeBytes(encoding: NonNullable<MqttSend['bytes']>['encoding'], bytes: Uint8Array): string {
  return encoding === 'base64' ? base64FromBytes(bytes) : hexFromBytes(bytes)
}
