/**
 * Finds the subscribers of a message and hands it to each of them once.
 *
 * It stands where aedes' own mqemitter would, and delivers in place of aedes' clients, because those
 * - call back when every subscriber has taken the message, so that one that reads nothing holds up everyone who
 *   publishes to it; here nobody waits;
 * - take a message for a repetition when another with a higher number has overtaken it on its way to disk, and drop it;
 * - send it with the QoS of the filter that happens to match first, not of the highest [MQTT-3.3.5-1], and with the
 *   message's own where the filter has wildcards [MQTT-3.8.4-6];
 * - send it before CONNACK [MQTT-3.2.0-1] or before older ones from the session's queue [MQTT-4.6.0-6].
 *
 * aedes tells which subscription a function stands for only by where it puts it: into `client.subscriptions`, right
 * before it gives it to `on`.
 */
import type { AedesOptions, Client } from 'aedes'
import type { Qos } from './publish-bytes.ts'
import { type AedesClient, type Message, Subscriber, type SubscriberSurroundings } from './subscriber.ts'
import { TopicTree } from './topic-tree.ts'

type Listener = (packet: Message, done: () => void) => void
type Done = (error?: Error) => void
interface AedesSubscription {
  readonly qos: Qos
  readonly func: Listener
}
interface AedesInternals extends AedesClient {
  subscriptions: Record<string, AedesSubscription>
  deliverQoS: (packet: Message, done: () => void) => void
}

const nobodyWaits = (): void => {}

export class Delivery {
  readonly #brokerId: string
  readonly #ownTopics: string
  readonly #surroundings: SubscriberSurroundings
  readonly #subscribers = new TopicTree<Qos, Subscriber>()
  /** aedes' own, for its $SYS topics. */
  readonly #listeners = new TopicTree<null, Listener>()
  readonly #byClient = new WeakMap<Client, Subscriber>()
  readonly #byFunction = new WeakMap<Listener, { readonly subscriber: Subscriber; readonly qos: Qos }>()
  #closed = false
  #version = 0
  #count = 0

  /** `brokerId`: the one that aedes has. */
  constructor(brokerId: string, surroundings: SubscriberSurroundings) {
    this.#brokerId = brokerId
    this.#ownTopics = `$SYS/${brokerId}/`
    this.#surroundings = surroundings
  }

  /** Takes over the deliveries to a new client. */
  attach(client: Client): void {
    const internals = client as AedesInternals
    const subscriber = new Subscriber(internals, this.#surroundings)
    this.#byClient.set(client, subscriber)
    internals.subscriptions = new Proxy(internals.subscriptions, {
      set: (subscriptions, filter: string, subscription: AedesSubscription) => {
        this.#byFunction.set(subscription.func, { subscriber, qos: subscription.qos })
        subscriptions[filter] = subscription
        return true
      },
    })
    // What is left of aedes' own deliveries: retained messages for a new subscription.
    internals.deliverQoS = (packet, done) => {
      const { topic, payload, retain, qos: own, brokerCounter } = packet
      const most = this.#granted(topic).get(subscriber) ?? 0
      const message = { topic, payload, retain, qos: own, brokerId: this.#brokerId, brokerCounter }
      subscriber.deliverRetained(message, { qos: lesser(own, most), done })
    }
  }

  ready(client: Client): void {
    this.#byClient.get(client)?.ready()
  }

  /** Before its session resumes: the packet identifiers that are in flight in it. */
  reserve(client: Client, messageIds: Iterable<number>): void {
    this.#byClient.get(client)?.reserve(messageIds)
  }

  acknowledged(client: object, messageId: number): void {
    this.#byClient.get(client as Client)?.acknowledged(messageId)
  }

  /** aedes asks before it sends what a session's queue has kept. */
  readonly authorizeForward: NonNullable<AedesOptions['authorizeForward']> = (client, packet) => {
    this.#byClient.get(client)?.resumes(packet)
    return packet
  }

  /** Changes with every subscription: what `hears` said before may no longer hold. */
  get version(): number {
    return this.#version
  }

  get subscriptions(): number {
    return this.#count
  }

  /** A message of the broker itself, now, to everyone who subscribes to its topic. */
  announce(message: { readonly topic: string; readonly payload: Buffer }): void {
    if (!this.#closed) this.#deliver({ ...message, qos: 0, retain: false, brokerId: this.#brokerId, brokerCounter: 0 })
  }

  /** The same as if it were retained, to one client that has just subscribed. */
  give(client: Client, message: { readonly topic: string; readonly payload: Buffer }): void {
    const retained = { ...message, qos: 0, retain: true, brokerId: this.#brokerId, brokerCounter: 0 } as const
    this.#byClient.get(client)?.deliver(retained, 0)
  }

  /** Whether a connected client subscribes to the topic. */
  hears(topic: string): boolean {
    return this.#subscribers.hasMatch(topic)
  }

  // From here on: what aedes calls.

  on(filter: string, listener: Listener, done: Done = nobodyWaits): void {
    const subscription = this.#byFunction.get(listener)
    this.#version++
    if (subscription === undefined) this.#listeners.set(filter, listener, null)
    else {
      this.#subscribers.set(filter, subscription.subscriber, subscription.qos)
      this.#count++
    }
    setImmediate(done)
  }

  removeListener(filter: string, listener: Listener, done: Done = nobodyWaits): void {
    const subscription = this.#byFunction.get(listener)
    this.#version++
    if (subscription === undefined) this.#listeners.delete(filter, listener)
    else {
      this.#subscribers.delete(filter, subscription.subscriber)
      this.#count--
    }
    setImmediate(done)
  }

  emit(packet: Message, done: Done): void {
    if (this.#closed) {
      done(new Error('the broker is closed'))
      return
    }
    // These name each client and what it subscribes to, and are nobody's business but aedes' own.
    if (packet.topic.startsWith(this.#ownTopics)) {
      this.#listeners.match(packet.topic, (listener) => listener(packet, nobodyWaits))
    } else if (!this.#subscribers.isEmpty) this.#deliver(packet)
    // The publisher goes on: nobody waits for those who receive.
    done()
  }

  close(done: Done): void {
    this.#closed = true
    setImmediate(done)
  }

  #deliver(packet: Message): void {
    const granted = this.#granted(packet.topic)
    if (granted.size === 0) return
    const { topic, payload, qos, brokerId, brokerCounter } = packet
    // RETAIN is for those who subscribe later [MQTT-3.3.1-9].
    const message = { topic, payload, qos, retain: false, brokerId, brokerCounter }
    for (const [subscriber, most] of granted) subscriber.deliver(message, lesser(qos, most))
  }

  /** The highest QoS that each matching subscriber was granted [MQTT-3.3.5-1]. */
  #granted(topic: string): ReadonlyMap<Subscriber, Qos> {
    const granted = new Map<Subscriber, Qos>()
    this.#subscribers.match(topic, (subscriber, qos) => {
      if (qos >= (granted.get(subscriber) ?? 0)) granted.set(subscriber, qos)
    })
    return granted
  }
}

function lesser(a: Qos, b: Qos): Qos {
  return a < b ? a : b
}
