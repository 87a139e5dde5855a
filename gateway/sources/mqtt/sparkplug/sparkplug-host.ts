/**
 * Sparkplug B as a consumer, for all edge nodes at one broker. Births and counts outlive a change of the configuration, so the
 * host lives as long as the gateway; the units change.
 *
 * A birth that is missing is asked for, at most every half minute: an edge node that may not hear us, or does not care, must
 * not be asked with every message.
 */

import { metricValue } from '../../../../device-profiles/codec/sparkplug/metric-value.ts'
import {
  decodeSparkplug,
  encodeRebirth,
  type SparkplugPayload,
} from '../../../../device-profiles/codec/sparkplug/sparkplug-payload.ts'
import type { Clock, Log, MessageDocument } from '../../../model.ts'
import type { DeviceContent, MessageReader, MqttMessage, ReadMessage } from '../message-reader.ts'
import { EdgeNode, type NodeAnswer, type ResolvedMetric } from './edge-node.ts'
import { nodeCommandTopic, parseSparkplugTopic, type SparkplugTopic } from './sparkplug-topic.ts'

const REBIRTH_EVERY_MS = 30_000

/** Where a unit stands: an edge node, or a device behind one. */
export interface SparkplugUnit {
  readonly deviceId: string
  readonly group: string
  readonly node: string
  readonly device: string | null
}

export interface SparkplugHostOptions {
  /** Says something to an edge node; at QoS 0, not kept. Never throws. */
  readonly publish: (topic: string, payload: Uint8Array) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

interface KnownNode {
  readonly node: EdgeNode
  /** Monotonic; when it was last asked for its births. */
  askedAt: number
  /** Why it was asked; null since its births are known. */
  asked: string | null
}

export class SparkplugHost implements MessageReader {
  readonly #options: SparkplugHostOptions
  readonly #nodes = new Map<string, KnownNode>()
  /** By their edge node. */
  #units: ReadonlyMap<string, readonly SparkplugUnit[]> = new Map()

  constructor(options: SparkplugHostOptions) {
    this.#options = options
  }

  /** Replaces all units; what is known of edge nodes without any is forgotten. */
  setUnits(units: readonly SparkplugUnit[]): void {
    this.#units = Map.groupBy(units, nodeKey)
    for (const key of this.#nodes.keys()) if (!this.#units.has(key)) this.#nodes.delete(key)
  }

  read(message: MqttMessage): ReadMessage {
    const topic = parseSparkplugTopic(message.topic)
    // Commands of other hosts pass by; a message that a broker had kept belongs to no count.
    if (topic === null || message.retained) return { contents: [] }
    const units = this.#units.get(nodeKey(topic))
    if (units === undefined) return { contents: [], unknown: ['no device of this edge node'] }
    const payload = decoded(message.payload)
    if ('malformed' in payload)
      return { contents: failures(unitsOf(units, topic.device), payload.malformed, 'malformed') }
    const known = this.#knownNode(topic)
    const answer = known.node.take(topic, payload)
    this.#askIfNeeded(topic, { known, answer })
    return { contents: contentsOf(answer, { units, topic, payload }) }
  }

  #knownNode(topic: SparkplugTopic): KnownNode {
    const key = nodeKey(topic)
    const known = this.#nodes.get(key) ?? { node: new EdgeNode(), askedAt: -Infinity, asked: null }
    this.#nodes.set(key, known)
    return known
  }

  #askIfNeeded(
    topic: SparkplugTopic,
    { known, answer }: { readonly known: KnownNode; readonly answer: NodeAnswer },
  ): void {
    const rebirth = 'rebirth' in answer ? answer.rebirth : null
    if (rebirth === null) {
      if (answer.type === 'metrics') known.asked = null
      return
    }
    const { clock, log, publish } = this.#options
    const now = clock.now()
    if (now.mono - known.askedAt < REBIRTH_EVERY_MS) return
    if (known.asked !== rebirth) {
      log.info({ group: topic.group, node: topic.node, reason: rebirth }, 'Sparkplug edge node is asked for its births')
    }
    known.askedAt = now.mono
    known.asked = rebirth
    publish(nodeCommandTopic(topic), encodeRebirth(now.wall))
  }
}

function nodeKey({ group, node }: { readonly group: string; readonly node: string }): string {
  return `${group}/${node}`
}

function decoded(bytes: Uint8Array): SparkplugPayload | { readonly malformed: string } {
  try {
    return decodeSparkplug(bytes)
  } catch (error) {
    return { malformed: `no Sparkplug payload: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function contentsOf(
  answer: NodeAnswer,
  {
    units,
    topic,
    payload,
  }: { readonly units: readonly SparkplugUnit[]; readonly topic: SparkplugTopic; readonly payload: SparkplugPayload },
): readonly DeviceContent[] {
  switch (answer.type) {
    case 'ignored':
      return []
    case 'metrics': {
      const documents = documentsOf(answer.metrics, payload)
      const content = { type: 'documents', documents, retained: false } as const
      return unitsOf(units, topic.device).map(({ deviceId }) => ({ deviceId, content }))
    }
    case 'unborn':
      return failures(unitsOf(units, topic.device), `${answer.rebirth}; it was asked for it`)
    case 'death':
      return answer.device === null
        ? failures(units, `NDEATH of the edge node ${topic.node}`)
        : failures(unitsOf(units, answer.device), `DDEATH by the edge node ${topic.node}`)
  }
}

function unitsOf(units: readonly SparkplugUnit[], device: string | null): readonly SparkplugUnit[] {
  return units.filter((unit) => unit.device === device)
}

function failures(
  units: readonly SparkplugUnit[],
  detail: string,
  reason: 'malformed' | 'communication-failure' = 'communication-failure',
): readonly DeviceContent[] {
  return units.map(({ deviceId }) => ({ deviceId, content: { type: 'device-failure', reason, detail } }))
}

/** Metrics of one time, age and certainty are one document, in which each stands under its name. */
function documentsOf(metrics: readonly ResolvedMetric[], { timestamp }: SparkplugPayload): readonly MessageDocument[] {
  const groups = Map.groupBy(metrics, ({ metric, isDoubtful }) =>
    JSON.stringify([metric.timestamp ?? timestamp, metric.isHistorical, isDoubtful]),
  )
  return [...groups.values()].map((group) => {
    const [{ metric, isDoubtful } = { metric: null, isDoubtful: false }] = group
    const members = group.flatMap(({ metric: each, name, datatype }) => {
      const value = metricValue(each, datatype)
      return value === undefined ? [] : [[name, value] as const]
    })
    return {
      json: Object.fromEntries(members),
      time: metric?.timestamp ?? timestamp,
      ...(metric?.isHistorical === true && { late: true }),
      ...(isDoubtful && { doubt: DOUBT }),
    }
  })
}

const DOUBT: NonNullable<MessageDocument['doubt']> = {
  reason: 'unconfirmed',
  detail: 'a message of its edge node was lost, and the metric is known by its alias only; a rebirth was asked for',
}
