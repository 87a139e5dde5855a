/**
 * One gateway per data directory. The lock is an open write transaction, so the operating system frees it whatever way
 * the process ends, kill -9 included; the row beside it tells the second one who is there.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from './database.ts'
import { JournalError } from './journal-error.ts'

const SQLITE_BUSY = 5

/** Returns the connection that holds the lock; closing it frees the directory. Throws a `JournalError` 'locked'. */
export function lockDirectory(directory: string): DatabaseSync {
  const db = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE')
    db.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL) STRICT')
    db.exec('DELETE FROM owner')
    db.prepare('INSERT INTO owner (pid) VALUES (?)').run(process.pid)
    // The row must be committed to be readable by others; who takes the lock in between wins it.
    db.exec('COMMIT')
    db.exec('BEGIN IMMEDIATE')
    return db
  } catch (error) {
    const owner = sqliteCode(error) === SQLITE_BUSY ? readOwner(directory) : null
    db.close()
    if (owner === null) throw error
    throw new JournalError(
      'locked',
      `the data directory ${directory} is in use by ${owner}: stop that gateway first, or give this one another directory`,
    )
  }
}

function readOwner(directory: string): string {
  const db = new DatabaseSync(join(directory, 'lock.sqlite'), { readOnly: true, timeout: 1000 })
  try {
    const pid = db.prepare('SELECT pid FROM owner').get()?.pid
    return pid === process.pid ? `this very process (${process.pid})` : `the process ${String(pid)}`
  } catch {
    return 'another process'
  } finally {
    db.close()
  }
}
