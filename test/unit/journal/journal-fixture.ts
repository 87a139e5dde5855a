/** A journal in a folder of its own, a clock that the test moves, and things to put in. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { createJournal } from '../../../gateway/journal/journal.ts'
import type { Journal, JournalOptions } from '../../../gateway/journal/journal-types.ts'
import type { AlarmEventDraft, Outcome, Reading } from '../../../gateway/model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts'

export const T0 = Date.UTC(2026, 0, 1)

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-journal-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
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

export function reading(value: Reading['value'], changes: Partial<Reading> = {}): Reading {
  return { point: 'pump.pressure', time: T0, receivedAt: T0, value, quality: 'good', ...changes }
}

export function readings(count: number, changes: (i: number) => Partial<Reading> = () => ({})): Reading[] {
  return Array.from({ length: count }, (_, i) => reading(i, changes(i)))
}

export const only = (list: readonly Reading[]): Outcome => ({ readings: list, events: [] })

export function draft(rule = 'pressure-low', changes: Partial<AlarmEventDraft> = {}): AlarmEventDraft {
  const { seq: _seq, id: _id, gateway: _gateway, ...rest } = alarmEvent(1)
  return { ...rest, time: T0, alarm: { ...rest.alarm, id: `pump.${rule}`, rule }, ...changes }
}

export const raise = (...rules: readonly string[]): Outcome => ({
  readings: [],
  events: rules.map((rule) => draft(rule)),
})
