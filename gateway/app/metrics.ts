/** The gateway's figures for Prometheus. Everything is read at the scrape; nothing is counted twice. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { StoreStats } from '../../broker/store/broker-store.ts'
import type { Alarm } from '../alarm-model.ts'
import type { HttpServer } from '../http/server.ts'
import type { JournalStats } from '../journal/journal-types.ts'
import type { Counters } from '../pipeline/counters.ts'
import type { CodecStats } from '../sources/mqtt/codec/codec-sandbox.ts'
import type { MqttIngestStats } from '../sources/mqtt/ingest.ts'
import type { DeliveryPart } from './delivery-part.ts'
import { type DetectionTime, overdueMs } from './detection-times.ts'
import { dispatchRows } from './dispatch-health.ts'
import { measuredCycleMs } from './line-meter.ts'
import type { ExternalPart, LinePart } from './sources.ts'

export interface MetricParts {
  counters(): Counters
  /** Readings that were not stored because nothing had changed, by line, broker or `self`. */
  unchanged(): ReadonlyMap<string, number>
  alarms(): Iterable<Alarm>
  /** By station. */
  floods(): ReadonlyMap<string, { readonly alarms: number }>
  journal(): JournalStats
  deliveries(): readonly DeliveryPart[]
  dispatch(): Dispatch
  lines(): readonly LinePart[]
  detections(): readonly DetectionTime[]
  externals(): readonly ExternalPart[]
  mqttMessages(): Pick<MqttIngestStats, 'messages' | 'unknownMessages' | 'oversizedMessages' | 'redeliveredMessages'>
  /** Names in messages about several devices that no device has. */
  unknownAddresses(): number
  codecs(): CodecStats
  brokerClients(): number
  /** Clients that the embedded broker refused, cut off or slowed down, by reason. */
  brokerRefusals(): Readonly<Record<string, number>>
  brokerOutbound(): { readonly slowSubscribers: number; readonly dropped: number } | undefined
  brokerStore(): StoreStats | undefined
  http(): ReturnType<HttpServer['stats']> | undefined
  configOk(): boolean
  /** What has become of commands to devices since the start. */
  commands(): Readonly<Record<string, number>>
  failingReverts(): readonly unknown[]
}

type Dispatch = Parameters<typeof dispatchRows>[0]

type Labels = Readonly<Record<string, string>>
type Row = readonly [value: number, labels?: Labels]

export function createMetrics(parts: MetricParts): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const add = (kind: typeof Counter | typeof Gauge) => (name: string, help: string, rows: () => Iterable<Row>) => {
    const labelNames = LABELS[name] ?? []
    new kind({
      name: `outpost_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        for (const [value, labels = {}] of rows()) this.inc(labels, value)
      },
    })
  }
  pipelineMetrics(parts, { counter: add(Counter), gauge: add(Gauge) })
  journalMetrics(parts, { counter: add(Counter), gauge: add(Gauge) })
  dispatchMetrics(parts, { counter: add(Counter), gauge: add(Gauge) })
  sourceMetrics(parts, { counter: add(Counter), gauge: add(Gauge) })
  return registry
}

const LABELS: Readonly<Record<string, readonly string[]>> = {
  mqtt_broker_kept: ['kind'],
  mqtt_not_kept_total: ['reason'],
  readings_total: ['quality'],
  readings_not_recorded_total: ['reason'],
  readings_unchanged_total: ['source'],
  readings_discarded_total: ['reason'],
  alarms: ['state', 'priority'],
  alarm_floods: ['station'],
  commands_total: ['outcome'],
  journal_bytes: ['journal'],
  delivery_waiting_items: ['delivery'],
  delivery_items_total: ['delivery', 'result'],
  delivery_ok: ['delivery'],
  dispatch_cases: ['phase'],
  channel_waiting_notifications: ['channel'],
  channel_notifications_total: ['channel', 'result'],
  channel_ok: ['channel'],
  modbus_connected: ['line'],
  modbus_requests_total: ['line', 'result'],
  modbus_skipped_cycles_total: ['line'],
  modbus_busy_seconds_total: ['line'],
  modbus_cycle_seconds: ['line'],
  detection_seconds: ['source'],
  detection_overdue_seconds: ['source'],
  mqtt_messages_total: ['result'],
  codec_messages_total: ['result'],
  mqtt_refusals_total: ['reason'],
}

type Add = (name: string, help: string, rows: () => Iterable<Row>) => void
interface Adders {
  readonly counter: Add
  readonly gauge: Add
}

function pipelineMetrics(parts: MetricParts, { counter, gauge }: Adders): void {
  const counters = parts.counters
  counter('samples_total', 'Samples taken from sources.', () => [[counters().samples]])
  counter('readings_total', 'Readings recorded, by quality.', () => [
    [counters().readingsGood, { quality: 'good' }],
    [counters().readingsUncertain, { quality: 'uncertain' }],
    [counters().readingsBad, { quality: 'bad' }],
  ])
  counter('readings_not_recorded_total', 'Samples and readings that left no record, by reason.', () => [
    [counters().duplicates, { reason: 'duplicate' }],
    [counters().badRepeated, { reason: 'bad-repeated' }],
    [counters().unchanged, { reason: 'unchanged' }],
    [counters().malformed, { reason: 'malformed' }],
    [counters().withoutPoints, { reason: 'without-points' }],
    [counters().retainedIgnored, { reason: 'retained-without-time' }],
    [counters().undated, { reason: 'without-time' }],
    [counters().unknownDevice, { reason: 'unknown-device' }],
    [counters().unknownPoint, { reason: 'unknown-point' }],
    [counters().uncovered, { reason: 'uncovered-registers' }],
  ])
  counter('readings_unchanged_total', 'Readings not stored because nothing had changed, by line or broker.', () =>
    [...parts.unchanged()].map(([source, count]): Row => [count, { source }]),
  )
  counter('device_times_not_believed_total', 'Messages whose own time was taken for wrong.', () => [
    [counters().timesNotBelieved],
  ])
  counter('readings_replayed_total', 'Readings recorded as measured earlier.', () => [[counters().replayed]])
  counter('alarm_events_total', 'Changes of alarms.', () => [[counters().alarmEvents]])
  gauge('alarms', 'Alarms that are not normal, by state and priority.', () => {
    const open = [...parts.alarms()].filter((alarm) => alarm.state !== 'normal' && alarm.mark === null)
    return open.map(({ state, priority }): Row => [1, { state, priority }])
  })
  gauge('alarm_floods', 'Alarms of the flood that a station is in.', () =>
    [...parts.floods()].map(([station, { alarms }]): Row => [alarms, { station }]),
  )
  counter('commands_total', 'Commands to devices since the start, by what became of them.', () =>
    Object.entries(parts.commands()).map(([outcome, count]): Row => [count, { outcome }]),
  )
  gauge('command_reverts_failing', 'Expired commands that cannot be reverted.', () => [[parts.failingReverts().length]])
  gauge('config_last_reload_successful', '1 when the last configuration was accepted.', () => [
    [parts.configOk() ? 1 : 0],
  ])
}

function journalMetrics(parts: MetricParts, { counter, gauge }: Adders): void {
  const stats = parts.journal
  gauge('journal_failed', '1 while commits fail.', () => [[stats().failed === null ? 0 : 1]])
  gauge('journal_last_event_seq', 'Number of the newest alarm event.', () => [[stats().lastEventSeq]])
  gauge('journal_unsaved_events', 'Alarm events that are not on disk yet.', () => [[stats().unsavedEvents]])
  gauge('journal_stored_readings', 'Readings on disk that something still needs.', () => [[stats().storedReadings]])
  gauge('journal_bytes', 'Size on disk.', () =>
    Object.entries(stats().bytes).map(([journal, bytes]): Row => [bytes, { journal }]),
  )
  counter('readings_discarded_total', 'Readings dropped or refused, by reason.', () => [
    [stats().dropped, { reason: 'journal-full' }],
    [stats().refused, { reason: 'journal-failed' }],
    [stats().damaged, { reason: 'damaged' }],
  ])
  gauge('delivery_waiting_items', 'Items that a sink has not confirmed.', () =>
    stats().deliveries.map(({ id, waiting }): Row => [waiting, { delivery: id }]),
  )
  counter('delivery_items_total', 'Items confirmed by the sink, or kept as dead letters.', () =>
    parts.deliveries().flatMap((part): Row[] => {
      const { id, delivered, deadLettered } = part.status()
      return [
        [delivered, { delivery: id, result: 'confirmed' }],
        [deadLettered, { delivery: id, result: 'dead-letter' }],
      ]
    }),
  )
  gauge('delivery_ok', '1 while the last attempt did not fail.', () =>
    parts.deliveries().map((part): Row => [part.status().failure === null ? 1 : 0, { delivery: part.status().id }]),
  )
}

function dispatchMetrics({ dispatch }: MetricParts, { counter, gauge }: Adders): void {
  const rows = () => dispatchRows(dispatch())
  gauge('dispatch_cases', 'Alarms of which people are told, by how that stands.', () => rows().cases)
  gauge('channel_ok', '1: the channel brings what it gets.', () => rows().ok)
  gauge('channel_waiting_notifications', 'Notifications that a channel has not brought yet.', () => rows().waiting)
  counter('channel_notifications_total', 'Notifications by what became of them.', () => rows().done)
}

function sourceMetrics(parts: MetricParts, { counter, gauge }: Adders): void {
  gauge('modbus_connected', '1 while the line is connected.', () =>
    parts.lines().map((line): Row => [line.status().connected ? 1 : 0, { line: line.status().id }]),
  )
  counter('modbus_requests_total', 'Requests by result.', () =>
    parts.lines().flatMap((part): Row[] => {
      const { id: line, answers, timeouts, exceptions, refusedReplies, cut } = part.status()
      return [
        [answers, { line, result: 'answered' }],
        [timeouts, { line, result: 'timeout' }],
        [exceptions, { line, result: 'exception' }],
        [refusedReplies, { line, result: 'refused' }],
        [cut, { line, result: 'cut' }],
      ]
    }),
  )
  counter('modbus_skipped_cycles_total', 'Cycles left out because the line was too slow.', () =>
    parts.lines().map((part): Row => [part.status().skippedCycles, { line: part.status().id }]),
  )
  counter('modbus_busy_seconds_total', 'How long the line was taken by requests; its rate is the utilisation.', () =>
    parts.lines().map((part): Row => [part.status().busyMs / 1000, { line: part.status().id }]),
  )
  gauge('modbus_cycle_seconds', 'Line time to read every unit that answers once.', () =>
    parts.lines().flatMap((part): Row[] => {
      const cycleMs = measuredCycleMs(part.status())
      return cycleMs === null ? [] : [[cycleMs / 1000, { line: part.status().id }]]
    }),
  )
  detectionMetrics(parts, gauge)
  gauge('mqtt_broker_clients', 'Clients of the embedded broker.', () => [[parts.brokerClients()]])
  gauge('mqtt_broker_slow_subscribers', 'Clients of the embedded broker that leave their connection full.', () => [
    [parts.brokerOutbound()?.slowSubscribers ?? 0],
  ])
  counter('mqtt_broker_dropped_total', 'QoS 0 messages that a client of the embedded broker was too slow for.', () => [
    [parts.brokerOutbound()?.dropped ?? 0],
  ])
  counter('mqtt_refusals_total', 'Clients of the embedded broker refused, cut off or slowed down, by reason.', () =>
    Object.entries(parts.brokerRefusals()).map(([reason, count]): Row => [count, { reason }]),
  )
  gauge('mqtt_broker_kept', 'What the embedded broker keeps for its clients, by kind.', () =>
    keptRows(parts.brokerStore()),
  )
  gauge('mqtt_broker_store_bytes', 'Size of the file of the embedded broker.', () => [
    [parts.brokerStore()?.file?.bytes ?? 0],
  ])
  counter('mqtt_not_kept_total', 'Messages that the embedded broker did not keep for a client, by reason.', () =>
    Object.entries(parts.brokerStore()?.dropped ?? {}).map(([reason, count]): Row => [count, { reason }]),
  )
  counter('mqtt_messages_total', 'Messages of devices by result.', () => {
    const { messages, unknownMessages, oversizedMessages, redeliveredMessages } = parts.mqttMessages()
    return [
      [messages - unknownMessages - oversizedMessages - redeliveredMessages, { result: 'taken' }],
      [unknownMessages, { result: 'unknown-topic' }],
      [oversizedMessages, { result: 'oversized' }],
      [redeliveredMessages, { result: 'redelivered' }],
    ]
  })
  counter(
    'mqtt_unknown_addresses_total',
    'Readings in messages about several devices, of a device nobody knows.',
    () => [[parts.unknownAddresses()]],
  )
  counter('codec_messages_total', "Messages that makers' codecs were asked about, by result.", () => {
    const { messages, failed } = parts.codecs()
    return [
      [messages - failed, { result: 'decoded' }],
      [failed, { result: 'failed' }],
    ]
  })
  counter('codec_threads_ended_total', 'Threads of codecs that had to be ended.', () => [[parts.codecs().ended]])
  gauge('codec_waiting', 'Messages that wait for their codec.', () => [[parts.codecs().waiting]])
  gauge('http_event_streams', 'Open event streams.', () => [[parts.http()?.streams ?? 0]])
}

function keptRows(store: StoreStats | undefined): readonly Row[] {
  if (store === undefined) return []
  const { sessions, queuedMessages, retainedMessages } = store
  return [
    [sessions, { kind: 'session' }],
    [queuedMessages, { kind: 'queued' }],
    [retainedMessages, { kind: 'retained' }],
  ]
}

function detectionMetrics(parts: MetricParts, gauge: Add): void {
  const worst = (of: (time: DetectionTime) => number | null) => (): Row[] => {
    const rows = new Map<string, number>()
    for (const time of parts.detections()) {
      const ms = of(time)
      const source = time.line ?? 'mqtt'
      if (ms !== null) rows.set(source, Math.max(ms / 1000, rows.get(source) ?? 0))
    }
    return [...rows].map(([source, seconds]): Row => [seconds, { source }])
  }
  const slowest = 'Measured detection time of the slowest alarm, by line.'
  gauge(
    'detection_seconds',
    slowest,
    worst(({ measuredMs }) => measuredMs),
  )
  gauge('detection_overdue_seconds', 'By how much an alarm is detected later than allowed, by line.', worst(overdueMs))
}
