/** What one client of an outside broker has subscribed to, at each connection anew and as devices come and go. */
import type { MqttClient } from 'mqtt'
import type { ConnectionStatus } from './connection-status.ts'
import type { MqttTopics } from './ingest.ts'

const PER_PACKET = 100
const NAMED = 5

export class Subscriptions {
  readonly #status: Pick<ConnectionStatus, 'subscribed'>
  readonly #sharedGroup: string | undefined
  /** With the QoS of each. */
  #filters: ReadonlyMap<string, 0 | 1>
  /** Those that the broker refused on this connection. */
  readonly #refused = new Set<string>()

  constructor(topics: MqttTopics & { readonly sharedGroup?: string }, status: Pick<ConnectionStatus, 'subscribed'>) {
    this.#filters = filtersOf(topics)
    this.#sharedGroup = topics.sharedGroup
    this.#status = status
  }

  /** On a new connection. */
  begin(client: MqttClient): void {
    this.#refused.clear()
    this.#subscribe(client, [...this.#filters.keys()])
  }

  /** `client`: null where none is connected. */
  change(topics: MqttTopics, client: MqttClient | null): void {
    const before = this.#filters
    this.#filters = filtersOf(topics)
    for (const filter of before.keys()) if (!this.#filters.has(filter)) this.#refused.delete(filter)
    if (client === null) return
    const names = new Set([...this.#filters].map(([filter, qos]) => this.#name(filter, qos)))
    const gone = [...before].map(([filter, qos]) => this.#name(filter, qos)).filter((name) => !names.has(name))
    if (gone.length > 0) client.unsubscribe(gone)
    const changed = [...this.#filters].filter(([filter, qos]) => before.get(filter) !== qos)
    this.#subscribe(
      client,
      changed.map(([filter]) => filter),
    )
  }

  #subscribe(client: MqttClient, filters: readonly string[]): void {
    for (const qos of [1, 0] as const) {
      const same = filters.filter((filter) => this.#filters.get(filter) === qos)
      for (let start = 0; start < same.length; start += PER_PACKET) {
        this.#send(client, same.slice(start, start + PER_PACKET), qos)
      }
    }
  }

  /** What a listener waits for is for this very gateway, and not for any member of its group. */
  #name(filter: string, qos: 0 | 1): string {
    return this.#sharedGroup === undefined || qos === 0 ? filter : `$share/${this.#sharedGroup}/${filter}`
  }

  #send(client: MqttClient, filters: readonly string[], qos: 0 | 1): void {
    const names = filters.map((filter) => this.#name(filter, qos))
    client.subscribe(names, { qos }, (error, _, answer) => {
      // When the connection was lost meanwhile, the next one subscribes again.
      if (!client.connected) return
      for (const filter of refusedOf(filters, answer)) this.#refused.add(filter)
      const named = [...this.#refused].slice(0, NAMED).join(', ')
      if (this.#refused.size > 0) this.#status.subscribed(`the broker refuses the subscription to ${named}`)
      else this.#status.subscribed(error?.message ?? null)
    })
  }
}

/** What listeners hear is about now: a broker must not keep it for a gateway that is away. */
function filtersOf({ devices, listeners = [] }: MqttTopics): ReadonlyMap<string, 0 | 1> {
  return new Map([
    ...listeners.map(({ topicFilter }) => [topicFilter, 0] as const),
    ...devices.map(({ topicFilter }) => [topicFilter, 1] as const),
  ])
}

/** The filters that SUBACK answers with a failure [MQTT-3.9.3-2]. */
function refusedOf(
  filters: readonly string[],
  answer: { readonly granted: readonly unknown[] } | undefined,
): readonly string[] {
  return filters.filter((_, index) => (Number(answer?.granted[index] ?? 0) & 0x80) !== 0)
}
