/**
 * Messages to an outside broker: now or never. MQTT.js keeps what it could not deliver and sends it on the next connection,
 * which may be an hour later; a device must not be told then what was wanted now. So a message that is not acknowledged
 * when its connection ends, or in time, is taken back.
 */
import type { MqttClient } from 'mqtt'
import type { Clock } from '../../model.ts'
import { PublishError } from './publish-error.ts'

export interface OutgoingMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
}

const ACKNOWLEDGED_WITHIN_MS = 5000

export class Publisher {
  readonly #clock: Clock
  /** What ends each message that waits. */
  readonly #waiting = new Set<(why: string) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `client` must be connected. Rejects with a `PublishError`. */
  async publish(client: MqttClient, { topic, payload, qos }: OutgoingMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    client.publish(topic, Buffer.from(payload), { qos }, (error) => {
      // With MQTT 5 a broker may answer that it did not take it [MQTT 5, 3.4.2.1].
      if (error) reject(new PublishError(error.message, { mayHaveLeft: !isRefusal(error) }))
      else resolve()
    })
    const messageId = qos === 0 ? 0 : client.getLastMessageId()
    const timer = new AbortController()
    const takeBack = (why: string): void => {
      reject(new PublishError(why, { mayHaveLeft: true }))
      if (qos > 0) client.removeOutgoingMessage(messageId)
    }
    this.#waiting.add(takeBack)
    this.#clock.sleep(ACKNOWLEDGED_WITHIN_MS, timer.signal).then(
      () => takeBack(`the broker did not take it within ${ACKNOWLEDGED_WITHIN_MS / 1000} s`),
      () => {},
    )
    try {
      await promise
    } finally {
      timer.abort()
      this.#waiting.delete(takeBack)
    }
  }

  /** The connection has ended, and nothing may go out on the next. */
  closed(): void {
    for (const takeBack of [...this.#waiting]) takeBack('the connection to the broker was lost')
  }
}

const LEAST_ERROR = 0x80

function isRefusal(error: Error): boolean {
  return 'code' in error && typeof error.code === 'number' && error.code >= LEAST_ERROR
}
