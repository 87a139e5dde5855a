/**
 * The composition root: the one file that knows all parts. What follows is one straight story, so it may be longer
 * than others: journals, pipeline, deliveries, HTTP, sources, ticker. The way down is the way up, backwards.
 *
 * Start and reload share `apply`: what the configuration names is reconciled with what runs, so that the way of a
 * reload is walked at every start. Everything that can fail about a configuration has failed before, in `loadConfig`.
 */
import { fileURLToPath } from 'node:url'
import type { BrokerOptions } from '../broker/broker-options.ts'
import { SELF_INTERVAL_MS } from '../device-profiles/resolve.ts'
import manifest from '../package.json' with { type: 'json' }
import { AlarmFigures } from './app/alarm-figures.ts'
import { capViewParts, createCapView } from './app/cap-view.ts'
import { describePartChanges } from './app/changes.ts'
import { ChildrenOverMqtt } from './app/children-over-mqtt.ts'
import { createCommandsView } from './app/command-view.ts'
import { Commissioning } from './app/commissioning.ts'
import { ControlRoom } from './app/control-room.ts'
import { currentRegistry } from './app/current-registry.ts'
import type { DeliverySurroundings } from './app/delivery-part.ts'
import { DeliveryRoom } from './app/delivery-room.ts'
import { DetectionMeter } from './app/detection-meter.ts'
import type { DispatchRoom } from './app/dispatch-room.ts'
import { createDispatchRoom } from './app/dispatch-wiring.ts'
import { DrillRoom } from './app/drill-room.ts'
import { authenticationOf, type BrokerPart, wantedBroker } from './app/embedded-broker.ts'
import { guardAccept } from './app/guarded-accept.ts'
import { HealthMeter } from './app/health.ts'
import { LedgerRoom } from './app/ledger-room.ts'
import { unitsOf } from './app/line-options.ts'
import { LineViews } from './app/line-views.ts'
import { MessageReaders } from './app/message-readers.ts'
import { createMetrics } from './app/metrics.ts'
import { ModeRoom } from './app/mode-room.ts'
import { MqttCommands } from './app/mqtt-commands.ts'
import { type PartChanges, PartSet } from './app/part-set.ts'
import { resumePast } from './app/past.ts'
import { PointDescriptions } from './app/point-descriptions.ts'
import { publishAt } from './app/publishing.ts'
import { createRegistryView } from './app/registry-view.ts'
import { createReportDesk } from './app/report-desk.ts'
import { createRuleTicker } from './app/rule-ticker.ts'
import { RunningConfig } from './app/running-config.ts'
import { Shutdown } from './app/shutdown.ts'
import {
  type ExternalPart,
  type LinePart,
  type ListenersAt,
  linkTroubles,
  MAX_PAYLOAD_BYTES,
  stayingUnits,
  topicsOf,
  unchangedBySource,
  wantedExternals,
  wantedLines,
} from './app/sources.ts'
import { tidyMemory } from './app/tidy-memory.ts'
import { UpstreamRoom } from './app/upstream-room.ts'
import { createView } from './app/view.ts'
import type { GatewayConfig } from './config/config.ts'
import type { LoadResult } from './config/load.ts'
import { TICK_MS } from './config/timing.ts'
import type { ReloadAnswer } from './http/gateway-view.ts'
import { createHttpServer, type HttpServer } from './http/server.ts'
import { createJournal } from './journal/journal.ts'
import type { JournalThreads } from './journal/journal-threads.ts'
import type { Clock, Emit, Log } from './model.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { createEmbeddedSource } from './sources/mqtt/embedded-source.ts'
import type { OutgoingMessage } from './sources/mqtt/publisher.ts'
import { SeenMessages } from './sources/mqtt/seen-messages.ts'
import { createSelfSource } from './sources/self.ts'

/** Readings wait so long at most for others, so that a store gets batches; alarm events never wait. */
const READING_BATCH_MS = 500
/** Why the embedded broker cuts off who sends what it cannot take. */
const UNREADABLE = ['oversized-packet', 'malformed-packet', 'topic'] as const
const CONSOLE = fileURLToPath(new URL('./console/dist', import.meta.url))

export interface AppOptions {
  readonly clock: Clock
  /** Follows `gateway.logLevel`. */
  readonly log: Log & { level: string }
  /** Reads the configuration again. */
  readonly reload: () => LoadResult
  /** Of the journal, where they run already. */
  readonly threads?: JournalThreads
}

export interface App {
  /** Rejects when an address or the data directory cannot be taken; a dead device, broker or sink never prevents it. */
  start(): Promise<void>
  /** Idempotent and bounded in time. */
  stop(): Promise<void>
  reload(): Promise<ReloadAnswer>
  addresses(): { readonly http: string | null; readonly mqtt: readonly { host: string; port: number }[] }
}

export function createApp(first: GatewayConfig, { clock, log, reload, threads }: AppOptions): App {
  const shutdown = new Shutdown(log)
  const lines = new PartSet<LinePart>()
  const externals = new PartSet<ExternalPart>()
  const broker = new PartSet<BrokerPart>()
  const http = new PartSet<HttpServer>()

  const startedAt = clock.now().wall
  const running = new RunningConfig(first, { load: reload, apply, serve, clock, log })
  const config = () => running.current
  const registry = currentRegistry(() => config().registry)
  const commissioning = new Commissioning({ clock, config, line: (id) => lines.get(id) })
  const points = new PointDescriptions()
  const detections = new DetectionMeter(first, { clock, paceOf: (point, now) => pipeline.paceOf(point, now) })
  const lineViews = new LineViews()
  const journal = createJournal(
    { directory: first.gateway.dataDirectory, gatewayId: first.gateway.id, ...first.storage },
    { clock, log, threads },
  )
  const deliveries = new DeliveryRoom(journal)
  const upstream = new UpstreamRoom({ gatewayId: first.gateway.id, journal, pipeline: () => pipeline, clock, log })
  let pipeline: Pipeline
  let modes: ModeRoom
  let dispatch: DispatchRoom
  let drills: DrillRoom
  const seen = new SeenMessages(clock)
  const publish = (id: string, message: OutgoingMessage): Promise<void> =>
    publishAt(id, message, { embedded: () => broker.get('broker'), external: (name) => externals.get(name) })
  const readers = new MessageReaders({
    publish: (at, message) => publish(at, { ...message, qos: 0 }),
    ...{ clock, log },
  })
  const embedded = createEmbeddedSource({
    ...{ id: 'embedded', devices: [], maxPayloadBytes: MAX_PAYLOAD_BYTES },
    ...{ seen, clock, log },
  })

  const toEmbedded: Pick<BrokerOptions, 'ingest' | 'unheard'> = {
    ingest: (message) => embedded.ingest(message),
    unheard: (message) => embedded.unheard(message),
  }

  const room = new ControlRoom({
    ...{ clock, log, recorder: journal },
    ways: { line: (id) => lines.get(id), latest: (point) => pipeline.latest(point), publish },
  })
  const { control } = room
  const mqttCommands = new MqttCommands({ gatewayId: first.gateway.id, control, publish, log })
  const childrenOverMqtt = new ChildrenOverMqtt({ children: upstream.view, publish, log })
  const listeners: ListenersAt = ({ mqttDevices, commands, children }, id) => [
    ...childrenOverMqtt.listeners(children, id),
    ...room.listeners(mqttDevices, id),
    ...mqttCommands.listeners(commands.mqtt, id),
  ]

  const accept = guardAccept((sample) => pipeline.accept(sample), log)
  /** The line in one breath: what a sample says is decided, then on disk, and only then acknowledged. Never throws. */
  const emit: Emit = (sample) => {
    try {
      const outcome = accept(sample)
      control.heard(sample.deviceId)
      return journal.commit(outcome, sample.mark)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const ticker = createRuleTicker({
    // A journal that refuses says so itself; the events it could not write are queued and seen by all.
    tick: () => {
      void journal.commit(pipeline.tick(clock.now())).catch(() => {})
      modes.tick()
      upstream.tick()
      dispatch.tick()
      drills.tick()
    },
    log,
  })

  const meter = new HealthMeter({
    ...{ gatewayId: first.gateway.id, dataDirectory: first.gateway.dataDirectory, clock },
    journal: () => journal.stats(),
    deliveries: () => deliveries.parts(),
    dispatch: () => dispatch,
    badInput: () => {
      const { malformed, unknownPoint } = pipeline.counters
      const { unknownMessages, oversizedMessages } = mqttMessages()
      const refused = broker.get('broker')?.stats().refused ?? {}
      const cutOff = UNREADABLE.reduce((sum, reason) => sum + (refused[reason] ?? 0), 0)
      return malformed + unknownPoint + unknownMessages + oversizedMessages + cutOff
    },
    ruleFailure: ticker.failure,
    configProblems: () => running.status.problems,
    brokerFile: () => broker.get('broker')?.stats().store.file ?? null,
    linkTroubles: () =>
      linkTroubles({ lines: lines.parts(), externals: config().brokers.map(({ id }) => [id, externals.get(id)]) }),
    lines: lineStatuses,
    failingReverts: () => control.failingReverts,
    children: () => upstream,
    detections: () => detections.measure(),
  })

  function lineStatuses() {
    return lines.parts().map((line) => line.status())
  }

  function mqttMessages() {
    const all = [embedded.stats(), ...externals.parts().map((external) => external.stats())]
    const sum = (of: (stats: (typeof all)[number]) => number) => all.reduce((total, stats) => total + of(stats), 0)
    return {
      messages: sum((stats) => stats.messages),
      unknownMessages: sum((stats) => stats.unknownMessages),
      oversizedMessages: sum((stats) => stats.oversizedMessages),
      unknownAddresses: sum((stats) => stats.unknownAddresses),
      redeliveredMessages: sum((stats) => stats.redeliveredMessages),
    }
  }

  async function start(): Promise<void> {
    const restored = await journal.start()
    seen.restore(restored.marks, restored.lastMarks)
    shutdown.add('journal', () => journal.stop())

    const modesOn = restored.modes.on.map(({ mode }) => mode)
    pipeline = new Pipeline({ devices: first.devices, alarms: restored.alarms, modes: modesOn, now: clock.now() })
    modes = new ModeRoom({ pipeline, journal, clock }, restored.modes)
    drills = new DrillRoom({ pipeline, modes, journal, clock, log, config, registry })
    await drills.start()
    dispatch = createDispatchRoom({ pipeline, journal, modes, drills, control, clock, log, config }, restored)
    // Its answers are waited for below: meanwhile this thread has the rest to make.
    const resumed = resumePast(pipeline, { journal, lastReadingSeq: restored.lastReadingSeq, clock, log })
    resumed.catch(() => {})
    await upstream.restore(restored)

    shutdown.add('deliveries', () => deliveries.stop())
    shutdown.add('dispatch', () => dispatch.stop())
    shutdown.add(
      'committed',
      journal.onCommitted((committed) => {
        dispatch.committed(committed.events)
        deliveries.committed(committed)
      }),
    )
    shutdown.add(
      'refused',
      journal.onRefused((readings) => pipeline.unwritten(readings)),
    )
    shutdown.add(
      'reading batches',
      clock.every(READING_BATCH_MS, () => deliveries.wakeReadings()),
    )

    const figures = new AlarmFigures({ pipeline, journal, clock })
    shutdown.add('floods', await figures.start())

    const metrics = createMetrics({
      counters: () => pipeline.counters,
      unchanged: () => unchangedBySource(config(), pipeline.devices()),
      alarms: () => pipeline.alarms(),
      floods: () => figures.floods(),
      journal: () => journal.stats(),
      deliveries: () => deliveries.parts(),
      dispatch: () => dispatch,
      lines: () => lines.parts(),
      detections: () => detections.measure(),
      externals: () => externals.parts(),
      mqttMessages,
      unknownAddresses: () => mqttMessages().unknownAddresses,
      codecs: () => readers.codecStats(),
      brokerClients: () => broker.get('broker')?.stats().clients ?? 0,
      brokerRefusals: () => broker.get('broker')?.stats().refused ?? {},
      brokerOutbound: () => broker.get('broker')?.stats().outbound,
      brokerStore: () => broker.get('broker')?.stats().store,
      http: () => http.get('http')?.stats(),
      configOk: () => running.status.problems.length === 0,
      commands: () => control.counts,
      failingReverts: () => control.failingReverts,
    })
    view = createView({
      ...{ pipeline, journal, clock, startedAt, version: manifest.version },
      config,
      configStatus: () => running.status,
      health: () => meter.health(),
      lines: () => lineViews.of(config(), { lines: lineStatuses(), detections: detections.measure() }),
      reload: () => running.reload(),
      metrics: () => metrics.metrics(),
      ...{ dispatchRoom: dispatch },
      cap: createCapView(capViewParts({ config, journal, confirm: (receipt) => dispatch.confirm(receipt) })),
      ...{ commissioning, modes, upstream, statistics: figures, drills },
      ledgers: new LedgerRoom({ pipeline, journal, clock, config, registry, drills }),
      registry: createRegistryView({ registry, alarms: () => pipeline.alarms(), clock }),
      reports: createReportDesk({
        ...{ pipeline, journal, clock, places: () => config().registry.places },
        station: () => config().station.id,
        language: () => config().gateway.language,
      }),
      deviceCommands: createCommandsView({ control, journal, config }),
    })

    shutdown.add('http', () => http.stop())
    shutdown.add('gateways below', () => upstream.stop())
    shutdown.add('sources', stopSources)
    shutdown.add('commissioning', () => commissioning.stop())
    // Before a command can come: those from before this start must be known.
    await room.start(restored.commands)
    shutdown.add('commands', () => control.stop())
    await serve(first.http)
    // Before the first sample.
    await resumed
    await embedded.start(emit)
    await apply(first)
    control.revertExpired()

    const self = createSelfSource({ intervalMs: SELF_INTERVAL_MS, measure: () => meter.measure(), clock, log })
    await self.start(emit)
    shutdown.add('self', () => self.stop())
    shutdown.add('ticker', clock.every(TICK_MS, ticker.tick))
    const { http: console, mqtt } = addresses()
    log.info({ gateway: first.gateway.id, console, mqtt, devices: first.devices.length }, 'running')
    tidyMemory()
  }

  let view: ReturnType<typeof createView>

  function serve(options: GatewayConfig['http']): Promise<PartChanges> {
    const create = () => createHttpServer({ ...options, view, log, consoleDirectory: CONSOLE })
    return http.reconcile([{ key: 'http', options, create }])
  }

  /** From here on, `next` is what runs. Rejects where an address cannot be taken; the caller then goes back. */
  async function apply(next: GatewayConfig): Promise<readonly string[]> {
    // First of all: registers that were read for the old profile of a device must not be decoded by its new one.
    for (const line of config().lines) lines.get(line.id)?.setUnits(stayingUnits(line, next))
    running.take(next)
    upstream.setChildren(next.children)
    points.add(next.devices)
    detections.watch(next)
    const surroundings: DeliverySurroundings = {
      ...{ gatewayId: next.gateway.id, journal, clock, log, above: upstream.above },
      describe: (point) => points.get(point),
      vitals: () => ({
        ...{ station: next.station.id, startedAt },
        ...{ health: meter.health().status, lastSeq: journal.stats().lastEventSeq },
      }),
    }
    const field = { emit, seen, clock, log }
    // Receivers before senders: what the first sample raises must find its way.
    const changes = [await deliveries.reconcile(next.sinks, surroundings), await dispatch.reconcile(next)]
    await journal.commit(pipeline.reconfigure(next.devices, clock.now())).catch(() => {})
    room.setDevices(next)
    const hearing = { readers, listeners }
    embedded.setTopics(topicsOf(next, { broker: 'embedded', ...hearing }))
    for (const { id } of next.brokers) externals.get(id)?.setTopics(topicsOf(next, { broker: id, ...hearing }))
    changes.push(await broker.reconcile(wantedBroker(next, { ...toEmbedded, log })))
    const ofBroker = renewBroker(next)
    changes.push(await externals.reconcile(wantedExternals(next, { ...field, ...hearing })))
    changes.push(await lines.reconcile(wantedLines(next.lines, field)))
    for (const line of next.lines) lines.get(line.id)?.setUnits(unitsOf(line))
    // Last, when nothing can lead back any more: with its cursor a sink loses what still waits for it.
    await deliveries.retireOthers()
    log.level = next.gateway.logLevel
    return [...changes.flatMap(describePartChanges), ...ofBroker]
  }

  /** What changes on the running broker, whose clients stay: certificates, and users with the topics of their devices. */
  function renewBroker(next: GatewayConfig): readonly string[] {
    const present = broker.get('broker')
    if (present === undefined || next.broker === null) return []
    present.renewCertificates()
    const areOthers = present.setAuthentication(authenticationOf(next.broker, next.mqttDevices))
    return areOthers ? ['changed the users of the broker'] : []
  }

  async function stopSources(): Promise<void> {
    await Promise.all([broker.stop(), externals.stop(), lines.stop()])
    await embedded.stop()
    await readers.stop()
  }

  function addresses(): ReturnType<App['addresses']> {
    return {
      http: http.get('http')?.address()?.url ?? null,
      mqtt: [...(broker.get('broker')?.addresses() ?? [])],
    }
  }

  return {
    start() {
      const started = start()
      running.startsWith(started)
      return started
    },
    async stop() {
      await running.stop()
      await shutdown.run()
    },
    reload: () => running.reload(),
    addresses,
  }
}
