import { onTestFinished } from 'vitest'
import { type Broker, type BrokerOptions, createBroker } from '../../../broker/broker.ts'
import type { BrokerMessage } from '../../../broker/ingest-gate.ts'
import { createRecordingLog, type LogLine } from './recording-log.ts'

export interface RunningBroker {
  readonly broker: Broker
  readonly port: number
  readonly lines: readonly LogLine[]
  readonly messages: readonly BrokerMessage[]
}

/** A broker on a free loopback port that ends with the test; `messages` are what reached `ingest`. */
export async function startBroker(options: Partial<BrokerOptions> = {}): Promise<RunningBroker> {
  const { log, lines } = createRecordingLog()
  const messages: BrokerMessage[] = []
  const broker = createBroker({
    listeners: [{ host: '127.0.0.1', port: 0 }],
    authentication: { type: 'anonymous-on-loopback' },
    log,
    ...options,
    ingest(message) {
      messages.push(message)
      return options.ingest?.(message)
    },
  })
  await broker.start()
  onTestFinished(() => broker.stop())
  const port = broker.addresses()[0]?.port
  if (port === undefined) throw new Error('the broker has no address')
  return { broker, port, lines, messages }
}

/** Commits that a test settles by hand. */
export class HeldCommits {
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = []
  readonly #watchers: { count: number; reached: () => void }[] = []

  readonly hold = (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#held.push({ resolve, reject })
    for (const watcher of this.#watchers) if (this.#held.length >= watcher.count) watcher.reached()
    return promise
  }

  get count(): number {
    return this.#held.length
  }

  /** Resolves when so many commits wait. */
  waiting(count: number): Promise<void> {
    if (this.#held.length >= count) return Promise.resolve()
    return new Promise((reached) => this.#watchers.push({ count, reached }))
  }

  /** Settles all, the newest first if asked: the order of commits must not decide the order of acknowledgements. */
  release(options: { newestFirst?: boolean } = {}): number {
    const held = this.#held.splice(0)
    if (options.newestFirst === true) held.reverse()
    for (const { resolve } of held) resolve()
    return held.length
  }

  fail(message: string): void {
    for (const { reject } of this.#held.splice(0)) reject(new Error(message))
  }
}
