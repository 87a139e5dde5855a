/** A journal in a folder of its own, with a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { ALARM_FILE } from '../../../gateway/journal/alarm-store.ts'
import { createJournal } from '../../../gateway/journal/journal.ts'
import type { Journal, JournalOptions } from '../../../gateway/journal/journal-types.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts'
import { T0 } from './journal-samples.ts'

/** For what comes when a thread has answered; a loaded machine may take its time. */
export const PATIENT = { timeout: 20_000 }

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-journal-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The tables of `alarms.sqlite` as they were in an earlier version. */
export function alarmSchemaOf(version: number): string {
  const later = (ALARM_FILE.upgrades ?? []).slice(version - 1)
  return later.reduce((schema, step) => schema.replace(step, ''), ALARM_FILE.schema)
}

export interface JournalUnderTest {
  readonly journal: Journal
  readonly clock: FakeClock
  readonly log: MemoryLog
  readonly directory: string
}

/** Not started yet; stopped at the end of the test. */
export function makeJournal(options: Partial<JournalOptions> = {}): JournalUnderTest {
  const directory = options.directory ?? makeFolder()
  const clock = new FakeClock(T0)
  const log = createMemoryLog()
  const journal = createJournal({ gatewayId: 'gw', ...options, directory }, { clock, log })
  cleanups.push(() => journal.stop())
  return { journal, clock, log, directory }
}

export async function startJournal(options: Partial<JournalOptions> = {}): Promise<JournalUnderTest> {
  const made = makeJournal(options)
  await made.journal.start()
  return made
}
