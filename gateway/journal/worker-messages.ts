/** What the main thread and the two worker threads say to each other. */
import type { AlarmMoment } from '../statistics/alarm-moment.ts'
import type { LedgerMoment } from '../statistics/ledger-moment.ts'
import type { SetAside } from './database.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'
import type { ReadingBlock } from './reading-block.ts'

export type JournalName = 'readings' | 'alarm-events'

export interface DeliveryRow {
  readonly id: string
  readonly journal: JournalName
  /** Last sequence number that the receiver has confirmed. */
  readonly cursor: number
}

export interface EventRow {
  readonly seq: number
  readonly alarm: string
  readonly time: number
  readonly json: string
  /** Id of the order from above that was carried out with it. */
  readonly order: string | null
}

export interface DeadLetterRow {
  readonly delivery: string
  readonly seq: number
  readonly time: number
  readonly error: string
  /** JSON */
  readonly item: string
}

/** One step of a command to a device. */
export interface CommandRow {
  readonly command: string
  readonly time: number
  readonly json: string
  /** Whether something may still happen to the command. */
  readonly open: boolean
}

/** One change of a mode. */
export interface ModeRow {
  readonly mode: string
  readonly time: number
  readonly json: string
  readonly on: boolean
}

/** One order to a gateway below, as it stands. */
export interface OrderRow {
  readonly order: string
  readonly json: string
  readonly open: boolean
}

/** One line of a book. */
export interface LedgerRow {
  readonly book: string
  readonly subject: string
  readonly time: number
  readonly json: string
}

/** One decision of dispatch. */
export interface DispatchRow {
  readonly seq: number
  readonly time: number
  readonly cases: readonly { readonly id: string; readonly isOpen: boolean }[]
  /** Id of the notification that it is about. */
  readonly notification: string | null
  /** Number of the notification, where it is one. */
  readonly number: number | null
  readonly json: string
  /** JSON of the whole notification. */
  readonly body: string | null
}

export interface DispatchChanges {
  readonly rows: readonly DispatchRow[]
  /** Alarm events up to this number are done with. */
  readonly accepted: number
}

/** Behind a number; null: of any. */
export interface NotificationQuery {
  readonly after: number
  readonly limit: number
  readonly channel: string | null
  readonly station: string | null
  readonly alarm: string | null
}

/** JSON of the decision, of the notification, and of what was heard of it. */
export interface NotificationRow {
  readonly json: string
  readonly body: string
  readonly receipts: readonly string[]
}

/** What the file knows of dispatch; JSON of all events of the open cases. */
export interface OpenedDispatch {
  readonly lastSeq: number
  readonly lastNotification: number
  readonly events: readonly string[]
}

/** What the file knows of commands; JSON of their steps. */
export interface OpenedCommands {
  readonly lastSeq: number
  readonly open: readonly string[]
  /** Oldest first. */
  readonly recent: readonly string[]
}

export interface AlarmChanges {
  readonly events: readonly EventRow[]
  readonly cursors: readonly (readonly [deliveryId: string, seq: number])[]
  readonly letters: readonly DeadLetterRow[]
}

export interface ReadingChanges {
  readonly points: readonly (readonly [index: number, name: string])[]
  readonly blocks: readonly ReadingBlock[]
  /** Of the messages that said them, packed. */
  readonly marks: Uint32Array<ArrayBuffer>
  /** Number of the last alarm event; kept beside the readings, in case the alarm file is ever damaged. */
  readonly lastEventSeq: number
}

export interface OpenWriter {
  readonly directory: string
  readonly maxReadings: number
  readonly maxAlarmEvents: number
  readonly wall: number
  /** For tests of a full disk: most pages of 4096 bytes that `readings.sqlite` may have. */
  readonly maxReadingPages: number | null
}

export interface OpenedWriter {
  readonly lastEventSeq: number
  readonly lastReadingSeq: number
  /** The last event of each alarm, as JSON. */
  readonly lastEvents: readonly string[]
  readonly points: readonly string[]
  readonly deliveries: readonly DeliveryRow[]
  readonly commands: OpenedCommands
  /** JSON of the last change of each mode that is on, and the number of the last one. */
  readonly modes: { readonly lastSeq: number; readonly on: readonly string[] }
  /** JSON of the orders that are open, and of the newest others, oldest first. */
  readonly orders: readonly string[]
  /** Of the numbering of alarm events. */
  readonly epoch: number
  readonly dispatch: OpenedDispatch
  /** As stored, oldest first. */
  readonly marks: readonly StoredMarks[]
  readonly setAside: readonly SetAside[]
}

/** The marks of one commit of readings. */
export interface StoredMarks {
  /** Number of the last reading of the commit. */
  readonly lastSeq: number
  readonly marks: Uint32Array
}

/** Why a part of a commit failed, or null: it is on disk. */
export interface CommitReply {
  readonly alarms: string | null
  readonly readings: string | null
}

export interface WriterState {
  /** Number of the first alarm event from which on none was deleted. */
  readonly firstEventSeq: number
  /** Number of the oldest reading that is kept. */
  readonly firstReadingSeq: number
  /** Readings deleted although a delivery or the history still needed them, since the file was made. */
  readonly dropped: number
  readonly droppedByDelivery: Readonly<Record<string, number>>
  /** Receipt of the oldest reading, or time of the oldest alarm event, that each delivery has not brought yet. */
  readonly oldestWaitingAt: Readonly<Record<string, number>>
  readonly deadLetters: number
  readonly alarmBytes: number
  readonly readingBytes: number
}

export interface WriterCalls {
  open(args: OpenWriter): OpenedWriter
  commit(args: AlarmChanges & ReadingChanges): CommitReply
  /** Gives the number of the step, once it is on disk. */
  command(args: CommandRow): number
  /** Gives the number of the change, once it is on disk. */
  mode(args: ModeRow): number
  /** Gives the number of the line, once it is on disk. */
  ledgerEntry(args: LedgerRow): number
  order(args: OrderRow): null
  /** Makes a new epoch, and gives it. */
  epoch(args: null): number
  /** Of these orders, those that are carried out. */
  carriedOut(args: { readonly orders: readonly string[] }): readonly string[]
  /** Answers once it is on disk. */
  dispatch(args: DispatchChanges): null
  register(args: DeliveryRow): null
  retire(args: { readonly deliveryId: string }): null
  /** `historyPassed`: the history has everything up to this reading on disk; null: not known. */
  tick(args: { readonly historyPassed: number | null }): WriterState
  close(args: null): null
}

/** Events of a period in the order of their times, behind the one that is named. */
export interface MomentQuery {
  readonly after: { readonly time: number; readonly seq: number }
  /** ms since 1970, excluded. */
  readonly to: number
  readonly limit: number
}

/** Lines of one book. */
export interface LedgerQuery {
  readonly book: string
  /** Only the newest of each subject. */
  readonly latest: boolean
  readonly limit: number
}

export interface OpenHistory {
  readonly directory: string
  readonly historyDays: number
  /** Readings that may be indexed in memory only, before they are written whatever their age. */
  readonly maxUnwritten: number
  readonly wall: number
  readonly mono: number
}

export interface HistoryState {
  /** Everything up to this reading is on disk in the history. */
  readonly passed: number
  /** Readings that the history has seen. */
  readonly seen: number
  readonly bytes: number
  /** Stored blocks or chunks that could not be read back, and were passed over. */
  readonly damaged: number
  readonly failed: string | null
}

export interface HistoryCalls {
  open(args: OpenHistory): { readonly setAside: readonly SetAside[]; readonly passed: number }
  tick(args: { readonly wall: number; readonly mono: number }): HistoryState
  histories(args: readonly HistoryQuery[]): readonly (readonly HistoryRow[])[]
  blocks(args: { readonly afterSeq: number; readonly limit: number }): readonly ReadingBlock[]
  /** JSON of each event. */
  events(args: { readonly afterSeq: number; readonly limit: number }): readonly string[]
  /** Steps of commands, JSON with their numbers, in order. */
  commandEvents(args: { readonly afterSeq: number; readonly limit: number }): readonly (readonly [number, string])[]
  moments(args: MomentQuery): readonly AlarmMoment[]
  ledgerMoments(args: MomentQuery): readonly LedgerMoment[]
  /** JSON, newest first; `latest`: only the newest of each subject. */
  ledgerEntries(args: LedgerQuery): readonly string[]
  /** Of each alarm that was active at that time (ms since 1970), the last event until then. */
  standing(args: { readonly time: number }): readonly AlarmMoment[]
  /** Decisions of dispatch, JSON, in order. */
  dispatchEvents(args: { readonly afterSeq: number; readonly limit: number }): readonly string[]
  /** Of one case of the alarm. */
  dispatchRecord(args: { readonly alarm: string; readonly occurrence: number | null }): readonly string[]
  notification(args: { readonly id: string }): NotificationRow | null
  notifications(args: NotificationQuery): readonly NotificationRow[]
  newestNotifications(args: {
    readonly channels: readonly string[]
    readonly limit: number
  }): readonly NotificationRow[]
  /** Changes of modes, JSON with their numbers, in order. */
  modeEvents(args: { readonly afterSeq: number; readonly limit: number }): readonly (readonly [number, string])[]
  deadLetters(args: { readonly limit: number }): readonly (DeadLetterRow & { readonly id: number })[]
  close(args: null): null
}
