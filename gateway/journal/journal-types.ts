import type { Alarm, AlarmEvent, Outcome } from '../alarm-model.ts'
import type { JournaledReading } from '../delivery-model.ts'
import type { CommandEvent, CommandEventDraft } from '../device-command.ts'
import type { LedgerBook, LedgerEntry } from '../ledger-model.ts'
import type { ModeEvent, ModeEventDraft } from '../mode.ts'
import type { MessageMark, Reading } from '../model.ts'
import type { AlarmMoment } from '../statistics/alarm-moment.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'
import type { Order } from '../upstream-model.ts'
import type { SetAside } from './database.ts'
import type { DispatchJournal, DispatchStart } from './dispatch-journal.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'
import type { JournalName, MomentQuery } from './worker-messages.ts'

export interface JournalOptions {
  /** Where the files are; made if it is missing. One gateway per directory. */
  readonly directory: string
  readonly gatewayId: string
  /** Readings that are kept for deliveries that lag; above it the oldest are dropped and counted. Default 20 million. */
  readonly maxReadings?: number
  /** Alarm events that are kept; older ones go once every delivery has brought them. Default 1 million, 1.4 GB. */
  readonly maxAlarmEvents?: number
  /** Days that trends go back. Default 30. */
  readonly historyDays?: number
  /** Readings that may wait for a slow disk in memory; more are refused. Default 500 000. */
  readonly maxWaitingReadings?: number
  /** For tests of a full disk: most pages of 4096 bytes that `readings.sqlite` may have. */
  readonly maxReadingPages?: number
}

export interface JournalStart {
  /** 0 before the first. */
  readonly lastEventSeq: number
  readonly lastReadingSeq: number
  /** The current alarm table: the row of the last event of each alarm, in the order of these events. */
  readonly alarms: readonly Alarm[]
  /** The same of gateways below, with the events. */
  readonly fromBelow: readonly AlarmEvent[]
  /** Orders to gateways below: those that are open, and the newest others, oldest first. */
  readonly orders: readonly Order[]
  readonly commands: {
    /** 0 before the first. */
    readonly lastSeq: number
    /** The last step of each command to which something may still happen. */
    readonly open: readonly CommandEventDraft[]
    /** The newest steps, oldest first. */
    readonly recent: readonly CommandEventDraft[]
  }
  readonly modes: {
    /** 0 before the first. */
    readonly lastSeq: number
    /** The last change of each mode that was on. */
    readonly on: readonly ModeEventDraft[]
  }
  readonly dispatch: DispatchStart
  /** The last event of each alarm, in order. */
  readonly lastEvents: readonly AlarmEvent[]
  /** Of the last messages whose readings are on disk, oldest first. */
  readonly marks: readonly MessageMark[]
  /** Those of the very last commit: their acknowledgements may not have left. */
  readonly lastMarks: readonly MessageMark[]
  /** Damaged files that were moved away, never deleted; a fresh one took the place of each. */
  readonly setAside: readonly SetAside[]
}

/** One commit, as listeners see it. */
export interface Committed {
  readonly events: readonly AlarmEvent[]
  readonly readings: readonly Reading[]
  /** Number of the first of `readings`; the others follow without a gap. */
  readonly firstReadingSeq: number
}

/** An item that a receiver will never accept. */
export interface DeadLetter {
  readonly delivery: string
  /** Number of the item in its journal. */
  readonly seq: number
  /** ms since 1970 */
  readonly time: number
  readonly error: string
  /** Anything that JSON can hold. */
  readonly item: unknown
}

export interface DeliveryStats {
  readonly id: string
  readonly journal: JournalName
  readonly cursor: number
  /** Items that the receiver has not confirmed. */
  readonly waiting: number
  /** Receipt of the oldest waiting reading, time of the oldest waiting event; ms since 1970; null: none waits. */
  readonly oldestWaitingAt: number | null
  /** Readings that were dropped before this delivery had brought them. */
  readonly dropped: number
}

/** At most about a second old, except the numbers and `failed`, which are of now. */
export interface JournalStats {
  /** Of the events that can be read. */
  readonly firstEventSeq: number
  readonly lastEventSeq: number
  readonly lastReadingSeq: number
  readonly storedReadings: number
  /** Readings in memory on their way to the disk. */
  readonly waitingReadings: number
  /** Alarm events that are not on disk yet; above 0 for long only while `failed` is set. */
  readonly unsavedEvents: number
  readonly deliveries: readonly DeliveryStats[]
  /** Readings dropped because the journal was full, while a delivery or the history still needed them. */
  readonly dropped: number
  /** Readings that were refused, so never acknowledged, since the start. */
  readonly refused: number
  /** Stored blocks of readings and chunks of history that could not be read back, since the start. */
  readonly damaged: number
  /** Dead letters ever written; the last 10 000 are kept. */
  readonly deadLetters: number
  /** Readings that trends do not show yet. */
  readonly historyLag: number
  /** Damaged files that were moved away since the start; what only they held is missing, active alarms too. */
  readonly setAside: readonly SetAside[]
  readonly bytes: { readonly alarms: number; readonly readings: number; readonly history: number }
  /** Why commits fail now; null: they do not. */
  readonly failed: string | null
  /** Why the history is not written now; readings wait in the journal. */
  readonly historyFailed: string | null
}

export interface Journal {
  /** Throws a `JournalError`: 'locked', 'newer', or 'disk' when the files cannot be opened or made. */
  start(): Promise<JournalStart>
  /**
   * Numbers the events and resolves with them when everything is on disk. Everything of one turn of the event loop, and
   * everything that comes while a commit is under way, shares one commit. Rejects with a `JournalError` that carries
   * the events: the readings are then not stored and use up no numbers; the events are seen by all, stay queued in
   * memory, and are written as soon as the disk takes them. On a disk that hangs, an outcome without readings rejects
   * after a second or two; readings go on waiting for it. `mark` is kept with the readings, or not at all.
   */
  commit(outcome: Outcome, mark?: MessageMark): Promise<readonly AlarmEvent[]>
  /** `listener` is called after each commit, in order; gives the way to end it. */
  onCommitted(listener: (committed: Committed) => void): () => void
  /** `listener` is called with readings that were refused, before their `commit` rejects; gives the way to end it. */
  onRefused(listener: (readings: readonly Reading[]) => void): () => void
  /** Events with numbers above `afterSeq`, without gaps, at most `limit` (up to 10 000). */
  events(afterSeq: number, limit: number): Promise<readonly AlarmEvent[]>
  /** Readings with numbers above `afterSeq`, at most `limit` (up to 50 000); dropped ones are passed over. */
  readings(afterSeq: number, limit: number): Promise<readonly JournaledReading[]>
  history(query: HistoryQuery): Promise<readonly HistoryRow[]>
  /** Of many points at the price of one question; the answers stand in the order of the queries. */
  histories(queries: readonly HistoryQuery[]): Promise<readonly (readonly HistoryRow[])[]>
  /**
   * Makes a cursor, or finds the one that is there; resolves with it. What a registered delivery has not passed is kept.
   * `fromNow`: a new delivery begins behind what the journal holds; one of alarm events just before the last event of the
   * oldest alarm that is neither normal nor out of service, so that its receiver learns what is going on.
   */
  registerDelivery(deliveryId: string, journal: JournalName, options: { readonly fromNow: boolean }): Promise<number>
  /** Forgets the cursor, so that nothing is kept for this delivery any more. */
  retireDelivery(deliveryId: string): Promise<void>
  cursor(deliveryId: string): Promise<number>
  /**
   * Moves the cursor forward to `seq`, never back. Resolves at once; on disk with the next commit, or about 100 ms later.
   * What was confirmed in that time is delivered again after a crash.
   */
  advance(deliveryId: string, seq: number): Promise<void>
  /**
   * Keeps an item that cannot be delivered. Resolves when that is on disk; while the disk refuses or hangs it resolves all
   * the same and is written later, because a failing disk must not hold an alarm back.
   */
  deadLetter(letter: DeadLetter): Promise<void>
  /** Resolves with the number of the step when it is on disk. Steps are written in the order in which they come. */
  recordCommand(step: CommandEventDraft): Promise<number>
  /** Steps of commands with numbers above `afterSeq`, at most `limit` (up to 1000); the last 20 000 are kept. */
  commandEvents(afterSeq: number, limit: number): Promise<readonly CommandEvent[]>
  /** Of the alarm events of a period, in the order of their times; at most `limit` (up to 10 000). */
  moments(query: MomentQuery): Promise<readonly AlarmMoment[]>
  /** Of each alarm that was active at that time (ms since 1970), the last event until then. */
  standing(time: number): Promise<readonly AlarmMoment[]>
  /** The same with what ledgers need to know; at most `limit` (up to 1000), so that a year holds nobody up. */
  ledgerMoments(query: MomentQuery): Promise<readonly LedgerMoment[]>
  /** Resolves when the line is on disk. */
  enter(entry: LedgerEntry): Promise<void>
  /** Contents of the lines of a book, the newest first, at most `limit` (up to 10 000). */
  entries(book: LedgerBook, limit: number): Promise<readonly unknown[]>
  /** The same of the newest line of each subject. */
  latestEntries(book: LedgerBook, limit: number): Promise<readonly unknown[]>
  /** Resolves with the number of the change when it is on disk. */
  recordMode(event: ModeEventDraft): Promise<number>
  /** Changes of modes with numbers above `afterSeq`, at most `limit` (up to 1000); the last 20 000 are kept. */
  modeEvents(afterSeq: number, limit: number): Promise<readonly ModeEvent[]>
  /** Resolves when the order, as it stands, is on disk. */
  recordOrder(order: Order): Promise<void>
  /** Which of these orders of a gateway above are carried out: the event that says so is on disk. */
  carriedOut(orders: readonly string[]): Promise<readonly string[]>
  /** Of the numbering of alarm events: another one means that numbers began anew. For after the start. */
  epoch(): number
  /** What receivers have by our numbers is not what we have: from now on they are numbers of a new epoch. */
  beginEpoch(): Promise<number>
  /** Whoever reads on behind this number learns of everything that somebody must still deal with. */
  beforeOpenAlarms(): number
  /** What dispatch decided and heard. */
  readonly dispatch: DispatchJournal
  /** Newest first. */
  deadLetters(options: { readonly limit: number }): Promise<readonly (DeadLetter & { readonly id: number })[]>
  stats(): JournalStats
  /** Writes what waits, closes the files; at most about 5 s. */
  stop(): Promise<void>
}
