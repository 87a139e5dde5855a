/** The messages that tell MQTT devices what to do: what the form alone cannot tell. */
import type { WireType } from './binding-schema.ts'
import type { CommandProfile, MqttSend } from './command-schema.ts'
import { extremeValues } from './command-value.ts'
import type { Finding } from './finding.ts'
import { topicTemplate } from './message-topic.ts'
import type { DeviceProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import type { DocumentPath } from './yaml-document.ts'

const PLACES = ['address', 'value', 'id', 'bytes']

export function* checkSend(profile: DeviceProfile, command: CommandProfile, path: DocumentPath): Generator<Finding> {
  const { mqtt } = command
  if (mqtt === undefined) return
  const problem = commandTopicProblem(profile, mqtt.topic)
  if (problem !== null) yield { path: [...path, 'topic'], message: problem }
  yield* checkBody(mqtt, path)
  yield* checkPlaces(mqtt, path)
  yield* checkSaid(command, mqtt, path)
}

export function* checkLorawanSend(command: CommandProfile, path: DocumentPath): Generator<Finding> {
  const value = command.lorawan?.bytes.value
  if (value !== undefined) yield* checkValueType(value.type, [...path, 'bytes', 'value', 'type'])
  else if (command.argument !== undefined || command.revert !== undefined) {
    yield { path: [...path, 'bytes'], message: `missing key "value": ${unsaid(command)} is nowhere in the bytes` }
  }
}

/** Why a command or its answer cannot have this topic, or null. */
export function commandTopicProblem(profile: DeviceProfile, topic: string): string | null {
  const levels = topic.split('/')
  if (!topic.includes('{address}'))
    return `expected a topic with {address}, so that it is about one device, got "${topic}"`
  if (topic.includes('#') || levels.some((level) => level.includes('+') && level !== '+') || topic.includes('\u0000')) {
    return `expected every "+" alone between its slashes, no "#" and no U+0000, got ${JSON.stringify(topic)}`
  }
  const wildcards = (text: string) => text.split('/').filter((level) => level === '+').length
  const known = wildcards(topicTemplate(profile))
  if (wildcards(topic) <= known) return null
  return `expected at most ${known} "+", as many as the device's own topic has, which tells what stands there; got "${topic}"`
}

function* checkBody({ json, text, bytes }: MqttSend, path: DocumentPath): Generator<Finding> {
  if (json !== undefined && text !== undefined) yield { path, message: 'expected at most one of "json" and "text"' }
  const body = json ?? text
  if (body === undefined) {
    if (bytes === undefined) yield { path, message: 'expected one of "json", "text" and "bytes": what is sent' }
    return
  }
  const usesBytes = JSON.stringify(body).includes('{bytes}')
  if (usesBytes && bytes === undefined) yield { path, message: 'missing key "bytes", which {bytes} stands for' }
  if (!usesBytes && bytes !== undefined) {
    yield { path: [...path, 'bytes'], message: 'the message has no {bytes}, so these are never sent' }
  }
  if (usesBytes && bytes?.encoding === 'raw') {
    yield { path: [...path, 'bytes', 'encoding'], message: 'expected hex or base64 inside a text, got raw' }
  }
}

function* checkPlaces({ json, text }: MqttSend, path: DocumentPath): Generator<Finding> {
  const key = json === undefined ? 'text' : 'json'
  for (const [, place = ''] of (JSON.stringify(json ?? text) ?? '').matchAll(/\{([a-z]+)\}/gi)) {
    if (PLACES.includes(place)) continue
    const known = PLACES.map((each) => `{${each}}`).join(', ')
    yield { path: [...path, key], message: `unknown place {${place}}; there are ${known}${suggestion(place, PLACES)}` }
  }
}

/** A value that the message does not say would be asked of people for nothing, and never be reverted. */
function* checkSaid(command: CommandProfile, mqtt: MqttSend, path: DocumentPath): Generator<Finding> {
  const saysValue = JSON.stringify([mqtt.json, mqtt.text]).includes('{value}') || mqtt.bytes?.value !== undefined
  if (mqtt.bytes?.value !== undefined) {
    yield* checkValueType(mqtt.bytes.value.type, [...path, 'bytes', 'value', 'type'])
  }
  if (!saysValue && (command.argument !== undefined || command.revert !== undefined)) {
    yield { path, message: `${unsaid(command)} is nowhere in the message; put {value} where it belongs` }
  }
  if (mqtt.says === undefined) return
  for (const value of command.argument?.range === undefined ? extremeValues(command) : []) {
    if (Object.hasOwn(mqtt.says, String(value))) continue
    yield { path: [...path, 'says'], message: `there are no words for ${value}` }
  }
  if (command.argument?.range !== undefined) {
    yield { path: [...path, 'says'], message: 'a range has too many values for words; give "states"' }
  }
}

function unsaid({ argument }: CommandProfile): string {
  return argument === undefined ? 'the value of "revert"' : 'the argument'
}

function* checkValueType(type: WireType, path: DocumentPath): Generator<Finding> {
  if (type !== 'bit' && type !== 'string') return
  yield { path, message: `a command sends a number in whole bytes, got ${type}` }
}
