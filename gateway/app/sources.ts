/** The lines and brokers of the configuration as sources. */
import type { ExternalBrokerConfig, GatewayConfig, LineConfig } from '../config/config.ts'
import type { Clock, Emit, Log } from '../model.ts'
import type { DeviceStatus } from '../pipeline/status.ts'
import { createModbusLine, type ModbusLine, type ModbusUnit } from '../sources/modbus/modbus-line.ts'
import { createExternalSource, type ExternalSource } from '../sources/mqtt/external-source.ts'
import type { MqttTopics } from '../sources/mqtt/ingest.ts'
import { createMessageRoutes } from '../sources/mqtt/message-routes.ts'
import type { SeenMessages } from '../sources/mqtt/seen-messages.ts'
import type { TopicListener } from '../sources/mqtt/topic-listener.ts'
import { lineOptions, unitsOf } from './line-options.ts'
import type { MessageReaders } from './message-readers.ts'
import type { Part, WantedPart } from './part-set.ts'
import { tlsOptions } from './tls-options.ts'

export interface SourceSurroundings {
  readonly emit: Emit
  readonly seen: SeenMessages
  readonly clock: Clock
  readonly log: Log
}

const NOT_YET = 'not connected yet'

export interface LinePart extends Part, Pick<ModbusLine, 'request' | 'setUnits' | 'status'> {}

/**
 * Units are not among the options: they change on the running line, whose connection and whose other units must not notice.
 * A line without any is not connected.
 */
export function wantedLines(
  lines: readonly LineConfig[],
  { emit, clock, log }: SourceSurroundings,
): readonly WantedPart<LinePart>[] {
  return lines.map((line) => {
    const options = lineOptions(line)
    return {
      key: line.id,
      options: { ...options, connected: line.units.length > 0 },
      create: () => {
        const source = createModbusLine({ ...options, units: unitsOf(line) }, { clock, log })
        return {
          start: () => source.start(emit),
          stop: () => source.stop(),
          setUnits: (units) => source.setUnits(units),
          status: () => source.status(),
          request: (...request) => source.request(...request),
        }
      },
    }
  })
}

/** The units of a line that the next configuration reads in exactly the same way. */
export function stayingUnits(line: LineConfig, next: GatewayConfig): readonly ModbusUnit[] {
  const after = next.lines.filter(({ id }) => id === line.id).flatMap((found) => unitsOf(found))
  const wanted = new Set(after.map((unit) => JSON.stringify(unit)))
  return unitsOf(line).filter((unit) => wanted.has(JSON.stringify(unit)))
}

/** What is wrong with lines and outside brokers, by their id. A line without units is not connected, and that is right. */
export function linkTroubles({
  lines,
  externals,
}: {
  readonly lines: readonly Pick<LinePart, 'status'>[]
  readonly externals: Iterable<readonly [id: string, part: Pick<ExternalPart, 'state'> | undefined]>
}): ReadonlyMap<string, string | null> {
  const used = lines.map((line) => line.status()).filter(({ units }) => units.length > 0)
  return new Map([
    ...used.map(({ id, connected, error }): [string, string | null] => [id, error ?? (connected ? null : NOT_YET)]),
    ...[...externals].map(([id, part]): [string, string | null] => [
      id,
      part === undefined ? NOT_YET : part.state().error,
    ]),
  ])
}

/** Gives who listens at one broker beside the pipeline. */
export type ListenersAt = (config: GatewayConfig, broker: string) => readonly TopicListener[]

export interface Hearing {
  readonly readers: Pick<MessageReaders, 'of'>
  readonly listeners: ListenersAt
}

/** What is to be heard at one broker (`embedded`, or an outside one). */
export function topicsOf(
  config: GatewayConfig,
  { broker, readers, listeners }: Hearing & { readonly broker: string },
): MqttTopics {
  const units = config.mqttDevices.filter((entry) => entry.broker === broker)
  return { devices: createMessageRoutes(units, readers.of(broker)), listeners: listeners(config, broker) }
}

/** Readings that were not stored because nothing had changed, by line, by broker, and of the gateway `self`. */
export function unchangedBySource(
  { lines, mqttDevices }: Pick<GatewayConfig, 'lines' | 'mqttDevices'>,
  devices: Iterable<Pick<DeviceStatus, 'device' | 'unchanged'>>,
): ReadonlyMap<string, number> {
  const sources = new Map([
    ...lines.flatMap(({ id, units }) => units.map(({ device }) => [device.id, id] as const)),
    ...mqttDevices.map(({ device, broker }) => [device.id, broker] as const),
  ])
  const counts = new Map<string, number>()
  for (const { device, unchanged } of devices) {
    const source = sources.get(device.id) ?? 'self'
    counts.set(source, (counts.get(source) ?? 0) + unchanged)
  }
  return counts
}

/** Longest payload that a message of a device may have, in bytes, wherever it comes from. */
export const MAX_PAYLOAD_BYTES = 256 * 1024

export interface ExternalPart extends Part, Pick<ExternalSource, 'setTopics' | 'publish' | 'state' | 'stats'> {}

/** Devices are not among the options: they change on the running connection, whose session must live on. */
export function wantedExternals(
  config: GatewayConfig,
  { emit, seen, clock, log, ...hearing }: SourceSurroundings & Hearing,
): readonly WantedPart<ExternalPart>[] {
  return config.brokers.map((broker) => ({
    key: broker.id,
    options: broker,
    create: () => {
      const source = createExternalSource({
        ...externalOptions(broker),
        ...topicsOf(config, { broker: broker.id, ...hearing }),
        ...{ seen, clock, log, maxPayloadBytes: MAX_PAYLOAD_BYTES },
      })
      return {
        start: () => source.start(emit),
        stop: () => source.stop(),
        setTopics: (topics) => source.setTopics(topics),
        publish: (message) => source.publish(message),
        state: () => source.state(),
        stats: () => source.stats(),
      }
    },
  }))
}

function externalOptions(broker: ExternalBrokerConfig) {
  const { id, url, clientId, username, password, protocolVersion, sharedGroup } = broker
  return {
    ...{ id, url, clientId },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...(sharedGroup !== undefined && { sharedGroup }),
    ...tlsOptions(broker),
  }
}
