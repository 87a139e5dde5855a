/**
 * The gateway above as one part: alarm events go to it, heartbeats at a steady pace, and a question that waits there for orders,
 * because a station behind its router can be reached in no other way.
 */
import { parseDuration } from '../../device-profiles/duration.ts'
import type { AlarmEvent } from '../alarm-model.ts'
import type { SinkConfig } from '../config/config.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { DeliveryStatus } from '../delivery/delivery-status.ts'
import { createHeartbeatLoop } from '../delivery/heartbeat.ts'
import type { Heartbeat, Sink } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { OutpostSink, type ParentTransport, refuseLoop } from '../sinks/outpost.ts'
import { createOutpostHttp } from '../sinks/outpost-http.ts'
import { createOutpostMqtt } from '../sinks/outpost-mqtt.ts'
import type { Report, ReportAnswer } from '../upstream-model.ts'
import type { Above, DeliveryPart, DeliverySurroundings } from './delivery-part.ts'
import { tlsOptions } from './tls-options.ts'

export type OutpostConfig = Extract<SinkConfig, { type: 'outpost' | 'outpost-mqtt' }>

const HEARTBEAT = '10s'
/** Below what routers and proxies take for a dead connection. */
const WAIT_FOR_ORDERS_MS = 20_000
/** Up to four bytes each, and quoted twice: what a gateway takes in one message is more. */
const MQTT_CHARACTERS = 50_000
/** Before orders are asked for again after a failure, or an answer that came at once and said nothing. */
const ASK_AGAIN_MS = 2000

export interface ParentPartOptions {
  readonly id: string
  readonly above: Above
  readonly surroundings: DeliverySurroundings
  /** Makes the loop that brings alarm events. */
  readonly deliver: (sink: Sink<AlarmEvent>) => Delivery
}

export function createParentPart(config: OutpostConfig, options: ParentPartOptions): DeliveryPart {
  const { id, above, surroundings } = options
  const { gatewayId: gateway, journal, vitals, clock, log } = surroundings
  const transport = transportOf(config, gateway)
  const sink = new OutpostSink({
    ...{ id: config.id, gateway, transport },
    ...(config.type === 'outpost-mqtt' && { maxCharacters: MQTT_CHARACTERS }),
    journal: {
      epoch: () => journal.epoch(),
      beginEpoch: () => journal.beginEpoch(),
      beforeOpenAlarms: () => journal.beforeOpenAlarms(),
      lastSeq: () => journal.stats().lastEventSeq,
      read: (afterSeq, limit) => journal.events(afterSeq, limit),
      cursor: () => journal.cursor(id),
    },
    passedOver(item, { seq, problem }) {
      log.warn({ sink: config.id, seq, problem }, 'the gateway above does not take an alarm event')
      void journal.deadLetter({ delivery: id, seq, error: problem, item: item ?? null, time: clock.now().wall })
    },
  })
  const delivery = options.deliver(sink)
  const intervalMs = parseDuration(config.heartbeat?.interval ?? HEARTBEAT)
  const beat = (): Heartbeat => ({
    ...{ version: 1, type: 'heartbeat', gateway, time: clock.now().wall, intervalMs },
    ...vitals(),
  })
  const talk = new Talk({ config, gateway, sink, transport, above, epoch: () => journal.epoch(), clock })
  const heartbeats = createHeartbeatLoop({
    ...{ id: `${config.id}:heartbeat`, intervalMs, beat, clock, log },
    sink: {
      ...{ id: config.id, maxBatch: 1, stop: () => Promise.resolve() },
      write: ([one], signal) => (one === undefined ? Promise.resolve() : talk.report(one, { waitMs: 0, signal })),
    },
  })
  return {
    ...{ sinkId: config.id, journal: 'alarm-events' },
    async start() {
      await journal.registerDelivery(id, 'alarm-events', { fromNow: true })
      delivery.start()
      heartbeats.start()
      talk.start(beat)
    },
    async stop() {
      above.ways.delete(config.id)
      await talk.stop()
      await heartbeats.stop()
      await delivery.stop()
    },
    wake: () => delivery.wake(),
    status: () => worse(delivery.status(), heartbeats.status()),
  }
}

/** Under the id of the delivery; where events wait for nothing, a gateway above that does not answer shows all the same. */
function worse(events: DeliveryStatus, heartbeats: DeliveryStatus): DeliveryStatus {
  if (events.failure !== null || heartbeats.failure === null) return events
  const { state, failure, message, since, failuresInARow, failingMs } = heartbeats
  return { ...events, state, failure, message, since, failuresInARow, failingMs }
}

function transportOf(config: OutpostConfig, gateway: string): ParentTransport {
  const { id, url, token, timeout } = config
  const shared = {
    ...{ id, url, gateway, token },
    ...tlsOptions(config),
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout) }),
  }
  if (config.type === 'outpost') return createOutpostHttp(shared)
  const { username, password, protocolVersion } = config
  return createOutpostMqtt({
    ...shared,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(protocolVersion !== undefined && { protocolVersion }),
  })
}

interface TalkParts {
  readonly config: OutpostConfig
  readonly gateway: string
  readonly sink: OutpostSink
  readonly transport: ParentTransport
  readonly above: Above
  readonly epoch: () => number
  readonly clock: Clock
}

/** Reports, and what their answers say: orders, and how far the gateway above has come. */
class Talk {
  readonly #parts: TalkParts
  readonly #stopping = new AbortController()
  #ask = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #endRefusals: () => void = () => {}

  constructor(parts: TalkParts) {
    this.#parts = parts
  }

  start(beat: () => Heartbeat): void {
    // What was refused is told at once.
    this.#endRefusals = this.#parts.above.desk.onRefused(() => this.#ask.abort())
    this.#loop = this.#run(beat)
  }

  async stop(): Promise<void> {
    this.#endRefusals()
    this.#stopping.abort()
    this.#ask.abort()
    await this.#loop
  }

  async report(
    beat: Heartbeat,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const answer = await this.#exchange(beat, { waitMs, signal })
    // The next heartbeat must not wait until the gateway above has everything again.
    void this.#parts.sink.noteKnown(answer.known, this.#stopping.signal).catch(() => {})
  }

  async #exchange(
    beat: Heartbeat,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<ReportAnswer> {
    const { config, gateway, transport, above, epoch } = this.#parts
    const report: Report = { ...beat, epoch: epoch(), ...above.desk.report(), waitMs }
    const answer = await transport.report(report, signal)
    const way = [answer.gateway, ...answer.above]
    refuseLoop(gateway, way)
    above.ways.set(config.id, way)
    above.desk.settle(answer.settled)
    await above.desk.take(answer.orders)
    return answer
  }

  /** Failures show in the heartbeats; this only goes on asking. */
  async #run(beat: () => Heartbeat): Promise<void> {
    const { clock } = this.#parts
    while (!this.#stopping.signal.aborted) {
      this.#ask = new AbortController()
      const { signal } = this.#ask
      const from = clock.now().mono
      const heard = await this.#exchange(beat(), { waitMs: WAIT_FOR_ORDERS_MS, signal }).then(
        ({ orders, settled }) => orders.length + settled.length > 0 || clock.now().mono - from > ASK_AGAIN_MS,
        () => signal.aborted,
      )
      if (!heard) await clock.sleep(ASK_AGAIN_MS, this.#stopping.signal).catch(() => {})
    }
  }
}
