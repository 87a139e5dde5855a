/**
 * A Sparkplug B edge node, or one with a device behind it: births with names and aliases, then data by aliases only, each
 * message counted, and a death as its will. It is born again when it is asked to be. Everything goes out with QoS 0 and not
 * retained, as Sparkplug 3.0 demands, but the will with QoS 1.
 */
import { encodeJsonValue, prepareMetricPoint } from '../device-profiles/codec/json-value.ts'
import { decodeSparkplug } from '../device-profiles/codec/sparkplug/sparkplug-payload.ts'
import {
  birthDeathMetric,
  encodeSparkplug,
  type WrittenMetric,
} from '../device-profiles/codec/sparkplug/sparkplug-writer.ts'
import type { Speech, SpeechOptions, SpokenMessage, Values } from './speech.ts'

const REBIRTH = 'Node Control/Rebirth'
const SEQUENCE = 256
const DOUBLE = 10
const BOOLEAN = 11
const STRING = 12

export function createSparkplugSpeech(options: Omit<SpeechOptions, 'networkServer'>): Speech {
  const { now = Date.now } = options
  const [namespace = '', group = '', , node = '', device] = options.topic.split('/')
  const topicOf = (type: string, behind?: string): string =>
    [namespace, group, type, node, ...(behind === undefined ? [] : [behind])].join('/')
  let bdSeq = -1
  let seq = 0
  const message = (topic: string, metrics: readonly WrittenMetric[]): SpokenMessage => {
    const payload = encodeSparkplug({ timestamp: now(), seq, metrics })
    seq = (seq + 1) % SEQUENCE
    return { topic, payload, qos: 0 }
  }
  return {
    topics: [topicOf('NCMD')],
    asksForHello: (topic, payload) => topic === topicOf('NCMD') && asksForRebirth(payload),
    will() {
      bdSeq = (bdSeq + 1) % SEQUENCE
      const metrics = [birthDeathMetric(bdSeq)]
      return { topic: topicOf('NDEATH'), payload: encodeSparkplug({ timestamp: now(), metrics }), qos: 1 }
    },
    hello(values) {
      const own = metricsOf(options, { values, isBirth: true })
      const born = [birthDeathMetric(bdSeq), { name: REBIRTH, value: false }, ...(device === undefined ? own : [])]
      // The count begins with the birth of the node.
      seq = 0
      const messages = [message(topicOf('NBIRTH'), born)]
      return device === undefined ? messages : [...messages, message(topicOf('DBIRTH', device), own)]
    },
    report(values) {
      const type = device === undefined ? 'NDATA' : 'DDATA'
      return [message(topicOf(type, device), metricsOf(options, { values, isBirth: false }))]
    },
  }
}

/** A birth has all metrics of the profile, those without a value too; the alias of each is its place there. */
function metricsOf(
  { profile, parameters }: Pick<SpeechOptions, 'profile' | 'parameters'>,
  { values, isBirth }: { readonly values: Values; readonly isBirth: boolean },
): readonly WrittenMetric[] {
  return profile.points.flatMap((point, index): readonly WrittenMetric[] => {
    if (point.metric === undefined) return []
    const alias = index + 1
    const value = values[point.id]
    if (value === undefined && !isBirth) return []
    const raw = value === undefined ? null : encodeJsonValue(prepareMetricPoint(point, point.metric, parameters), value)
    const said = { alias, value: raw as WrittenMetric['value'] }
    return [isBirth ? { ...said, name: point.metric.name, ...(raw === null && { datatype: typeOf(point) }) } : said]
  })
}

/** Of a metric that has no value yet. */
function typeOf({ type, metric }: SpeechOptions['profile']['points'][number]): number {
  if (type === 'text' || metric?.words !== undefined) return STRING
  return type === 'boolean' ? BOOLEAN : DOUBLE
}

function asksForRebirth(payload: Uint8Array): boolean {
  try {
    const { metrics } = decodeSparkplug(payload)
    return metrics.some(({ name, value }) => name === REBIRTH && value?.type === 'boolean' && value.value)
  } catch {
    // No payload of Sparkplug asks for nothing.
    return false
  }
}
