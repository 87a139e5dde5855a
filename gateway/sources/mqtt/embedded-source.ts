/**
 * Messages that devices publish to the embedded broker.
 *
 * The broker calls `ingest` before it acknowledges, so a rejected commit leaves the message with the device. The
 * retain flag means nothing here: it asks the broker to keep what the device says now. Wills come the same way.
 */
import type { Clock, Emit, Log, Source } from '../../model.ts'
import { MqttIngest, type MqttIngestStats } from './ingest.ts'
import type { TopicRoute } from './topic-routes.ts'

export interface EmbeddedSource extends Source {
  /** For the broker. Rejects while the source is not started. */
  ingest(message: { readonly topic: string; readonly payload: Uint8Array }): Promise<unknown> | undefined
  /** Replaces all devices; throws, and changes nothing, where a topic filter is not valid. */
  setDevices(devices: readonly TopicRoute[]): void
  stats(): MqttIngestStats
}

export function createEmbeddedSource(options: {
  readonly id: string
  readonly devices: readonly TopicRoute[]
  readonly maxPayloadBytes: number
  readonly clock: Clock
  readonly log: Log
}): EmbeddedSource {
  const ingest = new MqttIngest({ ...options, sourceId: options.id })
  ingest.setDevices(options.devices)
  let emit: Emit | null = null
  return {
    id: options.id,
    start(emitSample) {
      emit = emitSample
      return Promise.resolve()
    },
    stop() {
      emit = null
      return Promise.resolve()
    },
    ingest({ topic, payload }) {
      if (emit === null) return Promise.reject(new Error(`source ${options.id} takes no messages: it is not started`))
      return ingest.take({ topic, payload, retained: false }, emit)
    },
    setDevices: (devices) => ingest.setDevices(devices),
    stats: () => ingest.stats(),
  }
}
