/** Modes in the journal: what is on is found again by the next process, and who began and ended it. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { MODE_TABLES, ModeStore } from '../../../gateway/journal/mode-store.ts'
import type { Mode, ModeEventDraft } from '../../../gateway/mode.ts'
import { alarmSchemaOf, makeFolder, makeJournal, startJournal } from './journal-fixture.ts'
import { T0 } from './journal-samples.ts'

const MODE: Mode = {
  ...{ id: 'maintenance-1', type: 'maintenance', target: { type: 'place', id: '大厅' }, dispatch: false },
  ...{ by: '张伟', comment: '年检', at: T0, until: T0 + 3_600_000 },
}
const event = (type: ModeEventDraft['type'], changes: Partial<Mode> = {}): ModeEventDraft => ({
  ...{ time: T0, type, by: '张伟', comment: null },
  mode: { ...MODE, ...changes },
})

test('what is on is found by the next process, with its last until; the record says who', async () => {
  const { journal, directory } = await startJournal()
  expect(await journal.recordMode(event('begun'))).toBe(1)
  await journal.recordMode(event('begun', { id: 'drill-1' }))
  await journal.recordMode(event('changed', { until: T0 + 7_200_000 }))
  await journal.recordMode(event('ended', { id: 'drill-1' }))
  expect((await journal.modeEvents(2, 1)).map(({ seq, type }) => [seq, type])).toEqual([[3, 'changed']])
  await journal.stop()
  const next = makeJournal({ directory })
  const { modes } = await next.journal.start()
  expect(modes.lastSeq).toBe(4)
  expect(modes.on.map(({ mode }) => mode)).toEqual([{ ...MODE, until: T0 + 7_200_000 }])
})

test('a file from before there were modes gets their tables, and keeps what it has', async () => {
  const directory = makeFolder()
  const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
  db.exec(alarmSchemaOf(2))
  db.exec("INSERT INTO meta (key, value) VALUES ('base-seq', 41)")
  db.exec('PRAGMA user_version = 2')
  db.close()
  const { journal } = makeJournal({ directory })
  expect(await journal.start()).toMatchObject({ lastEventSeq: 41, setAside: [], modes: { lastSeq: 0, on: [] } })
  expect(await journal.recordMode(event('begun'))).toBe(1)
})

test('old changes go, but never a mode that is on', () => {
  const db = new DatabaseSync(':memory:')
  db.exec(MODE_TABLES)
  const store = new ModeStore(db)
  store.append({ mode: 'on', time: T0, json: '{"first":true}', on: true })
  for (let i = 0; i < 20_010; i++) store.append({ mode: `m-${i}`, time: T0, json: '{}', on: false })
  expect(db.prepare('SELECT count(*) AS count FROM mode_event').get()?.count).toBe(20_000)
  expect(store.on()).toEqual(['{"first":true}'])
  expect(store.lastSeq()).toBe(20_011)
})
