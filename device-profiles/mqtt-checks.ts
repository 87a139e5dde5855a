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
  const isAddressed = mqtt.addressIn !== undefined
  if (mqtt.topic !== undefined) yield* checkTopic(mqtt.topic, { path: [...MQTT, 'topic'], isAddressed })
  for (const [i, topic] of (mqtt.alsoOn ?? []).entries()) {
    yield* checkTopic(topic, { path: [...MQTT, 'alsoOn', i], isAddressed })
  }
  yield* checkAddressIn(mqtt)
  if (mqtt.payload.format === 'sparkplug-b') yield* checkSparkplug(mqtt)
  yield* checkPayload(mqtt)
}

function* checkAddressIn({ addressIn, topic, payload }: Mqtt): Generator<Finding> {
  if (addressIn === undefined) return
  const path = [...MQTT, 'addressIn']
  if (payload.format !== 'json' || topic === undefined) {
    yield { path, message: 'only JSON on a topic can name its device: expected a topic and the format json' }
  }
  if (topic?.includes('{address}')) {
    yield { path, message: 'the topic has {address} already; remove one of the two' }
  }
}

/** [tck-id-topic-structure] namespace/group/type/node, and the device behind a node. */
function* checkSparkplug({ topic = '', alsoOn }: Mqtt): Generator<Finding> {
  const levels = topic.split('/')
  const [namespace, , type] = levels
  const last = levels.length === 4 || levels.length === 5 ? levels.at(-1) : undefined
  if (namespace !== 'spBv1.0' || type !== '+' || last !== '{address}' || alsoOn !== undefined) {
    const message =
      'expected spBv1.0/{group}/+/{node}/{address} for a device, or spBv1.0/{group}/+/{address} for an edge node, and no "alsoOn"; ' +
      `got "${topic}"`
    yield { path: [...MQTT, 'topic'], message }
  }
}

function* checkTopic(
  topic: string,
  { path, isAddressed }: { readonly path: DocumentPath; readonly isAddressed: boolean },
): Generator<Finding> {
  if (!(isAddressed || topic.includes('{address}')) || topic.includes('#')) {
    const message = `expected a topic with {address} and without "#", so that a message belongs to one device, got "${topic}"`
    yield { path, message }
  } else if (topic.split('/').some((level) => level.includes('+') && level !== '+') || topic.includes('\u0000')) {
    const message = `expected every "+" alone between its slashes [MQTT-4.7.1-3] and no U+0000, got ${JSON.stringify(topic)}`
    yield { path, message }
  }
}

function* checkPayload({ through, payload }: Mqtt): Generator<Finding> {
  if (payload.format === 'sparkplug-b') return
  if (payload.format === 'senml') {
    if (through !== undefined)
      yield { path: [...PAYLOAD, 'format'], message: 'SenML comes on a topic of its own; remove "through"' }
    return
  }
  if (through === undefined && payload.fPort !== undefined) {
    yield { path: [...PAYLOAD, 'fPort'], message: '"fPort" goes with "through: lorawan" only' }
  }
  if (through !== undefined && payload.format !== 'json') {
    for (const key of ['encoding', 'within'] as const) {
      if (payload[key] === undefined) continue
      yield { path: [...PAYLOAD, key], message: `the network server says how it writes the bytes; remove "${key}"` }
    }
  }
  if (payload.format === 'binary') return
  const { time } = payload
  const list =
    'each' in payload && payload.each !== undefined ? 'each' : payload.history === undefined ? null : 'history'
  if (list !== null && time === undefined) {
    const message = `missing key "time": of the readings in "${list}" nobody could tell when they were measured`
    yield { path: PAYLOAD, message }
  }
  if (time?.zone !== undefined && time.unit !== 'iso8601') {
    yield { path: [...PAYLOAD, 'time', 'zone'], message: `"zone" goes with iso8601 only, and the unit is ${time.unit}` }
  }
}
