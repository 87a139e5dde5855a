/** Hears what receivers confirm over a broker. Its connection comes back by itself; the broker keeps what came meanwhile. */
import mqtt, { type MqttClient } from 'mqtt'
import type { Receipt, ReceiptState } from '../dispatch-model.ts'
import type { Log } from '../model.ts'

export interface ReceiptListenerOptions {
  readonly id: string
  readonly gateway: string
  readonly url: string
  readonly topic: string
  readonly username?: string
  readonly password?: string
  readonly protocolVersion?: 4 | 5
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** Resolves when it is on disk. */
  readonly confirm: (receipt: Omit<Receipt, 'at'>) => Promise<boolean>
  readonly log: Log
}

export interface ReceiptListener {
  start(): void
  stop(): Promise<void>
}

const STATES: readonly ReceiptState[] = ['sent', 'delivered', 'seen', 'acknowledged', 'failed']
const RECONNECT_MS = 2000
/** How long the broker keeps what came while we were away. */
const SESSION_SECONDS = 7 * 86_400
const MOST_BYTES = 10_000
const STOP_WITHIN_MS = 1000

export function createReceiptListener(options: ReceiptListenerOptions): ReceiptListener {
  let client: MqttClient | null = null
  let unreadable = 0
  const take = async (payload: Buffer): Promise<void> => {
    const receipt = receiptOf(payload)
    if (receipt !== null) await options.confirm(receipt)
    else if (++unreadable === 1) {
      options.log.warn({ channel: options.id, topic: options.topic }, 'a receipt cannot be understood and is left out')
    }
  }
  return {
    start() {
      client ??= connect(options, take)
    },
    async stop() {
      const ending = client
      client = null
      if (ending === null) return
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, STOP_WITHIN_MS)
      await Promise.race([ending.endAsync(true).catch(() => {}), late.promise])
      clearTimeout(timer)
    },
  }
}

function connect(options: ReceiptListenerOptions, take: (payload: Buffer) => Promise<void>): MqttClient {
  const { id, gateway, url, topic, username, password, protocolVersion = 5, tls = {} } = options
  const client = mqtt.connect(url, {
    ...{ clientId: `outpost-${gateway}-${id}-receipts`, clean: false, reconnectPeriod: RECONNECT_MS, protocolVersion },
    ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: SESSION_SECONDS } }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...tls,
  })
  // The PUBACK leaves with `done`: what is not on disk comes again.
  client.handleMessage = (packet, done) => {
    take(Buffer.from(packet.payload)).then(
      () => done(),
      (error: Error) => done(error),
    )
  }
  client.on('error', () => {})
  client.on('connect', () => {
    client.subscribe(topic, { qos: 1 }, (error) => {
      if (error) options.log.warn({ channel: id, topic, error: error.message }, 'receipts cannot be subscribed to')
    })
  })
  return client
}

/** Null for what is none. Its texts are cut, because anybody may have written them. */
function receiptOf(payload: Buffer): Omit<Receipt, 'at'> | null {
  if (payload.length > MOST_BYTES) return null
  try {
    const said = JSON.parse(payload.toString('utf8')) as Readonly<Record<string, unknown>> | null
    const state = STATES.find((word) => word === said?.state)
    const { notification, by, detail } = said ?? {}
    if (state === undefined || typeof notification !== 'string' || typeof by !== 'string') return null
    const name = by.trim().slice(0, 100)
    if (name === '') return null
    return { notification, state, by: name, detail: typeof detail === 'string' ? detail.slice(0, 1000) : null }
  } catch {
    return null
  }
}
