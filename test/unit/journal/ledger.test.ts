/** What the journal gives to ledgers: alarm events as facts, and the books in which people write. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { LedgerEntry } from '../../../gateway/ledger-model.ts'
import { ledgerMomentOf } from '../../../gateway/statistics/ledger-moment.ts'
import { alarmSchemaOf, makeFolder, makeJournal, startJournal } from './journal-fixture.ts'
import { draft, T0 } from './journal-samples.ts'

test('the facts of an event are those of its row, in the order of time, page by page', async () => {
  const { journal } = await startJournal()
  const judged = draft('judged')
  const { alarm } = judged
  const events = await journal.commit({
    readings: [],
    events: [
      draft('late', { time: T0 + 2000 }),
      draft('plain'),
      {
        ...{ ...judged, type: 'disposed', by: '张伟', comment: '误报, "蒸汽"', time: T0 + 1000 },
        alarm: {
          ...{ ...alarm, mark: 'test', cause: { ...alarm.cause, value: null } },
          disposition: { verdict: 'false', by: '张伟', comment: '蒸汽', at: T0 },
          report: { type: 'fall', place: 'plaza', known: '一人', reporter: '王芳', enteredBy: '张伟' },
        },
      },
      draft('proposed', { type: 'proposed', time: T0 + 3000, alarm: { ...alarm, id: 'pump.p', raisedAt: T0 + 3000 } }),
    ],
  })
  const first = await journal.ledgerMoments({ after: { time: 0, seq: 0 }, to: T0 + 10_000, limit: 3 })
  const last = first.at(-1)
  const rest = await journal.ledgerMoments({
    ...{ after: { time: last?.time ?? 0, seq: last?.seq ?? 0 }, to: T0 + 10_000, limit: 3 },
  })
  const expected = events.map(ledgerMomentOf).sort((a, b) => a.time - b.time)
  expect([...first, ...rest]).toEqual(expected)
  expect(rest[0]?.type).toBe('raised')
  expect(await journal.ledgerMoments({ after: { time: T0, seq: 99 }, to: T0 + 2000, limit: 10 })).toHaveLength(1)
})

const entry = (subject: string, time: number, book: LedgerEntry['book'] = 'inspection'): LedgerEntry => ({
  ...{ book, subject, time },
  content: { subject, time },
})

test('of each subject the newest line is the one that happened last, not the one that was entered last', async () => {
  const { journal, directory } = await startJournal()
  for (const line of [entry('tag-1', 30), entry('tag-1', 10), entry('tag-2', 20), entry('tag-1', 99, 'drill')]) {
    await journal.enter(line)
  }
  await journal.stop()
  const next = makeJournal({ directory }).journal
  await next.start()
  expect(await next.latestEntries('inspection', 10)).toEqual([
    { subject: 'tag-1', time: 30 },
    { subject: 'tag-2', time: 20 },
  ])
  expect(await next.entries('inspection', 2)).toEqual([
    { subject: 'tag-1', time: 30 },
    { subject: 'tag-2', time: 20 },
  ])
  expect(await next.entries('drill', 10)).toHaveLength(1)
})

test('a file from before there were books gets them, and keeps what it has', async () => {
  const directory = makeFolder()
  const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
  db.exec(alarmSchemaOf(5))
  db.exec("INSERT INTO meta (key, value) VALUES ('base-seq', 41)")
  db.exec('PRAGMA user_version = 5')
  db.close()
  const { journal } = makeJournal({ directory })
  expect((await journal.start()).lastEventSeq).toBe(41)
  await journal.enter(entry('tag-1', 1))
  expect(await journal.entries('inspection', 10)).toHaveLength(1)
})
