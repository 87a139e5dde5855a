/** The embedded broker as the gateway works with it: every listener written out, every limit in its own unit. */
import { resolve } from 'node:path'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { BrokerLimitsSection, BrokerSection, BrokerUserSection, ListenerSection } from './broker-schema.ts'
import { type BrokerStoreConfig, brokerStoreOf } from './broker-store.ts'
import { bareHost } from './loopback.ts'

export const DEFAULT_BROKER_PORT = 1883
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PATH = '/mqtt'

export interface TlsFilesConfig {
  readonly certFile: string
  readonly keyFile: string
  readonly clientCertificates?: { readonly caFile: string; readonly required: boolean }
}

interface Endpoint {
  readonly host: string
  readonly port: number
}

export type ListenerConfig =
  | (Endpoint & { readonly type: 'tcp' })
  | (Endpoint & { readonly type: 'tls'; readonly tls: TlsFilesConfig })
  | (Endpoint & {
      readonly type: 'websocket'
      readonly path: string
      readonly allowedOrigins: readonly string[]
      readonly tls?: TlsFilesConfig
    })

type Durations = 'connectTimeout' | 'drainTimeout'
export type BrokerLimitsConfig = Readonly<
  Partial<Record<Exclude<keyof BrokerLimitsSection, Durations> | 'connectTimeoutMs' | 'drainTimeoutMs', number>>
>

export interface BrokerConfig {
  readonly listeners: readonly ListenerConfig[]
  readonly authentication: BrokerSection['authentication']
  readonly limits: BrokerLimitsConfig
  readonly store: BrokerStoreConfig
}

/** The listeners of a section as they are written, `host` and `port` standing for one. */
export function listenerSections({ host, port, listeners }: BrokerSection): readonly ListenerSection[] {
  if (listeners !== undefined) return listeners
  return [{ type: 'tcp', ...(host !== undefined && { host }), port: port ?? DEFAULT_BROKER_PORT }]
}

export function brokerConfigOf(section: BrokerSection, dataDirectory: string): BrokerConfig {
  return {
    listeners: listenerSections(section).map(listenerOf),
    authentication: section.authentication,
    limits: limitsOf(section.limits ?? {}),
    store: brokerStoreOf(section.persistence, dataDirectory),
  }
}

/** Relative paths are taken from `folder`. */
export function withAbsoluteFiles(section: BrokerSection, folder: string): BrokerSection {
  const { listeners, persistence } = section
  const path = persistence?.type === 'file' ? persistence.path : undefined
  return {
    ...section,
    ...(listeners && { listeners: listeners.map((listener) => withAbsoluteCertificates(listener, folder)) }),
    ...(persistence?.type === 'file' &&
      path !== undefined && { persistence: { ...persistence, path: resolve(folder, path) } }),
  }
}

function withAbsoluteCertificates(listener: ListenerSection, folder: string): ListenerSection {
  if (!('certFile' in listener)) return listener
  const { certFile, keyFile, clientCertificates: clients } = listener
  return {
    ...listener,
    certFile: resolve(folder, certFile),
    keyFile: resolve(folder, keyFile),
    ...(clients && { clientCertificates: { ...clients, caFile: resolve(folder, clients.caFile) } }),
  }
}

/** Which user may do what on which devices, for a user with the rights of devices; none for all others. */
export function devicesOf({ rights }: BrokerUserSection): readonly string[] {
  return rights?.type === 'devices' ? rights.devices : []
}

function listenerOf(section: ListenerSection): ListenerConfig {
  const endpoint = { host: bareHost(section.host ?? DEFAULT_HOST), port: section.port }
  switch (section.type) {
    case 'tcp':
      return { type: 'tcp', ...endpoint }
    case 'tls':
      return { type: 'tls', ...endpoint, tls: tlsOf(section) }
    case 'websocket':
    case 'websocket-tls': {
      const { path = DEFAULT_PATH, allowedOrigins = [] } = section
      const tls = section.type === 'websocket' ? {} : { tls: tlsOf(section) }
      return { type: 'websocket', ...endpoint, path, allowedOrigins, ...tls }
    }
  }
}

function tlsOf({ certFile, keyFile, clientCertificates }: TlsFilesConfig): TlsFilesConfig {
  return { certFile, keyFile, ...(clientCertificates && { clientCertificates }) }
}

function limitsOf({ connectTimeout, drainTimeout, ...counts }: BrokerLimitsSection): BrokerLimitsConfig {
  return {
    ...counts,
    ...(connectTimeout !== undefined && { connectTimeoutMs: parseDuration(connectTimeout) }),
    ...(drainTimeout !== undefined && { drainTimeoutMs: parseDuration(drainTimeout) }),
  }
}
