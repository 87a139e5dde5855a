/**
 * Decides what a client may publish, before anything is done with it.
 *
 * MQTT 3.1.1 has no answer that says "not allowed": a server acknowledges all the same, or ends the connection
 * [MQTT-3.3.5-2]. An acknowledgement here means that a message is safe, so the connection ends, and the client keeps
 * the message until somebody has put the rights right. At QoS 0 nothing is promised: such a message is only left out,
 * because devices like to say more than they are asked for, and must not lose their connection over it.
 */
import type { AedesOptions, Client } from 'aedes'
import { Refusal, type RefusalReason } from './refusal.ts'
import type { Permissions } from './rights.ts'

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>

export interface PublishGateOptions {
  readonly topicProblem: (topic: string) => string | null
  readonly permissions: (client: Client) => Permissions | undefined
  /** For what nobody else hears of: a message that is left out, a will that is not published. */
  readonly onRefused: (client: Client, trouble: { reason: RefusalReason; detail: string }) => void
  readonly next: AuthorizePublish
}

/** A topic to which nobody can subscribe. */
const NOWHERE = '$nowhere'
const NOTHING = Buffer.alloc(0)

export class PublishGate {
  readonly #options: PublishGateOptions

  constructor(options: PublishGateOptions) {
    this.#options = options
  }

  readonly authorizePublish: AuthorizePublish = (client, packet, answer) => {
    const refusal = client === null ? null : this.#refusal(client, packet.topic)
    if (client === null || refusal === null) {
      this.#options.next(client, packet, answer)
      return
    }
    // A will carries no command: aedes hands over what CONNECT said.
    const will = packet.cmd !== 'publish'
    const leftOut = !will && packet.qos === 0 && refusal.reason === 'rights'
    if (will || leftOut) this.#options.onRefused(client, { reason: refusal.reason, detail: refusal.message })
    if (leftOut) Object.assign(packet, { topic: NOWHERE, payload: NOTHING, retain: false })
    answer(leftOut ? null : refusal)
  }

  #refusal(client: Client, topic: string): Refusal | null {
    const problem = this.#options.topicProblem(topic)
    if (problem !== null) return new Refusal('topic', problem)
    if (this.#options.permissions(client)?.mayPublish(topic) === true) return null
    return new Refusal('rights', `the user may not publish to "${topic}"`)
  }
}
