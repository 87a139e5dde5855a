/** Where the embedded broker keeps what it keeps for its clients: what the file may say, what it means, what is wrong. */
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Duration } from '../../device-profiles/base-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { Report } from './report.ts'

const strict = { additionalProperties: false } as const

const bounds = {
  /** How long a client may be away before its session ends; 7d if absent. */
  sessionExpiry: Type.Optional(Duration),
  /** Messages that wait for one absent client; then newer ones are dropped for it and counted; 1000 if absent. */
  // All are sent when it is back, each under a packet identifier of its own.
  maxQueuedPerSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_000 })),
}

export const BrokerPersistence = Type.Union([
  Type.Object(
    {
      type: Type.Literal('file'),
      /** `broker.sqlite` in the data directory if absent. */
      path: Type.Optional(
        Type.String({
          pattern: '^.*[^/\\\\]\\.sqlite$',
          description: 'a path that ends with .sqlite, relative to this file',
        }),
      ),
      ...bounds,
    },
    strict,
  ),
  /** Sessions, queued and retained messages end with the gateway. */
  Type.Object({ type: Type.Literal('memory'), ...bounds }, strict),
])

type Section = Static<typeof BrokerPersistence>

export interface BrokerStoreConfig {
  readonly persistence: { readonly type: 'memory' } | { readonly type: 'file'; readonly path: string }
  readonly sessionExpiryMs: number | undefined
  readonly maxQueuedPerSession: number | undefined
}

const JOURNAL_FILES = ['alarms.sqlite', 'readings.sqlite', 'history.sqlite', 'lock.sqlite']
const LEAST_EXPIRY_MS = 60_000

export function brokerStoreOf(section: Section | undefined, dataDirectory: string): BrokerStoreConfig {
  const { type, sessionExpiry, maxQueuedPerSession } = section ?? { type: 'file' as const }
  const path = (section?.type === 'file' ? section.path : undefined) ?? join(dataDirectory, 'broker.sqlite')
  return {
    persistence: type === 'memory' ? { type } : { type, path },
    sessionExpiryMs: sessionExpiry === undefined ? undefined : parseDuration(sessionExpiry),
    maxQueuedPerSession,
  }
}

export function checkBrokerStore(
  {
    broker,
    gateway,
  }: { readonly broker?: { readonly persistence?: Section }; readonly gateway: { dataDirectory: string } },
  report: Report,
): void {
  const section = broker?.persistence
  if (section?.sessionExpiry !== undefined && parseDuration(section.sessionExpiry) < LEAST_EXPIRY_MS) {
    report(['broker', 'persistence', 'sessionExpiry'], `expected at least 1m, got "${section.sessionExpiry}"`)
  }
  const path = section?.type === 'file' ? section.path : undefined
  if (path !== undefined && JOURNAL_FILES.some((file) => join(gateway.dataDirectory, file) === path)) {
    report(
      ['broker', 'persistence', 'path'],
      `expected a file of its own, got "${path}", which is the gateway's journal`,
    )
  }
}
