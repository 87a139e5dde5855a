/** The sinks of the configuration as deliveries: one loop and one cursor per sink and journal. */
import { readFileSync } from 'node:fs'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { AlarmEvent } from '../alarm-model.ts'
import type { SinkConfig } from '../config/config.ts'
import type { Backoff } from '../delivery/backoff.ts'
import { createDelivery, type Delivery } from '../delivery/delivery.ts'
import type { FreshFirst } from '../delivery/delivery-queue.ts'
import { createHeartbeatLoop } from '../delivery/heartbeat.ts'
import type { Heartbeat, JournaledReading, Sink } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { createInfluxSink, type InfluxServer } from '../sinks/influx.ts'
import { alarmEventLine, readingLine } from '../sinks/influx-lines.ts'
import { createMqttSink } from '../sinks/mqtt.ts'
import { alarmEventMessages, heartbeatMessages, readingMessages } from '../sinks/mqtt-messages.ts'
import { createHeartbeatWebhook, createWebhookSink } from '../sinks/webhook.ts'
import type { DeliveryPart, DeliverySurroundings, JournalKind } from './delivery-part.ts'
import { createParentPart, type OutpostConfig } from './parent-part.ts'
import type { WantedPart } from './part-set.ts'
import { tlsOptions } from './tls-options.ts'

/** A dispatch layer that is back must hear of a fire within seconds, so people are tried more often than a time series. */
const LONGEST_ALARM_DELAY_MS = 15_000

/** One gateway asks one other: it costs little, and what waits is for people. */
const LONGEST_DELAY_ABOVE_MS = 5000

export function deliveryId(sinkId: string, journal: JournalKind): string {
  return `${sinkId}:${journal}`
}

export function wantedDeliveries(
  sinks: readonly SinkConfig[],
  surroundings: DeliverySurroundings,
): readonly WantedPart<DeliveryPart>[] {
  return sinks.flatMap((sink) => [
    ...(isAbove(sink) ? [wantedParent(sink, surroundings)] : []),
    ...journalsOf(sink).map((journal) => ({
      key: deliveryId(sink.id, journal),
      options: sink,
      create: () => createPart(sink, { journal, surroundings }),
    })),
    ...(hasHeartbeat(sink)
      ? [{ key: `${sink.id}:heartbeat`, options: sink, create: () => createHeartbeatPart(sink, surroundings) }]
      : []),
  ])
}

function isAbove(sink: SinkConfig): sink is OutpostConfig {
  return sink.type === 'outpost' || sink.type === 'outpost-mqtt'
}

function wantedParent(config: OutpostConfig, surroundings: DeliverySurroundings): WantedPart<DeliveryPart> {
  const id = deliveryId(config.id, 'alarm-events')
  const { above, journal } = surroundings
  const deliver = (sink: Sink<AlarmEvent>): Delivery =>
    createLoop(id, { sink, read: journal.events, surroundings, backoff: { longestMs: LONGEST_DELAY_ABOVE_MS } })
  return { key: id, options: config, create: () => createParentPart(config, { id, above, surroundings, deliver }) }
}

type Beating = Extract<SinkConfig, { type: 'webhook' | 'mqtt' }>
type WithHeartbeat = Beating & { readonly heartbeat: NonNullable<Beating['heartbeat']> }

function hasHeartbeat(sink: SinkConfig): sink is WithHeartbeat {
  return !isAbove(sink) && 'heartbeat' in sink && sink.heartbeat !== undefined
}

function createHeartbeatPart(config: WithHeartbeat, surroundings: DeliverySurroundings): DeliveryPart {
  const { gatewayId: gateway, vitals, clock, log } = surroundings
  const intervalMs = parseDuration(config.heartbeat.interval)
  const beat = (): Heartbeat => ({
    ...{ version: 1, type: 'heartbeat', gateway, time: clock.now().wall, intervalMs },
    ...vitals(),
  })
  const id = `${config.id}:heartbeat`
  const loop = createHeartbeatLoop({ id, sink: heartbeatSink(config, surroundings), intervalMs, beat, clock, log })
  return {
    ...{ sinkId: config.id, journal: null },
    start: () => Promise.resolve(loop.start()),
    stop: () => loop.stop(),
    wake() {},
    status: () => loop.status(),
  }
}

function heartbeatSink(config: WithHeartbeat, { clock }: DeliverySurroundings): Sink<Heartbeat> {
  if (config.type === 'webhook') return createHeartbeatWebhook({ ...config, clock, ...timeout(config.timeout) })
  const { topic } = config.heartbeat as Extract<Beating, { type: 'mqtt' }>['heartbeat'] & object
  return mqtt({ ...config, topic }, heartbeatMessages)
}

function journalsOf(sink: SinkConfig): readonly JournalKind[] {
  // A gateway above is one part, with its heartbeats and its orders.
  if (isAbove(sink)) return []
  if (sink.type === 'webhook') return ['alarm-events']
  return sink.sends ?? (isInflux(sink) ? ['alarm-events', 'readings'] : ['alarm-events'])
}

function createPart(
  config: SinkConfig,
  { journal, surroundings }: { readonly journal: JournalKind; readonly surroundings: DeliverySurroundings },
): DeliveryPart {
  const id = deliveryId(config.id, journal)
  const delivery =
    journal === 'readings'
      ? createLoop(id, {
          ...{ sink: readingSink(config, surroundings), read: surroundings.journal.readings, surroundings },
          freshFirst: {
            head: () => surroundings.journal.stats().lastReadingSeq,
            mark: (reading) => ({ ...reading, backlog: true }),
            timeOf: ({ receivedAt }) => receivedAt,
          },
        })
      : createLoop(id, {
          ...{ sink: eventSink(config, surroundings), read: surroundings.journal.events, surroundings },
          backoff: { longestMs: LONGEST_ALARM_DELAY_MS },
        })
  return {
    sinkId: config.id,
    journal,
    async start() {
      // A time-series store gets what was kept for it; people are told of what goes on now.
      await surroundings.journal.registerDelivery(id, journal, { fromNow: !isInflux(config) })
      delivery.start()
    },
    stop: () => delivery.stop(),
    wake: () => delivery.wake(),
    status: () => delivery.status(),
  }
}

function createLoop<T extends JournaledReading | AlarmEvent>(
  id: string,
  {
    sink,
    read,
    backoff = {},
    freshFirst,
    surroundings: { journal, clock, log },
  }: {
    readonly sink: Sink<T>
    readonly read: (afterSeq: number, limit: number) => Promise<readonly T[]>
    readonly backoff?: Partial<Backoff>
    readonly freshFirst?: FreshFirst<T>
    readonly surroundings: DeliverySurroundings
  },
): Delivery {
  return createDelivery<T>({
    id,
    sink,
    read: (afterSeq, limit) => read.call(journal, afterSeq, limit),
    loadCursor: () => journal.cursor(id),
    advance: (seq) => journal.advance(id, seq),
    deadLetter: ({ seq, item, error }) =>
      journal.deadLetter({ delivery: id, seq, error, item, time: clock.now().wall }),
    backoff,
    ...(freshFirst && { freshFirst }),
    timeOf: (item) => ('receivedAt' in item ? item.receivedAt : item.time),
    clock,
    log,
  })
}

function readingSink(config: SinkConfig, { gatewayId, describe, clock }: DeliverySurroundings): Sink<JournaledReading> {
  if (isInflux(config)) return influx(config, { toLine: (reading) => readingLine(reading, describe), clock })
  if (config.type === 'mqtt') return mqtt(config, readingMessages({ gateway: gatewayId, describe }))
  throw new Error(`sink ${config.id}: a webhook takes alarm events only`)
}

function eventSink(config: SinkConfig, { clock }: DeliverySurroundings): Sink<AlarmEvent> {
  switch (config.type) {
    case 'influxdb-1':
    case 'influxdb-2':
    case 'influxdb-3':
      return influx(config, { toLine: alarmEventLine, clock })
    case 'mqtt':
      return mqtt(config, alarmEventMessages)
    case 'outpost':
    case 'outpost-mqtt':
      throw new Error(`sink ${config.id}: a gateway above is a part of its own`)
    case 'webhook':
      return createWebhookSink({ ...config, clock, ...timeout(config.timeout) })
  }
}

type InfluxConfig = Extract<SinkConfig, { type: `influxdb-${number}` }>

function isInflux(config: SinkConfig): config is InfluxConfig {
  return config.type.startsWith('influxdb-')
}

function influx<T>(
  config: InfluxConfig,
  what: { readonly toLine: (item: T) => string; readonly clock: Pick<Clock, 'now'> },
): Sink<T> {
  const { id, url, caFile } = config
  return createInfluxSink({
    ...{ id, url, server: serverOf(config), ...what, ...timeout(config.timeout) },
    ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }),
  })
}

function serverOf(config: InfluxConfig): InfluxServer {
  switch (config.type) {
    case 'influxdb-1':
      return { version: 1, ...config }
    case 'influxdb-2':
      return { version: 2, ...config }
    case 'influxdb-3':
      return { version: 3, ...config }
  }
}

function mqtt<T>(
  config: Extract<SinkConfig, { type: 'mqtt' }>,
  format: Parameters<typeof createMqttSink<T>>[0]['format'],
): Sink<T> {
  const { id, url, topic, username, password, protocolVersion } = config
  return createMqttSink({
    ...{ id, url, topic, format },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...tlsOptions(config),
  })
}

function timeout(duration: string | undefined): { timeoutMs?: number } {
  return duration === undefined ? {} : { timeoutMs: parseDuration(duration) }
}
