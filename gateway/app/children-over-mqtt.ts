/** Gateways below that speak over an MQTT broker: what is heard there goes the way of all, and its answer back on a topic. */
import { Ajv } from 'ajv'
import type { ChildConfig } from '../config/config.ts'
import * as childSchemas from '../http/child-schemas.ts'
import type { ChildrenView } from '../http/child-view.ts'
import type { Log } from '../model.ts'
import { type EnvelopeAnswer, seal, topicDown, topicUp, unseal } from '../sinks/outpost-envelope.ts'
import type { OutgoingMessage } from '../sources/mqtt/publisher.ts'
import type { TopicListener } from '../sources/mqtt/topic-listener.ts'
import type { EventBatch, Report } from '../upstream-model.ts'

/** Requests of one gateway that are under way at a time; others are left without an answer, and come again. */
const MAX_UNDER_WAY = 8

export interface ChildrenOverMqttParts {
  readonly children: ChildrenView
  readonly publish: (broker: string, message: OutgoingMessage) => Promise<void>
  readonly log: Log
}

const ajv = new Ajv({ allErrors: false, strict: false })
const isBatch = ajv.compile<EventBatch>(childSchemas.EventBatch)
const isReport = ajv.compile<Report>(childSchemas.Report)

export class ChildrenOverMqtt {
  readonly #parts: ChildrenOverMqttParts
  readonly #underWay = new Map<string, number>()
  readonly #strangers = new Set<string>()

  constructor(parts: ChildrenOverMqttParts) {
    this.#parts = parts
  }

  /** What is to be heard at one broker. */
  listeners(children: readonly ChildConfig[], broker: string): readonly TopicListener[] {
    return children.flatMap((child) =>
      child.broker === broker
        ? [
            {
              owner: `gateway ${child.id}`,
              topicFilter: topicUp(child.id),
              heard: ({ payload }) => void this.#take(child, payload),
            },
          ]
        : [],
    )
  }

  /** Never rejects. */
  async #take({ id, token, broker }: ChildConfig, payload: Uint8Array): Promise<void> {
    const asked = unseal(payload, token)
    if (asked === null) {
      this.#nameStranger(id)
      return
    }
    const underWay = this.#underWay.get(id) ?? 0
    if (underWay >= MAX_UNDER_WAY || asked.kind === 'answer') return
    this.#underWay.set(id, underWay + 1)
    const answer = await this.#answerTo(id, asked.body, asked.kind).catch(
      (error: unknown): EnvelopeAnswer => ({ type: 'refused', message: String(error) }),
    )
    this.#underWay.set(id, (this.#underWay.get(id) ?? 1) - 1)
    const message = seal({ request: asked.request, kind: 'answer', body: answer }, token)
    // Who is gone asks again.
    await this.#parts.publish(broker ?? '', { topic: topicDown(id), payload: message, qos: 1 }).catch(() => {})
  }

  async #answerTo(id: string, body: unknown, kind: 'events' | 'report'): Promise<EnvelopeAnswer> {
    const { children } = this.#parts
    const isRight = kind === 'events' ? isBatch(body) : isReport(body)
    if (!isRight || (body as Report).gateway !== id) {
      return { type: 'refused', message: `expected ${kind === 'events' ? 'a batch of events' : 'a report'} of "${id}"` }
    }
    if (kind === 'events') return await children.takeEvents(id, body as EventBatch)
    const answer = await children.takeReport(id, body as Report, new AbortController().signal)
    return { type: 'report', answer }
  }

  #nameStranger(id: string): void {
    if (this.#strangers.has(id)) return
    this.#strangers.add(id)
    this.#parts.log.warn(
      { child: id },
      'a message on the topic of a gateway below was not made with its token; further ones are not logged',
    )
  }
}
