/** The file of the store: one SQLite database that is written by changes and read back as changes. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StoreChange } from './store-change.ts'
import { StoreTables } from './store-tables.ts'

/** Counts up with every change of the tables; kept in `user_version`. */
export const STORE_VERSION = 1
/** "OutB": SQLite's place for saying whose file it is. */
const APPLICATION_ID = 0x4f757442

/** A damaged file that was moved away; nothing of it was deleted. */
export interface SetAside {
  readonly file: string
  readonly movedTo: string
  readonly reason: string
}

export interface StoreFileOptions {
  readonly path: string
  /** Largest size of the file. */
  readonly maxBytes: number
  /** Now, ms since 1970: for the name of a file that is set aside. */
  readonly wall: number
}

/** How long to wait for another process that holds the file, ms. */
const BUSY_TIMEOUT = 500
/** The write-ahead log is cut back to this many bytes after a burst. */
const LOG_SIZE_LIMIT = 4 * 1024 * 1024
/** Free pages that are kept; more go back to the file system, so many with each write. */
const SPARE_PAGES = 1000
const VACUUM_STEP = 64

/** SQLite's primary result codes. */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

export class StoreFile {
  readonly #db: DatabaseSync
  readonly #tables: StoreTables
  readonly setAside: SetAside | null

  private constructor(db: DatabaseSync, setAside: SetAside | null) {
    this.#db = db
    this.#tables = new StoreTables(db)
    this.setAside = setAside
  }

  /**
   * A damaged file is set aside and a new one made. Throws, and touches nothing, when the file is of a newer version, of
   * something else or in use by another process, or when there is no way to it.
   */
  static open(options: StoreFileOptions): StoreFile {
    const { path } = options
    try {
      mkdirSync(dirname(path), { recursive: true })
      const damage = existsSync(path) ? findDamage(path) : null
      const setAside = damage === null ? null : moveAside(path, { wall: options.wall, reason: damage })
      return new StoreFile(openSound(options), setAside)
    } catch (error) {
      throw openingError(path, error)
    }
  }

  read(): StoreChange[] {
    return [...this.#tables.read()]
  }

  /** All or nothing. */
  write(changes: readonly StoreChange[]): void {
    this.#inTransaction(() => {
      for (const change of changes) this.#tables.apply(change)
    })
    const free = this.#number('PRAGMA freelist_count')
    if (free > SPARE_PAGES) this.#db.prepare(`PRAGMA incremental_vacuum(${VACUUM_STEP})`).all()
  }

  /** Whatever the file held before, it now holds what these changes make. */
  replace(changes: readonly StoreChange[]): void {
    this.#inTransaction(() => {
      this.#tables.clear()
      for (const change of changes) this.#tables.apply(change)
    })
  }

  bytes(): number {
    return this.#number('PRAGMA page_count') * this.#number('PRAGMA page_size')
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #number(sql: string): number {
    return numberOf(this.#db, sql)
  }

  #inTransaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

/** A sound database that is not to be written, nor to be moved out of anybody's way. */
class NotOurs extends Error {}

function findDamage(path: string): string | null {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  try {
    const version = numberOf(db, 'PRAGMA user_version')
    const empty = numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0
    if (!empty && numberOf(db, 'PRAGMA application_id') !== APPLICATION_ID) {
      throw new NotOurs('it is a database of something else: give the broker a file of its own')
    }
    if (version > STORE_VERSION) {
      throw new NotOurs(
        `it was written by a newer Outpost (format ${version}; this one knows up to ${STORE_VERSION}): install that ` +
          'version again, or give the broker another file (broker.persistence.path)',
      )
    }
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

function moveAside(path: string, { wall, reason }: { wall: number; reason: string }): SetAside {
  const stamp = new Date(wall).toISOString().replace(/[-:]/g, '')
  let movedTo = `${path}.damaged-${stamp}`
  for (let n = 2; existsSync(movedTo); n++) movedTo = `${path}.damaged-${stamp}-${n}`
  renameSync(path, movedTo)
  // The write-ahead log goes along: what was committed last may be in it.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix)
  }
  return { file: path, movedTo, reason }
}

function openSound({ path, maxBytes }: StoreFileOptions): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  try {
    // A second broker on the same file would overwrite what this one keeps.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    // Must stand before the first page is written, so that deleted rows can give their space back.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL')
    db.exec('PRAGMA journal_mode = WAL')
    // FULL: the log is synced at every commit, so a commit survives a power cut.
    db.exec('PRAGMA synchronous = FULL')
    db.exec(`PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT}`)
    db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / numberOf(db, 'PRAGMA page_size'))}`)
    db.exec('BEGIN IMMEDIATE')
    if (numberOf(db, 'PRAGMA user_version') === 0) {
      db.exec(StoreTables.SCHEMA)
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      db.exec(`PRAGMA user_version = ${STORE_VERSION}`)
    }
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function openingError(path: string, error: unknown): Error {
  if (error instanceof NotOurs) return new Error(`${path}: ${error.message}`)
  if (sqliteCode(error) === SQLITE_BUSY) {
    return new Error(`${path} is in use by another process: give each broker a file of its own`, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(`${path} cannot be opened: ${reason}`, { cause: error })
}

/** The first column of the first row. */
function numberOf(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get()
  return row === undefined ? 0 : Number(Object.values(row)[0])
}

/** SQLite's primary result code, or null for any other error. */
function sqliteCode(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code & 0xff : null
}
