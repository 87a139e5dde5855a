/**
 * Dispatch among the other parts: alarm events go through the dispatcher, its decisions to disk, and from there to the channels; what the
 * receivers confirm comes back the same way. Without the section `dispatch` nothing of it runs.
 */
import type { Alarm, AlarmEvent } from '../alarm-model.ts'
import { DISPATCH_DEVICE, type GatewayConfig } from '../config/config.ts'
import type { Settled } from '../delivery/channel-loop.ts'
import { Dispatcher } from '../dispatch/dispatcher.ts'
import { type DispatchFigures, figuresOf } from '../dispatch/figures.ts'
import type { DispatchWorld } from '../dispatch/routing.ts'
import { waitsElsewhere } from '../dispatch/waits-elsewhere.ts'
import { alarmOfCase, type Decision, type DispatchEvent } from '../dispatch-event.ts'
import type { Handover, Receipt } from '../dispatch-model.ts'
import type { DispatchEntry } from '../journal/dispatch-journal.ts'
import { DISPATCH_DELIVERY } from '../journal/dispatch-store.ts'
import type { Journal, JournalStart } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import { type ChannelPart, wantedChannels } from './channel-parts.ts'
import type { ChannelSurroundings } from './channel-set.ts'
import { DispatchRecorder } from './dispatch-recorder.ts'
import { dispatchWorld } from './dispatch-world.ts'
import { NotificationTexts } from './notification-texts.ts'
import { type PartChanges, PartSet } from './part-set.ts'

export interface DispatchRoomParts {
  readonly journal: Pick<Journal, 'dispatch' | 'events' | 'stats' | 'registerDelivery' | 'retireDelivery' | 'advance'>
  readonly clock: Clock
  readonly log: Log
  /** The row as it is now. */
  readonly alarm: (id: string) => Alarm | undefined
  /** Resolves when it is on disk, or was refused because nobody needs to. */
  readonly acknowledge: (alarm: string, by: string) => Promise<void>
  readonly drillOf: (alarm: Alarm) => string | null
  /** What channels need beside dispatch itself. */
  readonly surroundings: () => Omit<ChannelSurroundings, 'confirm' | 'waitsElsewhere' | 'clock' | 'log'>
}

/** Alarm events that are read at a time while dispatch catches up. */
const PAGE = 500

export class DispatchRoom {
  readonly #parts: DispatchRoomParts
  readonly #channels = new PartSet<ChannelPart>()
  readonly #recorder: DispatchRecorder
  readonly #texts: NotificationTexts
  readonly #listeners = new Set<(events: readonly DispatchEvent[]) => void>()
  #start: Pick<JournalStart, 'dispatch' | 'lastEvents'>
  #dispatcher: Dispatcher | null = null
  /** The one of before dispatch was taken out of the configuration. */
  #resting: Dispatcher | null = null
  /** Number of the last alarm event that the dispatcher has seen. */
  #accepted = 0
  #following: Promise<void> | null = null
  #stopped = false

  constructor(parts: DispatchRoomParts, start: Pick<JournalStart, 'dispatch' | 'lastEvents'>) {
    const { journal, clock, log } = parts
    this.#parts = parts
    this.#start = start
    this.#texts = new NotificationTexts((id) => journal.dispatch.notification(id))
    this.#recorder = new DispatchRecorder({
      record: (entries, accepted) => journal.dispatch.record(entries, accepted),
      passed: (accepted) => void journal.advance(DISPATCH_DELIVERY, accepted).catch(() => {}),
      carryOut: (entries) => this.#carryOut(entries),
      ...{ clock, log },
    })
  }

  /** Null: the configuration has no dispatch. */
  channels(): readonly ChannelPart[] | null {
    return this.#dispatcher === null ? null : this.#channels.parts()
  }

  figures(): DispatchFigures | null {
    if (this.#dispatcher === null) return null
    return figuresOf(this.#dispatcher.state, { wall: this.#parts.clock.now().wall, own: DISPATCH_DEVICE })
  }

  /** Why decisions are not on disk; null: they are. */
  get failed(): string | null {
    return this.#recorder.failed
  }

  get lastSeq(): number {
    return this.#dispatcher?.state.lastSeq ?? this.#start.dispatch.lastSeq
  }

  /** What of dispatch runs is made as the configuration says. */
  async reconcile(config: GatewayConfig): Promise<PartChanges> {
    const { dispatch } = config
    const { journal, clock, log, drillOf, surroundings } = this.#parts
    if (dispatch === null) {
      if (this.#dispatcher !== null) await journal.retireDelivery(DISPATCH_DELIVERY)
      this.#resting ??= this.#dispatcher
      this.#dispatcher = null
      return await this.#channels.reconcile([])
    }
    const changes = await this.#channels.reconcile(
      wantedChannels(dispatch, {
        ...{ ...surroundings(), clock, log, confirm: (receipt) => this.confirm(receipt) },
        waitsElsewhere: (falling) => this.#dispatcher !== null && waitsElsewhere(this.#dispatcher.state, falling),
        notification: (id) => this.#texts.get(id),
        settled: (id, outcome) => this.#settled(id, outcome),
      }),
    )
    const world = dispatchWorld(config, { dispatch, drillOf })
    if (this.#dispatcher === null) await this.#begin(world)
    else {
      this.#take(this.#dispatcher.reconfigure(world, clock.now()))
      this.#queueWaiting(changes.restarted)
    }
    return changes
  }

  /** Alarm events are published: on disk, or past a disk that refuses. */
  committed(events: readonly AlarmEvent[]): void {
    if (this.#dispatcher === null || events.length === 0) return
    if (this.#following !== null || events[0]?.seq !== this.#accepted + 1) this.#follow()
    else for (const event of events) this.#accept(event)
  }

  /** After the rules. */
  tick(): void {
    if (this.#dispatcher === null) return
    this.#take(this.#dispatcher.tick(this.#parts.clock.now(), this.#parts.alarm))
    this.#recorder.tick()
  }

  /** `listener` is called with what is on disk; gives the way to end it. */
  onDecided(listener: (events: readonly DispatchEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** An acknowledgement acknowledges the alarms first: if the gateway is killed in between, the receiver says it again. */
  async confirm(receipt: Omit<Receipt, 'at'>): Promise<boolean> {
    const dispatcher = this.#dispatcher
    if (dispatcher === null) return false
    const known = dispatcher.state.notification(receipt.notification)
    const cases = known?.cases ?? (await this.#parts.journal.dispatch.notification(receipt.notification))?.cases
    if (cases === undefined) return false
    if (receipt.state === 'acknowledged') await this.#acknowledge(cases, receipt.by ?? 'unknown')
    const now = this.#parts.clock.now()
    this.#take(dispatcher.receipt(receipt, now) ?? dispatcher.lateReceipt(receipt, { cases, now }))
    await this.#recorder.settled()
    return true
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#following
    await this.#channels.stop()
    // What the channels have confirmed must be known when they start again.
    this.#recorder.tick()
    await this.#recorder.settled()
  }

  async #begin(world: DispatchWorld): Promise<void> {
    const { journal, clock, alarm } = this.#parts
    this.#accepted = await journal.registerDelivery(DISPATCH_DELIVERY, 'alarm-events', { fromNow: true })
    const dispatcher = this.#resting ?? new Dispatcher(world)
    if (this.#resting === null) {
      const { dispatch, lastEvents } = this.#start
      dispatcher.restore({ ...dispatch, lastEvents, accepted: this.#accepted, now: clock.now() })
      this.#start = { dispatch: { ...dispatch, events: [] }, lastEvents: [] }
    }
    dispatcher.acceptFrom(this.#accepted)
    this.#dispatcher = dispatcher
    this.#resting = null
    this.#take(dispatcher.reconfigure(world, clock.now()))
    this.#queueWaiting(null)
    this.#follow()
    await this.#following
    const { lastEventSeq, unsavedEvents } = journal.stats()
    // Otherwise what is missed is still on its way here.
    if (this.#accepted === lastEventSeq && unsavedEvents === 0) this.#take(dispatcher.closeMissed(clock.now(), alarm))
  }

  /** `channels`: those that were started; null: all. */
  #queueWaiting(channels: readonly string[] | null): void {
    for (const { facts, cases, createdAt } of this.#dispatcher?.state.waiting() ?? []) {
      if (channels !== null && !channels.includes(facts.channel)) continue
      this.#channels.get(facts.channel)?.add(facts, { cases, at: createdAt })
    }
  }

  #follow(): void {
    this.#following ??= this.#readOn()
      .catch((error: unknown) =>
        this.#parts.log.error(
          { err: error },
          'dispatch cannot read the alarm journal; it tries again with the next event',
        ),
      )
      .finally(() => {
        this.#following = null
      })
  }

  async #readOn(): Promise<void> {
    while (!this.#stopped) {
      const events = await this.#parts.journal.events(this.#accepted, PAGE)
      if (events.length === 0) return
      for (const event of events) this.#accept(event)
    }
  }

  #accept(event: AlarmEvent): void {
    const decisions = this.#dispatcher?.accept(event, this.#parts.clock.now()) ?? []
    this.#accepted = event.seq
    this.#take(decisions)
  }

  #take(decisions: readonly Decision[]): void {
    const state = this.#dispatcher?.state
    const entries = decisions.map(({ event, notification }): DispatchEntry => {
      if (notification !== null) this.#texts.keep(notification)
      return { event, notification, open: event.cases.filter((id) => state?.case(id) !== undefined) }
    })
    this.#recorder.add(entries, this.#accepted)
  }

  #carryOut(entries: readonly DispatchEntry[]): void {
    for (const { event } of entries) {
      if (event.type === 'notified') {
        const { notification, cases, time } = event
        this.#channels.get(notification.channel)?.add(notification, { cases, at: time })
      } else if (event.type === 'withdrawn') {
        for (const channel of this.#channels.parts()) channel.withdraw(event.notification)
      }
    }
    const events = entries.map(({ event }) => event)
    for (const listener of this.#listeners) listener(events)
  }

  #settled(id: string, outcome: Settled<Handover>): void {
    this.#texts.forget(id)
    const receipt = outcome.ok
      ? { state: outcome.result.state, by: outcome.result.by ?? null, detail: outcome.result.detail ?? null }
      : { state: 'failed' as const, by: null, detail: outcome.reason }
    void this.confirm({ notification: id, ...receipt }).catch((error: unknown) =>
      this.#parts.log.error({ err: error, notification: id }, 'what a channel has confirmed was not recorded'),
    )
  }

  /** Only of the occurrence that it speaks of: an answer that comes late must not silence what came since. */
  async #acknowledge(cases: readonly string[], by: string): Promise<void> {
    const now = cases.flatMap((id) => {
      const open = this.#dispatcher?.state.case(id)
      const row = this.#parts.alarm(alarmOfCase(id))
      return open === undefined || row === undefined || row.facts.acked ? [] : [row.id]
    })
    await Promise.all(now.map((alarm) => this.#parts.acknowledge(alarm, by)))
  }
}
