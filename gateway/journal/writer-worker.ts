/**
 * The thread that writes. It owns `alarms.sqlite` and `readings.sqlite`, so that a slow disk stops neither polling nor
 * MQTT nor HTTP. It does one thing at a time, in the order it is asked.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { ALARM_FILE, AlarmStore } from './alarm-store.ts'
import { bytesOf, numberOf, openDatabase, reopenDatabase, sqliteCode } from './database.ts'
import { lockDirectory } from './directory-lock.ts'
import { DISPATCH_DELIVERY } from './dispatch-store.ts'
import { JournalError, openingError } from './journal-error.ts'
import { READING_FILE, ReadingStore } from './reading-store.ts'
import { serveCalls } from './worker-calls.ts'
import type {
  AlarmChanges,
  CommandRow,
  CommitReply,
  DeliveryRow,
  DispatchChanges,
  JournalName,
  LedgerRow,
  ModeRow,
  OpenedWriter,
  OpenWriter,
  OrderRow,
  ReadingChanges,
  WriterCalls,
  WriterState,
} from './worker-messages.ts'

const SQLITE_BUSY = 5
const SQLITE_FULL = 13
/** After these the connection is still sound; after any other error it is opened anew. */
const PASSING_ERRORS: readonly (number | null)[] = [SQLITE_BUSY, SQLITE_FULL]

let options: OpenWriter
let lock: DatabaseSync | null = null
let alarms: AlarmStore | null = null
let readings: ReadingStore | null = null
let deliveries: DeliveryRow[] = []
let historyPassed: number | null = null

serveCalls<WriterCalls>({
  open,
  commit,
  command,
  mode,
  ledgerEntry,
  dispatch,
  order,
  epoch,
  carriedOut,
  register,
  retire,
  tick,
  close,
})

function open(args: OpenWriter): OpenedWriter {
  options = args
  mkdirSync(args.directory, { recursive: true })
  lock = lockDirectory(args.directory)
  const openedAlarms = openDatabase(args.directory, ALARM_FILE, { wall: args.wall })
  alarms = new AlarmStore(openedAlarms.db)
  const openedReadings = openDatabase(args.directory, READING_FILE, { wall: args.wall })
  readings = openReadingStore(openedReadings.db)
  deliveries = alarms.deliveries()
  continueNumbering({
    eventSeq: Math.max(openedAlarms.salvagedSeq, readings.mirroredEventSeq(), ...cursorsOf('alarm-events')),
    readingSeq: Math.max(openedReadings.salvagedSeq, ...cursorsOf('readings')),
  })
  syncDirectory(args.directory)
  return {
    lastEventSeq: alarms.lastSeq(),
    lastReadingSeq: readings.lastSeq(),
    lastEvents: alarms.lastEvents(),
    points: readings.points(),
    deliveries,
    commands: {
      lastSeq: alarms.commands.lastSeq(),
      open: alarms.commands.openCommands(),
      recent: alarms.commands.recent(),
    },
    modes: { lastSeq: alarms.modes.lastSeq(), on: alarms.modes.on() },
    orders: alarms.orders.known(),
    epoch: alarms.epoch(),
    dispatch: {
      lastSeq: alarms.dispatch.lastSeq(),
      lastNotification: alarms.dispatch.lastNotification(),
      events: alarms.dispatch.open(),
    },
    marks: readings.marks(),
    setAside: [openedAlarms.setAside, openedReadings.setAside].filter((file) => file !== null),
  }
}

/**
 * Numbers that receivers and cursors know must not be given a second time, also not where a file is fresh or older than
 * they are: a delivery would take what has such a number for delivered.
 */
function continueNumbering({ eventSeq, readingSeq }: { eventSeq: number; readingSeq: number }): void {
  if (eventSeq > alarmStore().lastSeq()) alarmStore().setBaseSeq(eventSeq)
  if (readingSeq > readingStore().lastSeq()) readingStore().setBaseSeq(readingSeq)
}

function cursorsOf(journal: JournalName): number[] {
  return deliveries.filter((delivery) => delivery.journal === journal).map((delivery) => delivery.cursor)
}

function commit(changes: AlarmChanges & ReadingChanges, notice: () => void): CommitReply {
  const alarmFailure = attempt('alarms', () => writeAlarms(changes))
  if (alarmFailure === null && changes.events.length > 0) notice()
  // A reading is acknowledged only when the alarm that it raised is on disk too.
  if (alarmFailure !== null && changes.events.length > 0) return { alarms: alarmFailure, readings: alarmFailure }
  return { alarms: alarmFailure, readings: attempt('readings', () => writeReadings(changes)) }
}

function command(row: CommandRow): number {
  return appended(() => alarmStore().commands.append(row))
}

function mode(row: ModeRow): number {
  return appended(() => alarmStore().modes.append(row))
}

function ledgerEntry(row: LedgerRow): number {
  return appended(() => alarmStore().ledger.append(row))
}

function order(row: OrderRow): null {
  return appended(() => {
    alarmStore().orders.put(row)
    return null
  })
}

function epoch(): number {
  return appended(() => alarmStore().beginEpoch())
}

function carriedOut({ orders }: { readonly orders: readonly string[] }): readonly string[] {
  return orders.filter((id) => alarmStore().orders.isCarriedOut(id))
}

function dispatch(changes: DispatchChanges): null {
  appended(() => alarmStore().writeDispatch(changes))
  passCursors(new Map([[DISPATCH_DELIVERY, changes.accepted]]))
  return null
}

/** Throws where it is not on disk. */
function appended<R>(append: () => R): R {
  let result: { readonly value: R } | null = null
  const failure = attempt('alarms', () => {
    result = { value: append() }
  })
  if (failure !== null || result === null) throw new JournalError('disk', failure ?? 'nothing was written')
  return (result as { readonly value: R }).value
}

function writeAlarms(changes: AlarmChanges): void {
  alarmStore().write(changes, { maxAlarmEvents: options.maxAlarmEvents, deliveries })
  passCursors(new Map(changes.cursors))
}

function passCursors(moved: ReadonlyMap<string, number>): void {
  deliveries = deliveries.map((delivery) => ({
    ...delivery,
    cursor: Math.max(delivery.cursor, moved.get(delivery.id) ?? 0),
  }))
}

function writeReadings(changes: ReadingChanges): void {
  const retention = { maxReadings: options.maxReadings, deliveries, historyPassed }
  try {
    readingStore().write(changes, retention)
  } catch (error) {
    if (sqliteCode(error) === SQLITE_FULL) readingStore().makeRoom(retention)
    throw error
  }
}

function attempt(part: 'alarms' | 'readings', work: () => void): string | null {
  try {
    work()
    return null
  } catch (error) {
    if (!PASSING_ERRORS.includes(sqliteCode(error))) closeStore(part)
    const code = sqliteCode(error)
    const suffix = code === null ? '' : ` (SQLite ${code})`
    return `${part}.sqlite in ${options.directory}: ${error instanceof Error ? error.message : String(error)}${suffix}`
  }
}

function register(delivery: DeliveryRow): null {
  try {
    alarmStore().register(delivery)
  } catch (error) {
    // Asked at the start of a delivery, so that it may end the start of the gateway.
    throw openingError(options.directory, error)
  }
  deliveries = [...deliveries.filter((known) => known.id !== delivery.id), delivery]
  return null
}

function retire({ deliveryId }: { readonly deliveryId: string }): null {
  alarmStore().retire(deliveryId)
  deliveries = deliveries.filter((known) => known.id !== deliveryId)
  return null
}

function tick(args: { readonly historyPassed: number | null }): WriterState {
  historyPassed = args.historyPassed
  const [alarmFile, readingFile] = [alarmStore(), readingStore()]
  readingFile.shrink()
  const dropped = readingFile.dropped()
  return {
    firstReadingSeq: readingFile.firstSeq(),
    firstEventSeq: alarmFile.events.firstSeq,
    dropped: dropped.total,
    droppedByDelivery: dropped.byDelivery,
    oldestWaitingAt: oldestWaiting(alarmFile, readingFile),
    deadLetters: alarmFile.deadLetterCount(),
    alarmBytes: bytesOf(alarmFile.db),
    readingBytes: bytesOf(readingFile.db),
  }
}

function oldestWaiting(alarmFile: AlarmStore, readingFile: ReadingStore): Record<string, number> {
  const oldest: Record<string, number> = {}
  for (const { id, journal, cursor } of deliveries) {
    const time =
      journal === 'readings'
        ? readingFile.receivedAfter(cursor)
        : numberOf(alarmFile.db, 'SELECT time FROM event WHERE seq > ? ORDER BY seq LIMIT 1', cursor) || null
    if (time !== null) oldest[id] = time
  }
  return oldest
}

function close(): null {
  closeStore('alarms')
  closeStore('readings')
  if (lock?.isOpen === true) lock.close()
  return null
}

/** The store; one that was closed after an error is opened again. Throws while that is impossible. */
function alarmStore(): AlarmStore {
  if (alarms === null) {
    alarms = new AlarmStore(reopenDatabase(options.directory, ALARM_FILE))
    // Somebody may have taken the file away; the deliveries of this run must not go with it.
    for (const delivery of deliveries) alarms.register(delivery)
  }
  return alarms
}

function readingStore(): ReadingStore {
  readings ??= openReadingStore(reopenDatabase(options.directory, READING_FILE))
  return readings
}

function openReadingStore(db: DatabaseSync): ReadingStore {
  if (options.maxReadingPages !== null) db.exec(`PRAGMA max_page_count = ${options.maxReadingPages}`)
  return new ReadingStore(db)
}

function closeStore(part: 'alarms' | 'readings'): void {
  try {
    if (part === 'alarms') alarms?.close()
    else readings?.close()
  } catch {
    // The connection is of no use any more; what it could not write was never acknowledged.
  }
  if (part === 'alarms') alarms = null
  else readings = null
}

/** The names of new files must survive a power cut as well as their content. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
