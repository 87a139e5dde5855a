/** A command's message as the device understands it: the other direction of `command-message.ts`. */
import type { CommandBytes, CommandProfile, LorawanSend, MqttSend } from '../command-schema.ts'
import type { NetworkServer } from '../payload-schema.ts'
import { fixedBytes, valueInBytes } from './command-bytes.ts'
import type { MessagePlaces } from './command-message.ts'
import { DEFAULT_NETWORK_SERVER, readDownlink } from './network-server.ts'
import { bytesFromBase64, bytesFromHex, hexFromBytes } from './text-bytes.ts'

/** What the message told, or undefined: it is another message. */
export interface ToldCommand {
  readonly value: number | null
  /** Of the command, where the message has it. */
  readonly id: string | null
}

type Found = Map<string, unknown>

type Surroundings = Pick<MessagePlaces, 'address' | 'parameters'> & {
  readonly networkServer?: NetworkServer | undefined
}

export function readCommandMessage(
  command: CommandProfile,
  payload: Uint8Array,
  surroundings: Surroundings,
): ToldCommand | undefined {
  const { mqtt, lorawan, value: fixed, argument, revert } = command
  const told =
    lorawan === undefined ? toldByMessage(mqtt, payload, surroundings) : toldByDownlink(lorawan, payload, surroundings)
  if (told === undefined) return undefined
  // Another command may say another value in the same words.
  const isForeign = told.value !== null && argument === undefined && told.value !== fixed && told.value !== revert
  return isForeign ? undefined : { ...told, value: told.value ?? fixed ?? null }
}

function toldByMessage(
  mqtt: MqttSend | undefined,
  payload: Uint8Array,
  { address, parameters }: Surroundings,
): ToldCommand | undefined {
  const found: Found = new Map()
  if (mqtt === undefined || !fits(mqtt, payload, found)) return undefined
  if (found.has('address') && found.get('address') !== address) return undefined
  const id = found.get('id')
  const value = valueToldBy(mqtt, found, { parameters })
  return value === undefined ? undefined : { value, id: typeof id === 'string' ? id : null }
}

function toldByDownlink(
  { fPort, bytes }: LorawanSend,
  payload: Uint8Array,
  { parameters, networkServer = DEFAULT_NETWORK_SERVER }: Surroundings,
): ToldCommand | undefined {
  const downlink = readDownlink(networkServer, payload)
  if (downlink === null || downlink.fPort !== fPort) return undefined
  const value = valueOfBytes(bytes, downlink.bytes, parameters)
  return value === undefined ? undefined : { value, id: null }
}

/** Undefined: these are the bytes of another command. Null: they say no value. */
function valueOfBytes(
  binding: CommandBytes,
  bytes: Uint8Array,
  parameters: MessagePlaces['parameters'],
): number | null | undefined {
  if (binding.value !== undefined) return valueInBytes(binding, bytes, parameters) ?? undefined
  return hexFromBytes(bytes) === hexFromBytes(fixedBytes(binding)) ? null : undefined
}

function fits({ json, text, bytes }: MqttSend, payload: Uint8Array, found: Found): boolean {
  if (json !== undefined) return matches(json, parsed(payload), found)
  if (text !== undefined) return matches(text, decodeText(payload), found)
  found.set('bytes', bytes?.encoding === 'raw' ? hexFromBytes(payload) : decodeText(payload))
  return true
}

/** Undefined: these are no bytes or no words of this command. Null: the message says no value. */
function valueToldBy({ says, bytes }: MqttSend, found: Found, { parameters }: Pick<MessagePlaces, 'parameters'>) {
  if (found.has('value')) {
    const said = found.get('value')
    if (says === undefined) return numberOf(said)
    const code = Object.keys(says).find((key) => JSON.stringify(says[key]) === JSON.stringify(said))
    return code === undefined ? undefined : Number(code)
  }
  if (bytes === undefined) return null
  const raw = rawBytes(bytes.encoding, found.get('bytes'))
  return raw === null ? undefined : valueOfBytes(bytes, raw, parameters)
}

function rawBytes(encoding: NonNullable<MqttSend['bytes']>['encoding'], text: unknown): Uint8Array | null {
  if (typeof text !== 'string') return null
  return encoding === 'base64' ? bytesFromBase64(text) : bytesFromHex(text)
}

function numberOf(said: unknown): number | undefined {
  const number = typeof said === 'string' && said.trim() !== '' ? Number(said) : said
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Whether `given` is the template with something in its places, which then stands in `found`. */
function matches(template: unknown, given: unknown, found: Found): boolean {
  if (typeof template === 'string') return textMatches(template, given, found)
  if (Array.isArray(template)) {
    return (
      Array.isArray(given) &&
      given.length === template.length &&
      template.every((item, i) => matches(item, given[i], found))
    )
  }
  if (typeof template !== 'object' || template === null) return template === given
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const members = Object.entries(template)
  return (
    members.length === Object.keys(given).length &&
    members.every(([key, item]) => Object.hasOwn(given, key) && matches(item, Reflect.get(given, key), found))
  )
}

function textMatches(template: string, given: unknown, found: Found): boolean {
  const whole = /^\{(address|value|id|bytes)\}$/.exec(template)?.[1]
  if (whole !== undefined) return keep(found, whole, given)
  if (typeof given !== 'string') return false
  const names: string[] = []
  const pattern = template
    .split(/\{(address|value|id|bytes)\}/)
    .map((part, i) => {
      if (i % 2 === 0) return RegExp.escape(part)
      names.push(part)
      return '(.*)'
    })
    .join('')
  const match = new RegExp(`^${pattern}$`, 's').exec(given)
  return match !== null && names.every((name, i) => keep(found, name, match[i + 1]))
}

/** A place that stands twice must say the same twice. */
function keep(found: Found, place: string, given: unknown): boolean {
  if (found.has(place)) return JSON.stringify(found.get(place)) === JSON.stringify(given)
  found.set(place, given)
  return true
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(payload) ?? '')
  } catch {
    return undefined
  }
}

function decodeText(payload: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    return null
  }
}
