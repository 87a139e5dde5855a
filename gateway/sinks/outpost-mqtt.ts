/**
 * The way to the gateway above over MQTT: a request on one topic, its answer on another. What is confirmed is confirmed by the
 * answer; a PUBACK only says that a broker has the message.
 */
import { randomUUID } from 'node:crypto'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { DeliveryError } from '../delivery-model.ts'
import type { EventAnswer, ReportAnswer } from '../upstream-model.ts'
import { orAborted, withDeadline } from './deadline.ts'
import { networkReason } from './http-answer.ts'
import type { ParentTransport } from './outpost.ts'
import { type EnvelopeAnswer, type EnvelopeKind, seal, topicDown, topicUp, unseal } from './outpost-envelope.ts'

export interface OutpostMqttOptions {
  readonly id: string
  /** mqtt://host:port or mqtts://host:port */
  readonly url: string
  /** Id of this gateway. */
  readonly gateway: string
  readonly token: string
  readonly username?: string
  readonly password?: string
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** 4 (MQTT 3.1.1) if absent. */
  readonly protocolVersion?: 4 | 5
  /** For one request up to its answer, ms. Default 10 s. */
  readonly timeoutMs?: number
}

const KEEP_ALIVE_SECONDS = 15

export function createOutpostMqtt(options: OutpostMqttOptions): ParentTransport {
  return new MqttTransport(options)
}

class MqttTransport implements ParentTransport {
  readonly #options: OutpostMqttOptions
  readonly #asked = new Map<string, (answer: EnvelopeAnswer) => void>()
  #connecting: Promise<MqttClient> | null = null

  constructor(options: OutpostMqttOptions) {
    this.#options = options
  }

  async events(...[batch, signal]: Parameters<ParentTransport['events']>): ReturnType<ParentTransport['events']> {
    const answer = await this.#ask('events', { body: batch, signal, waitMs: 0 })
    if (answer.type === 'taken' || answer.type === 'gap')
      return { type: answer.type, answer: answer.answer as EventAnswer }
    throw this.#failure(answer)
  }

  async report(...[report, signal]: Parameters<ParentTransport['report']>): Promise<ReportAnswer> {
    const answer = await this.#ask('report', { body: report, signal, waitMs: report.waitMs })
    if (answer.type === 'report') return answer.answer as ReportAnswer
    throw this.#failure(answer)
  }

  async stop(): Promise<void> {
    const client = await this.#connecting?.catch(() => null)
    this.#connecting = null
    if (client) await new Promise<void>((resolve) => client.end(true, () => resolve()))
  }

  async #ask(
    kind: EnvelopeKind,
    { body, signal, waitMs }: { readonly body: unknown; readonly signal: AbortSignal; readonly waitMs: number },
  ): Promise<EnvelopeAnswer> {
    const { gateway, token, url, timeoutMs = 10_000 } = this.#options
    const request = randomUUID()
    try {
      return await withDeadline({ signal, ms: timeoutMs + waitMs }, async (limit) => {
        this.#connecting ??= this.#connect()
        const client = await orAborted(limit, this.#connecting)
        const answered = new Promise<EnvelopeAnswer>((resolve) => this.#asked.set(request, resolve))
        const lost = new Promise<never>((_, reject) => {
          client.once('close', () => reject(new Error('the broker closed the connection')))
        })
        lost.catch(() => {})
        await orAborted(
          limit,
          Promise.race([client.publishAsync(topicUp(gateway), seal({ request, kind, body }, token), { qos: 1 }), lost]),
        )
        return await orAborted(limit, Promise.race([answered, lost]))
      })
    } catch (error) {
      signal.throwIfAborted()
      const { protocol, host } = new URL(url)
      throw new DeliveryError('unreachable', `${protocol}//${host}: ${networkReason(error)}`, { cause: error })
    } finally {
      this.#asked.delete(request)
    }
  }

  async #connect(): Promise<MqttClient> {
    const { url, gateway, token } = this.#options
    const client = mqtt.connect(url, this.#clientOptions())
    client.setMaxListeners(50)
    // Without a listener a late error of a dropped client would end the process.
    client.on('error', () => {})
    client.once('close', () => {
      this.#connecting = null
      client.end(true)
    })
    client.on('message', (_, payload) => {
      const answer = unseal(payload, token)
      if (answer?.kind === 'answer') this.#asked.get(answer.request)?.(answer.body as EnvelopeAnswer)
    })
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve())
        client.once('error', reject)
        client.once('close', () => reject(new Error('the broker closed the connection')))
      })
      await client.subscribeAsync(topicDown(gateway), { qos: 1 })
      return client
    } catch (error) {
      this.#connecting = null
      client.end(true)
      throw error
    }
  }

  #clientOptions(): IClientOptions {
    const { username, password, tls = {}, protocolVersion = 4, timeoutMs = 10_000 } = this.#options
    return {
      ...{ protocolVersion, clean: true, reconnectPeriod: 0, queueQoSZero: false, resubscribe: false },
      ...{ connectTimeout: timeoutMs, keepalive: KEEP_ALIVE_SECONDS },
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...tls,
    }
  }

  #failure(answer: EnvelopeAnswer): DeliveryError {
    const { protocol, host } = new URL(this.#options.url)
    const at = `${protocol}//${host}`
    switch (answer.type) {
      case 'busy':
        return new DeliveryError('busy', `${at}: ${answer.message}`, { retryAfterMs: answer.waitMs })
      case 'refused':
        return new DeliveryError('refused', `${at}: ${answer.message}`)
      default:
        return new DeliveryError('refused', `${at}: expected another answer than "${answer.type}"`)
    }
  }
}
