/** Decides which subscriptions a client gets. */
import type { AedesOptions, Client } from 'aedes'
import type { RefusalReason } from './refusal.ts'
import type { Permissions } from './rights.ts'
import { subscribeProblem, type TopicLimits } from './topic-rules.ts'

type AuthorizeSubscribe = NonNullable<AedesOptions['authorizeSubscribe']>

export interface SubscribeGateOptions extends TopicLimits {
  readonly maxSubscriptionsPerClient: number
  readonly permissions: (client: Client) => Permissions | undefined
  readonly onRefused: (client: Client, trouble: { reason: RefusalReason; detail: string; filter: string }) => void
}

export class SubscribeGate {
  readonly #options: SubscribeGateOptions
  readonly #granted = new WeakMap<Client, Set<string>>()

  constructor(options: SubscribeGateOptions) {
    this.#options = options
  }

  /** Also for the subscriptions of a session that resumes: rights may have changed. */
  readonly authorizeSubscribe: AuthorizeSubscribe = (client, subscription, answer) => {
    // Null is answered with "failure" [MQTT-3.9.3-2]; the connection stays.
    answer(null, this.#grants(client, subscription.topic) ? subscription : null)
  }

  isGranted(client: Client, filter: string): boolean {
    return this.#granted.get(client)?.has(filter) === true
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#granted.get(client)?.delete(filter)
  }

  #grants(client: Client, filter: string): boolean {
    const granted = this.#granted.get(client) ?? new Set()
    this.#granted.set(client, granted)
    const trouble = this.#trouble(client, { filter, granted })
    if (trouble === null) {
      granted.add(filter)
      return true
    }
    granted.delete(filter)
    this.#options.onRefused(client, { ...trouble, detail: `subscription refused: ${trouble.detail}`, filter })
    return false
  }

  #trouble(
    client: Client,
    { filter, granted }: { readonly filter: string; readonly granted: ReadonlySet<string> },
  ): { readonly reason: RefusalReason; readonly detail: string } | null {
    const { maxSubscriptionsPerClient, permissions } = this.#options
    const problem = subscribeProblem(filter, this.#options)
    if (problem !== null) return { reason: 'topic', detail: problem }
    if (permissions(client)?.maySubscribe(filter) !== true) {
      return { reason: 'rights', detail: `the user may not subscribe to "${filter}"` }
    }
    if (granted.has(filter) || granted.size < maxSubscriptionsPerClient) return null
    return { reason: 'topic', detail: `a client may have at most ${maxSubscriptionsPerClient} subscriptions` }
  }
}
