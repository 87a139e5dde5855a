/**
 * The two journals and the history, on disk. The main thread numbers, encodes and groups; a writer thread commits; a
 * history thread reads and keeps the trends. SQLite is synchronous, and a slow disk must stop nothing else.
 */

import type { AlarmEvent, Outcome } from '../alarm-model.ts'
import type { JournaledReading } from '../delivery-model.ts'
import { type CommandEvent, type CommandEventDraft, isOpen } from '../device-command.ts'
import type { LedgerBook, LedgerEntry } from '../ledger-model.ts'
import type { ModeEvent, ModeEventDraft } from '../mode.ts'
import type { Clock, Log, MessageMark, Reading } from '../model.ts'
import type { AlarmMoment } from '../statistics/alarm-moment.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'
import type { Order } from '../upstream-model.ts'
import { DeliveryCursors } from './delivery-cursors.ts'
import { DispatchJournal, parsed } from './dispatch-journal.ts'
import { DISPATCH_DELIVERY } from './dispatch-store.ts'
import { EventQueue } from './event-queue.ts'
import { GroupCommit } from './group-commit.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'
import { JournalError } from './journal-error.ts'
import { journalStats } from './journal-stats.ts'
import { type JournalThreads, type OpenedThreads, withinTime } from './journal-threads.ts'
import type { Committed, DeadLetter, Journal, JournalOptions, JournalStart, JournalStats } from './journal-types.ts'
import { unpackMarks } from './message-marks.ts'
import { PointDictionary } from './point-dictionary.ts'
import { decodeBlock, type ReadingBlock } from './reading-block.ts'
import { ThreadKeeper } from './thread-keeper.ts'
import type { JournalName, MomentQuery, ReadingChanges } from './worker-messages.ts'

const TICK = 1000
const STOP_WITHIN = 5000
const MAX_EVENTS = 10_000
const MAX_READINGS = 50_000
const MAX_ROWS = 10_000
const MAX_COMMAND_EVENTS = 1000
const MAX_LEDGER_MOMENTS = 1000

export interface JournalTools {
  readonly clock: Clock
  readonly log: Log
  /** Already running; new ones are started where there are none. */
  readonly threads?: JournalThreads | undefined
}

export function createJournal(options: JournalOptions, tools: JournalTools): Journal {
  return new SqliteJournal(options, tools)
}

class SqliteJournal implements Journal {
  readonly #clock: Clock
  readonly #log: Log
  readonly #threads: JournalThreads | undefined
  readonly #listeners = new Set<(committed: Committed) => void>()
  readonly #refusedListeners = new Set<(readings: readonly Reading[]) => void>()
  readonly #points = new PointDictionary()
  readonly #cursors = new DeliveryCursors()
  readonly #events: EventQueue
  readonly #group: GroupCommit
  readonly #damagedBlocks = new Set<number>()
  readonly #keeper: ThreadKeeper
  readonly dispatch: DispatchJournal
  #endTicks: () => void = () => {}
  #stopped: Promise<void> | null = null
  #epoch = 0
  /** The alarm file was damaged, and the cursors of the deliveries with it. */
  #cursorsLost = false

  constructor(options: JournalOptions, { clock, log, threads }: JournalTools) {
    this.#clock = clock
    this.#log = log
    this.#threads = threads
    this.#events = new EventQueue(options.gatewayId)
    this.#keeper = new ThreadKeeper({
      directory: options.directory,
      maxReadings: options.maxReadings ?? 20_000_000,
      maxAlarmEvents: options.maxAlarmEvents ?? 1_000_000,
      historyDays: options.historyDays ?? 30,
      maxReadingPages: options.maxReadingPages ?? null,
      clock,
      log,
      onOpened: (opened) => this.#load(opened),
    })
    this.dispatch = new DispatchJournal({
      threads: () => this.#keeper.threads,
      confirm: (accepted) => this.#cursors.confirm(DISPATCH_DELIVERY, accepted),
    })
    this.#group = new GroupCommit({
      events: this.#events,
      points: this.#points,
      cursors: this.#cursors,
      maxWaitingReadings: options.maxWaitingReadings ?? 500_000,
      log,
      mono: () => clock.now().mono,
      send: (changes, onNotice) =>
        this.#keeper.threads.writer.call('commit', changes, { transfer: buffersOf(changes), onNotice }),
      onCommitted: (committed) => this.#tell(committed),
      onRefused: (readings) => {
        for (const listener of this.#refusedListeners) listener(readings)
      },
    })
  }

  async start(): Promise<JournalStart> {
    const { opened, setAside } = await this.#keeper.start(this.#threads)
    this.#cursorsLost = setAside.some(({ file }) => file === 'alarms.sqlite')
    this.#endTicks = this.#clock.every(TICK, () => this.#tick())
    const lastEvents = opened.lastEvents.map((json) => JSON.parse(json) as AlarmEvent)
    this.#events.restore(lastEvents)
    return {
      lastEventSeq: opened.lastEventSeq,
      lastReadingSeq: opened.lastReadingSeq,
      alarms: lastEvents.flatMap(({ alarm }) => (alarm.path === undefined ? [alarm] : [])),
      fromBelow: lastEvents.filter(({ alarm }) => alarm.path !== undefined),
      orders: opened.orders.map((json) => JSON.parse(json) as Order),
      commands: {
        lastSeq: opened.commands.lastSeq,
        open: opened.commands.open.map((json) => JSON.parse(json) as CommandEventDraft),
        recent: opened.commands.recent.map((json) => JSON.parse(json) as CommandEventDraft),
      },
      modes: {
        lastSeq: opened.modes.lastSeq,
        on: opened.modes.on.map((json) => JSON.parse(json) as ModeEventDraft),
      },
      dispatch: { ...opened.dispatch, events: parsed(opened.dispatch.events) },
      lastEvents,
      marks: opened.marks.flatMap(({ marks }) => unpackMarks(marks)),
      lastMarks: opened.marks
        .filter(({ lastSeq }) => lastSeq === opened.lastReadingSeq)
        .flatMap(({ marks }) => unpackMarks(marks)),
      setAside,
    }
  }

  commit(outcome: Outcome, mark?: MessageMark): Promise<readonly AlarmEvent[]> {
    if (this.#keeper.started) return this.#group.commit(outcome, mark)
    return Promise.reject(new JournalError('stopped', 'the journal takes nothing: it is not started'))
  }

  onCommitted(listener: (committed: Committed) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onRefused(listener: (readings: readonly Reading[]) => void): () => void {
    this.#refusedListeners.add(listener)
    return () => this.#refusedListeners.delete(listener)
  }

  async events(afterSeq: number, limit: number): Promise<readonly AlarmEvent[]> {
    const wanted = { afterSeq, limit: Math.min(limit, MAX_EVENTS) }
    const recent = this.#events.recent(wanted)
    if (recent !== null) return recent
    const stored = await this.#keeper.threads.history.call('events', wanted)
    return stored.map((json) => JSON.parse(json) as AlarmEvent)
  }

  async readings(afterSeq: number, limit: number): Promise<readonly JournaledReading[]> {
    const wanted = Math.min(limit, MAX_READINGS)
    const blocks = await this.#keeper.threads.history.call('blocks', { afterSeq, limit: wanted })
    return blocks.flatMap((block) => this.#decode(block, afterSeq)).slice(0, wanted)
  }

  async history(query: HistoryQuery): Promise<readonly HistoryRow[]> {
    const [rows] = await this.histories([query])
    return rows ?? []
  }

  async histories(queries: readonly HistoryQuery[]): Promise<readonly (readonly HistoryRow[])[]> {
    return await this.#keeper.threads.history.call('histories', queries.map(checkedQuery))
  }

  async registerDelivery(deliveryId: string, journal: JournalName, { fromNow }: { fromNow: boolean }): Promise<number> {
    const known = this.#cursors.find(deliveryId)
    if (known?.journal === journal) return known.cursor
    const last = journal === 'readings' ? this.#group.lastReadingSeq : this.#events.beforeOpenAlarms
    // Lost cursors begin at the start: bringing readings twice is harmless, leaving them out is not.
    const delivery = { id: deliveryId, journal, cursor: fromNow && !this.#cursorsLost ? last : 0 }
    await this.#keeper.threads.writer.call('register', delivery)
    this.#cursors.add(delivery)
    return delivery.cursor
  }

  async retireDelivery(deliveryId: string): Promise<void> {
    await this.#keeper.threads.writer.call('retire', { deliveryId })
    this.#cursors.remove(deliveryId)
  }

  // biome-ignore lint/suspicious/useAwait: an unknown delivery is a rejection, as everywhere in this interface
  async cursor(deliveryId: string): Promise<number> {
    return this.#cursors.get(deliveryId).cursor
  }

  // biome-ignore lint/suspicious/useAwait: an unknown delivery is a rejection, as everywhere in this interface
  async advance(deliveryId: string, seq: number): Promise<void> {
    if (this.#cursors.advance(deliveryId, seq)) this.#group.saveCursorsSoon()
  }

  async deadLetter(letter: DeadLetter): Promise<void> {
    this.#cursors.addLetter(letter)
    await this.#group.saveCursors()
  }

  async recordCommand(step: CommandEventDraft): Promise<number> {
    const { id } = step.command
    const row = { command: id, time: step.time, json: JSON.stringify(step), open: isOpen(step.command) }
    return await this.#keeper.threads.writer.call('command', row)
  }

  async commandEvents(afterSeq: number, limit: number): Promise<readonly CommandEvent[]> {
    const rows = await this.#keeper.threads.history.call('commandEvents', {
      afterSeq,
      limit: Math.min(limit, MAX_COMMAND_EVENTS),
    })
    return rows.map(([seq, json]) => ({ seq, ...(JSON.parse(json) as CommandEventDraft) }))
  }

  async moments(query: MomentQuery): Promise<readonly AlarmMoment[]> {
    const limit = Math.min(query.limit, MAX_EVENTS)
    return await this.#keeper.threads.history.call('moments', { ...query, limit })
  }

  async standing(time: number): Promise<readonly AlarmMoment[]> {
    return await this.#keeper.threads.history.call('standing', { time })
  }

  async ledgerMoments(query: MomentQuery): Promise<readonly LedgerMoment[]> {
    const limit = Math.min(query.limit, MAX_LEDGER_MOMENTS)
    return await this.#keeper.threads.history.call('ledgerMoments', { ...query, limit })
  }

  async enter({ book, subject, time, content }: LedgerEntry): Promise<void> {
    await this.#keeper.threads.writer.call('ledgerEntry', { book, subject, time, json: JSON.stringify(content) })
  }

  async entries(book: LedgerBook, limit: number): Promise<readonly unknown[]> {
    return await this.#entries(book, { limit, latest: false })
  }

  async latestEntries(book: LedgerBook, limit: number): Promise<readonly unknown[]> {
    return await this.#entries(book, { limit, latest: true })
  }

  async #entries(book: LedgerBook, { limit, latest }: { limit: number; latest: boolean }): Promise<readonly unknown[]> {
    const query = { book, latest, limit: Math.min(limit, MAX_ROWS) }
    const rows = await this.#keeper.threads.history.call('ledgerEntries', query)
    return rows.map((json) => JSON.parse(json) as unknown)
  }

  async recordMode(event: ModeEventDraft): Promise<number> {
    const { mode, time, type } = event
    const row = { mode: mode.id, time, json: JSON.stringify(event), on: type !== 'ended' }
    return await this.#keeper.threads.writer.call('mode', row)
  }

  async modeEvents(afterSeq: number, limit: number): Promise<readonly ModeEvent[]> {
    const wanted = { afterSeq, limit: Math.min(limit, MAX_COMMAND_EVENTS) }
    const rows = await this.#keeper.threads.history.call('modeEvents', wanted)
    return rows.map(([seq, json]) => ({ seq, ...(JSON.parse(json) as ModeEventDraft) }))
  }

  async recordOrder(order: Order): Promise<void> {
    const row = { order: order.id, json: JSON.stringify(order), open: order.state === 'pending' }
    await this.#keeper.threads.writer.call('order', row)
  }

  async carriedOut(orders: readonly string[]): Promise<readonly string[]> {
    return await this.#keeper.threads.writer.call('carriedOut', { orders })
  }

  epoch(): number {
    return this.#epoch
  }

  async beginEpoch(): Promise<number> {
    this.#epoch = await this.#keeper.threads.writer.call('epoch', null)
    return this.#epoch
  }

  beforeOpenAlarms(): number {
    return this.#events.beforeOpenAlarms
  }

  async deadLetters({ limit }: { limit: number }): Promise<readonly (DeadLetter & { readonly id: number })[]> {
    const rows = await this.#keeper.threads.history.call('deadLetters', { limit: Math.min(limit, MAX_ROWS) })
    return rows.map((row) => ({ ...row, item: JSON.parse(row.item) as unknown }))
  }

  stats(): JournalStats {
    return journalStats({
      group: this.#group,
      events: this.#events,
      cursors: this.#cursors,
      writer: this.#keeper.writerState,
      history: this.#keeper.historyState,
      damaged: this.#damagedBlocks.size,
      setAside: this.#keeper.setAside,
      failed: this.#keeper.failure,
    })
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    this.#endTicks()
    if (!this.#keeper.started) return await this.#keeper.end()
    const { threads } = this.#keeper
    const inTime = await withinTime(
      STOP_WITHIN,
      this.#group.close().then(() => threads.close()),
    )
    await this.#keeper.end()
    const lost = this.#events.unsaved
    if (!inTime || lost > 0) this.#log.error({ lost }, 'the journal was stopped before all alarm events were on disk')
  }

  /** What is in memory only, because a thread ended before it was written, stays and is written again. */
  #load({ opened }: OpenedThreads): void {
    this.#events.load(opened.lastEventSeq)
    this.#epoch = opened.epoch
    this.#points.load(opened.points)
    this.#cursors.load(opened.deliveries)
    this.#group.lastReadingSeq = opened.lastReadingSeq
    // Nothing at the start; later it is all of them when the alarm file had to be made anew.
    const saved = new Set(opened.deliveries.map(({ id }) => id))
    for (const delivery of this.#cursors.all()) {
      if (saved.has(delivery.id)) continue
      this.#keeper.threads.writer
        .call('register', delivery)
        .catch((error: unknown) => this.#log.error({ error: String(error), ...delivery }, 'a cursor is not on disk'))
    }
  }

  #tick(): void {
    this.#keeper.tick()
    this.#group.tick()
  }

  #decode(block: ReadingBlock, afterSeq: number): JournaledReading[] {
    try {
      return decodeBlock(block, { pointName: (index) => this.#points.name(index), afterSeq })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#damagedBlocks.add(block.firstSeq)
      return []
    }
  }

  #tell(committed: Committed): void {
    for (const listener of this.#listeners) {
      try {
        listener(committed)
      } catch (error) {
        this.#log.error({ error: String(error) }, 'a listener of the journal failed')
      }
    }
  }
}

function buffersOf({ blocks, marks }: ReadingChanges): ArrayBuffer[] {
  return [...blocks.map((block) => block.bytes.buffer), marks.buffer]
}

function checkedQuery({ point, from, to, maxPoints }: HistoryQuery): HistoryQuery {
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to && maxPoints >= 2)) {
    throw new JournalError(
      'invalid',
      `a history needs from < to and at least 2 points, not from ${from} to ${to} with ${maxPoints}`,
    )
  }
  return { point, from, to, maxPoints: Math.min(Math.floor(maxPoints), MAX_ROWS) }
}
