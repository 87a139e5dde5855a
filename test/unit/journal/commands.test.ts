/** Commands to devices in the journal: every step in order, on disk, and found again by the next process. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { CommandEventDraft, DeviceCommand } from '../../../gateway/device-command.ts'
import { COMMAND_TABLES, CommandStore } from '../../../gateway/journal/command-store.ts'
import { alarmSchemaOf, makeFolder, makeJournal, startJournal } from './journal-fixture.ts'
import { T0 } from './journal-samples.ts'

const COMMAND: DeviceCommand = {
  ...{ id: 'c-1', device: 'tower', deviceName: 'tower', name: 'sound', title: { zh: '鸣响', en: 'Sound' } },
  ...{ value: 2, unit: '1', by: '张伟', comment: null, via: 'http', key: null, target: 'tower 5' },
  ...{ state: 'requested', reason: null, requestedAt: T0, sentAt: null, endedAt: null, shown: null, exchanges: [] },
  revert: { value: 0, dueAt: T0 + 1000, state: 'waiting', attempts: 0, reason: null, endedAt: null, exchanges: [] },
}
const step = (type: CommandEventDraft['type'], changes: Partial<DeviceCommand>): CommandEventDraft => ({
  time: T0,
  type,
  command: { ...COMMAND, ...changes },
})

test('steps are numbered, kept in order, and read back from a number on', async () => {
  const { journal } = await startJournal()
  const numbers = await Promise.all([
    journal.recordCommand(step('requested', {})),
    journal.recordCommand(step('confirmed', { state: 'confirmed' })),
    journal.recordCommand(step('requested', { id: 'c-2' })),
  ])
  expect(numbers).toEqual([1, 2, 3])
  const events = await journal.commandEvents(1, 10)
  expect(events.map(({ seq, type, command }) => [seq, type, command.id])).toEqual([
    [2, 'confirmed', 'c-1'],
    [3, 'requested', 'c-2'],
  ])
  expect(events[0]?.command).toEqual({ ...COMMAND, state: 'confirmed' })
  expect(await journal.commandEvents(0, 1)).toHaveLength(1)
})

test('the next process finds what is not at its end, and what was asked lately', async () => {
  const { journal, directory } = await startJournal()
  await journal.recordCommand(step('requested', {}))
  await journal.recordCommand(step('requested', { id: 'c-2' }))
  await journal.recordCommand(step('confirmed', { id: 'c-2', state: 'confirmed', revert: null }))
  // Never stopped: as after a power cut.
  await journal.stop()
  const next = makeJournal({ directory })
  const { commands } = await next.journal.start()
  expect(commands.lastSeq).toBe(3)
  expect(commands.open.map(({ command }) => command)).toEqual([COMMAND])
  expect(commands.recent.map(({ type, command }) => `${type} ${command.id}`)).toEqual([
    'requested c-1',
    'requested c-2',
    'confirmed c-2',
  ])
  expect(await next.journal.recordCommand(step('failed', { state: 'failed', revert: null }))).toBe(4)
})

test('a file from before there were commands gets their tables, and keeps what it has', async () => {
  const directory = makeFolder()
  const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
  db.exec(alarmSchemaOf(1))
  db.exec("INSERT INTO meta (key, value) VALUES ('base-seq', 41)")
  db.exec('PRAGMA user_version = 1')
  db.close()
  const { journal } = makeJournal({ directory })
  expect(await journal.start()).toMatchObject({ lastEventSeq: 41, setAside: [], commands: { lastSeq: 0, open: [] } })
  expect(await journal.recordCommand(step('requested', {}))).toBe(1)
})

test('old steps go, but never one of a command that is not at its end', () => {
  const db = new DatabaseSync(':memory:')
  db.exec(COMMAND_TABLES)
  const store = new CommandStore(db)
  store.append({ command: 'open', time: T0, json: '{"first":true}', open: true })
  for (let i = 0; i < 20_010; i++) store.append({ command: `c-${i}`, time: T0, json: '{}', open: false })
  expect(db.prepare('SELECT count(*) AS count FROM command_event').get()?.count).toBe(20_000)
  expect(store.openCommands()).toEqual(['{"first":true}'])
  expect(store.lastSeq()).toBe(20_011)
  expect(store.recent()).toHaveLength(500)
})
