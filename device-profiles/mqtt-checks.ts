/** The section `mqtt` of a profile: where its messages come from. */
import type { Finding } from './finding.ts'
import type { DeviceProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

type Mqtt = NonNullable<DeviceProfile['mqtt']>

const MQTT: DocumentPath = ['mqtt']
const PAYLOAD: DocumentPath = ['mqtt', 'payload']

export function* checkMessages(profile: DeviceProfile): Generator<Finding> {
  const { mqtt } = profile
  if (mqtt === undefined) return
  if ((mqtt.topic === undefined) === (mqtt.through === undefined)) {
    yield { path: MQTT, message: 'expected exactly one of "topic" and "through"' }
  }
  if (mqtt.topic !== undefined) yield* checkTopic(mqtt.topic, [...MQTT, 'topic'])
  yield* checkPayload(mqtt)
}

function* checkTopic(topic: string, path: DocumentPath): Generator<Finding> {
  if (!topic.includes('{address}') || topic.includes('#')) {
    const message = `expected a topic with {address} and without "#", so that a message belongs to one device, got "${topic}"`
    yield { path, message }
  } else if (topic.split('/').some((level) => level.includes('+') && level !== '+') || topic.includes('\u0000')) {
    const message = `expected every "+" alone between its slashes [MQTT-4.7.1-3] and no U+0000, got ${JSON.stringify(topic)}`
    yield { path, message }
  }
}

function* checkPayload({ through, payload }: Mqtt): Generator<Finding> {
  if (through === undefined && payload.fPort !== undefined) {
    yield { path: [...PAYLOAD, 'fPort'], message: '"fPort" goes with "through: lorawan" only' }
  }
  if (through !== undefined && payload.format === 'binary') {
    for (const key of ['encoding', 'within'] as const) {
      if (payload[key] === undefined) continue
      yield { path: [...PAYLOAD, key], message: `the network server says how it writes the bytes; remove "${key}"` }
    }
  }
  if (payload.format !== 'json') return
  const { each, time } = payload
  if (each !== undefined && time === undefined) {
    const message = 'missing key "time": of several readings in one message nobody could tell which is about now'
    yield { path: PAYLOAD, message }
  }
  if (time?.zone !== undefined && time.unit !== 'iso8601') {
    yield { path: [...PAYLOAD, 'time', 'zone'], message: `"zone" goes with iso8601 only, and the unit is ${time.unit}` }
  }
}
