/** Opens one SQLite file of the journal: checked, set aside when damaged, and with "committed" meaning "on disk". */
import { existsSync, renameSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalError } from './journal-error.ts'

export interface DatabaseFile {
  readonly name: string
  /** Counts up with every change of `schema`; kept in `user_version`. */
  readonly version: number
  readonly schema: string
  /** `upgrades[i]` leads from version i + 1 to i + 2. */
  readonly upgrades?: readonly string[]
  /** Larger files are opened without reading them from end to end. Bytes. */
  readonly checkUpTo: number
  /** One number: the last sequence number in the file. Tried on a damaged file too, so that numbering can go on. */
  readonly lastSeqQuery?: string
}

/** A damaged file that was moved away; nothing of it was deleted. */
export interface SetAside {
  readonly file: string
  readonly movedTo: string
  readonly reason: string
}

export interface OpenedDatabase {
  readonly db: DatabaseSync
  readonly setAside: SetAside | null
  /** Last sequence number that the damaged file still gave; 0 if none. */
  readonly salvagedSeq: number
}

/** How long a statement waits for another process that reads or writes the file, ms. */
const BUSY_TIMEOUT = 500
/** The write-ahead log is cut back to this many bytes after a burst. */
const LOG_SIZE_LIMIT = 16 * 1024 * 1024

/** SQLite's primary result codes. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** `wall`: now, ms since 1970, for the name of a file that is set aside. */
export function openDatabase(directory: string, file: DatabaseFile, { wall }: { wall: number }): OpenedDatabase {
  const path = join(directory, file.name)
  const damage = existsSync(path) ? findDamage(path, file) : null
  let setAside: SetAside | null = null
  let salvagedSeq = 0
  if (damage !== null) {
    salvagedSeq = salvageLastSeq(path, file)
    setAside = moveAside(path, { wall, reason: damage })
  }
  return { db: openSound(path, file), setAside, salvagedSeq }
}

/** Opens a file again that was found sound before: nothing is checked, nothing set aside. */
export function reopenDatabase(directory: string, file: DatabaseFile): DatabaseSync {
  return openSound(join(directory, file.name), file)
}

/** A connection for reading only; `file` must exist. */
export function openForReading(directory: string, name: string): DatabaseSync {
  return new DatabaseSync(join(directory, name), { readOnly: true, timeout: BUSY_TIMEOUT })
}

/** Bytes of the database without its write-ahead log. */
export function bytesOf(db: DatabaseSync): number {
  return numberOf(db, 'PRAGMA page_count') * numberOf(db, 'PRAGMA page_size')
}

/** The first column of the first row; 0 where there is none. */
export function numberOf(db: DatabaseSync, sql: string, ...values: number[]): number {
  const row = db.prepare(sql).get(...values)
  const value = row === undefined ? null : Object.values(row)[0]
  return typeof value === 'number' ? value : 0
}

/** Runs `work` in one transaction; whatever it throws leaves the file as it was. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** SQLite's primary result code (13: disk full, 5: busy ...), or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code & 0xff : null
}

function findDamage(path: string, file: DatabaseFile): string | null {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  try {
    const version = numberOf(db, 'PRAGMA user_version')
    if (version > file.version) {
      throw new JournalError(
        'newer',
        `${path} was written by a newer Outpost (format ${version}; this one knows up to ${file.version}): ` +
          'install that version again, or give this gateway another data directory',
      )
    }
    if (version === 0 && numberOf(db, 'SELECT count(*) FROM sqlite_schema') > 0) return 'not a file of Outpost'
    if (statSync(path).size > file.checkUpTo) return null
    const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
    return found === 'ok' ? null : `check failed: ${String(found)}`
  } catch (error) {
    const code = sqliteCode(error)
    if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return (error as Error).message
    throw error
  } finally {
    db.close()
  }
}

function salvageLastSeq(path: string, file: DatabaseFile): number {
  if (file.lastSeqQuery === undefined) return 0
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT })
    try {
      return numberOf(db, file.lastSeqQuery)
    } finally {
      db.close()
    }
  } catch {
    return 0
  }
}

function moveAside(path: string, { wall, reason }: { wall: number; reason: string }): SetAside {
  const stamp = new Date(wall).toISOString().replace(/[-:]/g, '')
  let movedTo = `${path}.damaged-${stamp}`
  for (let n = 2; existsSync(movedTo); n++) movedTo = `${path}.damaged-${stamp}-${n}`
  renameSync(path, movedTo)
  // The write-ahead log goes along: the committed rows of the damaged file may be in it.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix)
  }
  return { file: basename(path), movedTo, reason }
}

function openSound(path: string, file: DatabaseFile): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  try {
    // Must stand before the first page is written, so that deleted readings can give their space back.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL')
    db.exec('PRAGMA journal_mode = WAL')
    // FULL: the log is synced at every commit, so a commit survives a power cut.
    db.exec('PRAGMA synchronous = FULL')
    db.exec(`PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT}`)
    bringUpToDate(db, file)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** All steps in one transaction: a file is of the old version or of this one, never between. */
function bringUpToDate(db: DatabaseSync, file: DatabaseFile): void {
  const version = numberOf(db, 'PRAGMA user_version')
  if (version >= file.version) return
  const steps = version === 0 ? [file.schema] : (file.upgrades ?? []).slice(version - 1)
  inTransaction(db, () => {
    for (const step of steps) db.exec(step)
    db.exec(`PRAGMA user_version = ${file.version}`)
  })
}
