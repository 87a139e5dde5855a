/** What takes messages apart for all brokers, as long as the gateway lives. */
import type { Clock, Log } from '../model.ts'
import { CodecSandbox, type CodecStats } from '../sources/mqtt/codec/codec-sandbox.ts'
import type { ReaderParts } from '../sources/mqtt/message-routes.ts'
import { SparkplugHost } from '../sources/mqtt/sparkplug/sparkplug-host.ts'

export interface MessageReadersOptions {
  /** Says something at a broker (`embedded`, or an outside one); rejects where it cannot. */
  readonly publish: (
    broker: string,
    message: { readonly topic: string; readonly payload: Uint8Array },
  ) => Promise<unknown>
  readonly clock: Clock
  readonly log: Log
}

export class MessageReaders {
  readonly #options: MessageReadersOptions
  readonly #codecs = new CodecSandbox()
  /** By broker: births of Sparkplug outlive a change of the configuration. */
  readonly #hosts = new Map<string, SparkplugHost>()

  constructor(options: MessageReadersOptions) {
    this.#options = options
  }

  of(broker: string): ReaderParts {
    const { clock } = this.#options
    return { runCodec: (call) => this.#codecs.run(call), clock, sparkplug: this.#host(broker) }
  }

  codecStats(): CodecStats {
    return this.#codecs.stats()
  }

  stop(): Promise<void> {
    return this.#codecs.stop()
  }

  #host(broker: string): SparkplugHost {
    const { publish, clock, log } = this.#options
    const known = this.#hosts.get(broker)
    if (known !== undefined) return known
    const host = new SparkplugHost({
      // Asked again with the next message, so nobody needs to hear that it did not work.
      publish: (topic, payload) => void publish(broker, { topic, payload }).catch(() => {}),
      clock,
      log,
    })
    this.#hosts.set(broker, host)
    return host
  }
}
