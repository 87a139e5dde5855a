import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Broker, createBroker } from '../../broker/broker.ts'
import type { BrokerOptions } from '../../broker/broker-options.ts'
import type { BrokerMessage } from '../../broker/ingest-gate.ts'
import { createMemoryLog, type LogLine } from './memory-log.ts'

export interface RunningBroker {
  readonly broker: Broker
  readonly port: number
  readonly lines: readonly LogLine[]
  readonly messages: readonly BrokerMessage[]
}

/** A broker on a free loopback port that ends with the test; `messages` are what reached `ingest`. */
export async function startBroker(options: Partial<BrokerOptions> = {}): Promise<RunningBroker> {
  const log = createMemoryLog()
  const messages: BrokerMessage[] = []
  const broker = createBroker({
    listeners: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
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
  return { broker, port, lines: log.lines, messages }
}

/** A file of a broker in a folder that ends with the test. */
export function storePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-broker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'broker.sqlite')
}
