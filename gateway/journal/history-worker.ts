/**
 * The thread that reads. It keeps the history of each point, answers trends, and reads the journals for the deliveries,
 * so that neither a trend nor a delivery that catches up stands in front of a commit.
 */
import { setImmediate } from 'node:timers/promises'
import { bytesOf, openDatabase, type SetAside } from './database.ts'
import { HistoryIndex } from './history-index.ts'
import { queryHistory } from './history-query.ts'
import type { HistoryQuery, HistoryRow } from './history-row.ts'
import { HISTORY_FILE, HistoryStore } from './history-store.ts'
import { JournalReader } from './journal-reader.ts'
import { serveCalls } from './worker-calls.ts'
import type { HistoryCalls, HistoryState, OpenHistory } from './worker-messages.ts'

interface Opened {
  readonly reader: JournalReader
  readonly store: HistoryStore
  readonly index: HistoryIndex
  readonly historyDays: number
}

const DAY = 86_400_000
/** Time to take what is still in the journal before closing, ms. */
const CLOSE_WITHIN = 1000

let opened: Opened | null = null
let following: Promise<void> | null = null
let failed: string | null = null
let mono = 0
const damagedChunks = new Set<number>()

serveCalls<HistoryCalls>({
  open,
  tick,
  histories,
  blocks: (args) => files().reader.blocks(args),
  events: (args) => files().reader.events(args),
  commandEvents: (args) => files().reader.commandEvents(args),
  moments: (args) => files().reader.moments(args),
  ledgerMoments: (args) => files().reader.ledgerMoments(args),
  ledgerEntries: (args) => files().reader.ledgerEntries(args),
  standing: ({ time }) => files().reader.standing(time),
  modeEvents: (args) => files().reader.modeEvents(args),
  dispatchEvents: (args) => files().reader.dispatch.events(args),
  dispatchRecord: (args) => files().reader.dispatch.recordOf(args),
  notification: ({ id }) => files().reader.dispatch.notification(id),
  notifications: (args) => files().reader.dispatch.notifications(args),
  newestNotifications: (args) => files().reader.dispatch.newest(args),
  deadLetters: (args) => files().reader.deadLetters(args),
  close,
})

function open(options: OpenHistory): { setAside: SetAside[]; passed: number } {
  mono = options.mono
  const { db, setAside } = openDatabase(options.directory, HISTORY_FILE, { wall: options.wall })
  const reader = new JournalReader(options.directory)
  const store = new HistoryStore(db)
  const index = new HistoryIndex(store, reader, options)
  opened = { reader, store, index, historyDays: options.historyDays }
  return { setAside: setAside === null ? [] : [setAside], passed: index.passed }
}

async function tick(now: { wall: number; mono: number }): Promise<HistoryState> {
  mono = now.mono
  const { reader, store, index, historyDays } = files()
  await follow()
  noteFailure(() => {
    index.write({ mono })
    store.deleteBefore(now.wall - historyDays * DAY)
  })
  return {
    passed: index.passed,
    seen: index.seen,
    bytes: bytesOf(store.db),
    damaged: reader.damaged + damagedChunks.size,
    failed,
  }
}

async function histories(queries: readonly HistoryQuery[]): Promise<readonly (readonly HistoryRow[])[]> {
  const { store, index } = files()
  // One step makes the answers as fresh as the last commit, unless the history is far behind.
  noteFailure(() => index.step(mono))
  const answers: (readonly HistoryRow[])[] = []
  for (const query of queries) {
    answers.push(await queryHistory(query, { index, store, onDamage: (chunkId) => damagedChunks.add(chunkId) }))
  }
  return answers
}

/** Reads on in the journal until its end; questions are answered between the steps. */
function follow(): Promise<void> {
  following ??= followToEnd().finally(() => {
    following = null
  })
  return following
}

async function followToEnd(): Promise<void> {
  const { index } = files()
  failed = null
  while (opened !== null && noteFailure(() => index.step(mono)) === true) await setImmediate()
}

/** A history that cannot be written must not keep the journal from being read; it is tried again at the next tick. */
function noteFailure<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    failed = `history.sqlite: ${error instanceof Error ? error.message : String(error)}`
    return null
  }
}

function close(): null {
  if (opened === null) return null
  const { reader, store, index } = opened
  opened = null
  const deadline = performance.now() + CLOSE_WITHIN
  noteFailure(() => {
    while (performance.now() < deadline && index.step(mono)) {
      // What is left at the deadline stays in the journal until the next start.
    }
    index.write({ mono, all: true })
  })
  store.close()
  reader.close()
  return null
}

function files(): Opened {
  if (opened === null) throw new Error('the history thread has not opened its files')
  return opened
}
