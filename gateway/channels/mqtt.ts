/**
 * Publishes notifications at QoS 1, each confirmed by its PUBACK, and hears receipts on a topic of their own.
 *
 * The payload is the `Notification` of `gateway/dispatch-model.ts` as JSON with `version: 1` and `type: notification` in front. A receipt is
 * JSON: `{ "notification": id, "state": "delivered" | "seen" | "acknowledged" | "failed", "by": name, "detail": text }`. It is
 * acknowledged to the broker when it is on disk.
 */
import type { Channel, Notification } from '../dispatch-model.ts'
import { createMqttSink, type MqttSinkOptions } from '../sinks/mqtt.ts'
import type { MessageFormat } from '../sinks/mqtt-messages.ts'
import { NOTIFICATION_PLACES } from '../sinks/mqtt-topic.ts'
import { createReceiptListener, type ReceiptListenerOptions } from './mqtt-receipts.ts'
import { leadOf } from './notification-facts.ts'

export interface MqttChannelOptions extends Omit<MqttSinkOptions<Notification>, 'format' | 'maxBatch'> {
  readonly gateway: string
  /** Null: receivers cannot confirm over it. */
  readonly receiptsTopic: string | null
  readonly confirm: ReceiptListenerOptions['confirm']
  readonly log: ReceiptListenerOptions['log']
}

/** The sink takes one batch at a time. */
const AT_ONCE = 1

export function createMqttChannel(options: MqttChannelOptions): Channel {
  const { id, receiptsTopic, confirm, log } = options
  const sink = createMqttSink({ ...options, format: notificationMessages(options.gateway) })
  const listener =
    receiptsTopic === null ? null : createReceiptListener({ ...options, topic: receiptsTopic, confirm, log })
  return {
    id,
    atOnce: AT_ONCE,
    async send(notification, signal) {
      await sink.write([notification], signal)
      return { state: 'sent' }
    },
    start() {
      listener?.start()
      return Promise.resolve()
    },
    async stop() {
      await Promise.all([sink.stop(), listener?.stop()])
    },
  }
}

function notificationMessages(gateway: string): MessageFormat<Notification> {
  return {
    places: NOTIFICATION_PLACES,
    values: (notification) => ({
      ...{ gateway, station: notification.station.id, purpose: notification.purpose },
      priority: leadOf(notification).alarm.priority,
    }),
    payload: (notification) => JSON.stringify({ version: 1, type: 'notification', ...notification }),
  }
}
