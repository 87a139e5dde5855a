/** One MQTT device: a connection of its own, a message at every interval, and one at once when it has something to report. */
import { connect, type MqttClient } from 'mqtt'
import { createSpeech } from './create-speech.ts'
import type { MessageFault } from './message-fault.ts'
import { MessageSpoiler } from './message-spoiler.ts'
import type { BrokerAddress } from './scenario.ts'
import { machineClock, type SimulationClock } from './simulation-clock.ts'
import type { Speech, SpeechOptions, SpokenMessage } from './speech.ts'

export interface MqttDeviceOptions extends Omit<SpeechOptions, 'now'> {
  readonly id: string
  /** Makes what faults do by chance repeatable; the id if absent. */
  readonly seed?: string
  /** That of the machine if absent. */
  readonly clock?: SimulationClock
  /** Between two messages, in ms. */
  readonly intervalMs: number
  readonly broker: BrokerAddress
  /** The values of this moment, by point id. */
  readonly values: () => Readonly<Record<string, number>>
  /** Topics on which the device is told what to do; none if absent. */
  readonly commandTopics?: readonly string[]
  /** Called with each message on one of them; not while the device is silent. */
  readonly onCommand?: (topic: string, payload: Uint8Array) => void
  /** Called once per change: connected (null), or why not. */
  readonly onConnection?: (failure: string | null) => void
}

export interface MqttDeviceCounters {
  readonly published: number
  /** Of the published ones, those whose PUBACK came. */
  readonly acknowledged: number
  /** Messages that were due while there was no connection, or too many waited for their PUBACK. */
  readonly missed: number
}

/** A device has little memory: with so many messages unconfirmed it measures, but says nothing. */
const MOST_UNCONFIRMED = 20
const RECONNECT_MS = 1000
const CONNECT_TIMEOUT_MS = 5000
const CONFIRM_WITHIN_MS = 300
const CLOSE_WITHIN_MS = 200

export class MqttDevice {
  readonly #options: MqttDeviceOptions
  readonly #speech: Speech
  readonly #counters = { published: 0, acknowledged: 0, missed: 0 }
  readonly #spoiler: MessageSpoiler
  readonly #clock: SimulationClock
  #isWanted = false
  /** Null while it is stopped or offline. */
  #client: MqttClient | null = null
  #stopInterval: (() => void) | null = null
  /** Messages that wait for their PUBACK; a new one for each start, as the client of the old one may still count. */
  #unconfirmed = { count: 0 }
  #fault: MessageFault | null = null
  #onConfirmed: (() => void) | null = null
  /** Undefined before the first news of the connection. */
  #failure: string | null | undefined

  constructor(options: MqttDeviceOptions) {
    const { clock = machineClock, seed = options.id } = options
    this.#options = options
    this.#clock = clock
    this.#spoiler = new MessageSpoiler({ seed, clock })
    this.#speech = createSpeech({ ...options, now: () => clock.wall() + this.#clockOffsetMs })
  }

  get #clockOffsetMs(): number {
    return this.#fault?.type === 'clock-wrong' ? this.#fault.ms : 0
  }

  /** Does not wait for the broker: a device that cannot reach it tries again, for ever. */
  start(): void {
    if (this.#isWanted) return
    this.#isWanted = true
    if (this.#fault?.type !== 'offline') this.#open()
    this.#stopInterval = this.#clock.every(this.#options.intervalMs, () => this.publish())
  }

  #open(): void {
    const { id, broker } = this.#options
    const { url, username, password } = broker
    const will = this.#will()
    const client = connect(url, {
      ...(will !== undefined && { will }),
      clientId: `simulator-${id}`,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      clean: true,
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // A refused password may be mended at the broker; giving up would need a restart here.
      reconnectOnConnackError: true,
    })
    this.#client = client
    this.#unconfirmed = { count: 0 }
    const { onCommand } = this.#options
    const commandTopics = [...(this.#options.commandTopics ?? []), ...this.#speech.topics]
    client.on('message', (topic, payload) => {
      if (this.#fault?.type === 'silent') return
      if (this.#speech.asksForHello(topic, payload)) this.#greet()
      else onCommand?.(topic, payload)
    })
    // The will of each connection is its own, and MQTT.js takes it from its options when it connects.
    client.on('reconnect', () => {
      const next = this.#will()
      if (next !== undefined) client.options.will = next
    })
    client.on('connect', () => {
      this.#report(client, null)
      // A refused subscription leaves a device that cannot be told anything; it goes on speaking.
      if (commandTopics.length > 0) client.subscribe(commandTopics, { qos: 1 }, () => {})
      // Whatever changed while there was no connection is told now.
      this.#greet()
    })
    client.on('error', (error) => this.#report(client, error.message || errorCode(error)))
    client.on('close', () => this.#report(client, `no connection to ${url}`))
  }

  /** Idempotent and bounded in time, whatever the broker does. What is on its way is given a moment to be confirmed. */
  async stop(): Promise<void> {
    const client = this.#client
    this.#isWanted = false
    this.#client = null
    this.#stopInterval?.()
    this.#stopInterval = null
    this.#spoiler.forget()
    if (client === null) return
    if (client.connected && this.#unconfirmed.count > 0) await this.#confirmed(CONFIRM_WITHIN_MS)
    // Asked politely, the client would wait for the last PUBACK for ever, and for the broker to close.
    const isPolite = client.connected && this.#unconfirmed.count === 0
    const timer = setTimeout(() => client.stream?.destroy(), CLOSE_WITHIN_MS)
    await new Promise<void>((resolve) => client.end(!isPolite, {}, () => resolve()))
    clearTimeout(timer)
  }

  get counters(): MqttDeviceCounters {
    return { ...this.#counters }
  }

  /** One that is offline is as connected as it can be. */
  get isConnected(): boolean {
    return this.#client?.connected === true || this.#fault?.type === 'offline'
  }

  /**
   * A silent device keeps its connection, as one with a dead sensor does, and says nothing; one that is offline loses it without
   * a word to the broker. When either ends, it speaks at once. Null: it is well again.
   */
  setFault(fault: MessageFault | null): void {
    const before = this.#fault?.type
    this.#fault = fault
    this.#spoiler.setFault(fault)
    if (fault?.type === 'offline' && before !== 'offline') {
      const client = this.#client
      this.#client = null
      // Forced: no DISCONNECT, so that the broker tells the will.
      client?.end(true)
    }
    if (before === 'offline' && fault?.type !== 'offline' && this.#isWanted) this.#open()
    else if (before === 'silent' && fault?.type !== 'silent') this.#greet()
  }

  /** What is measured at this moment. Throws a RangeError for values that the messages cannot say. */
  publish(): void {
    this.#sayAll(() => this.#speech.report(this.#options.values()))
  }

  /** Any other message, at QoS 1. `encode` is called only if it can be sent. */
  say(topic: string, encode: () => Uint8Array): void {
    this.#sayAll(() => [{ topic, payload: encode(), qos: 1 }])
  }

  #greet(): void {
    this.#sayAll(() => this.#speech.hello(this.#options.values()))
  }

  /** As MQTT.js wants it; undefined for none. */
  #will(): { topic: string; payload: Buffer; qos: 0 | 1; retain: boolean } | undefined {
    const will = this.#speech.will()
    if (will === null) return undefined
    return { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain === true }
  }

  /** What cannot be sent is not encoded: it would count as said. */
  #sayAll(encode: () => readonly SpokenMessage[]): void {
    const client = this.#client
    if (client === null || this.#fault?.type === 'silent') return
    if (!client.connected || this.#unconfirmed.count >= MOST_UNCONFIRMED) {
      this.#counters.missed++
      return
    }
    for (const message of encode()) this.#spoiler.pass(message, (spoilt) => this.#send(client, spoilt))
  }

  #send(client: MqttClient, { topic, payload, qos, retain = false }: SpokenMessage): void {
    // A late one may find the connection gone.
    if (client !== this.#client) return
    const unconfirmed = this.#unconfirmed
    unconfirmed.count++
    this.#counters.published++
    client.publish(topic, Buffer.from(payload), { qos, retain }, (error) => {
      unconfirmed.count--
      if (!error) this.#counters.acknowledged++
      if (unconfirmed.count === 0) this.#onConfirmed?.()
    })
  }

  /** Resolves when nothing waits for its PUBACK, or after `ms`. */
  #confirmed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#onConfirmed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #report(client: MqttClient, failure: string | null): void {
    // What is cut on purpose is no news.
    if (client !== this.#client) return
    const wasUp = this.#failure === null
    const isNews = this.#failure === undefined || wasUp !== (failure === null)
    this.#failure = failure
    if (isNews) this.#options.onConnection?.(failure)
  }
}

/** Errors of several addresses at once (::1 and 127.0.0.1) have no text of their own. */
function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name
}
