/** What an MQTT device does when it is told something: it does it, and says so as its profile says. */
import { readCommandMessage } from '../device-profiles/codec/command-reading.ts'
import { pointerTokens, withValueAt } from '../device-profiles/codec/json-pointer.ts'
import { downlinkTopic } from '../device-profiles/codec/network-server.ts'
import type { CommandProfile } from '../device-profiles/command-schema.ts'
import { topicTemplate } from '../device-profiles/message-topic.ts'
import type { MqttConnection, SimulatedDevice } from './scenario.ts'
import { simulatedTopic } from './scenario-devices.ts'

/** By what the device shows that it has done what it was told. */
export type Answer =
  /** It measures this from now on, and says so at once. */
  | { readonly type: 'value'; readonly point: string; readonly value: number }
  | { readonly type: 'message'; readonly topic: string; readonly payload: Uint8Array }

type MqttUnit = SimulatedDevice & { readonly connection: MqttConnection }

/** Each once. */
export function commandTopics({ profile, connection }: MqttUnit): readonly string[] {
  return [...new Set((profile.commands ?? []).map((command) => topicOf(command, connection)))]
}

function topicOf({ mqtt }: CommandProfile, { address, networkServer }: MqttConnection): string {
  return simulatedTopic(mqtt?.topic ?? downlinkTopic(networkServer), address)
}

/** Null for a message that is no command of this device, or that it answers nothing to. */
export function answerTo(device: MqttUnit, topic: string, payload: Uint8Array): Answer | null {
  const { profile, parameters, connection } = device
  const { address } = connection
  for (const command of profile.commands ?? []) {
    if (topicOf(command, connection) !== topic) continue
    const told = readCommandMessage(command, payload, { address, parameters, networkServer: connection.networkServer })
    if (told !== undefined) return answerOf(command, { ...told, device })
  }
  return null
}

interface Told {
  readonly value: number | null
  readonly id: string | null
  readonly device: MqttUnit
}

function answerOf({ confirm, mqtt }: CommandProfile, { value, id, device }: Told): Answer | null {
  if (confirm?.type === 'point') {
    const shows = confirm.shows ?? value
    return shows === null ? null : { type: 'value', point: confirm.point, value: shows }
  }
  if (confirm?.type !== 'message') return null
  const { address } = device.connection
  const said = value === null ? null : (mqtt?.says?.[String(value)] ?? value)
  const places = new Map<unknown, unknown>([
    ['{value}', said],
    ['{id}', id],
    ['{address}', address],
  ])
  let document: unknown
  for (const { pointer, equals } of confirm.where) {
    const meant = places.has(equals) ? places.get(equals) : equals
    document = withValueAt(document, pointerTokens(pointer), meant)
  }
  const topic = simulatedTopic(confirm.topic ?? topicTemplate(device.profile), address)
  return { type: 'message', topic, payload: new TextEncoder().encode(JSON.stringify(document)) }
}
