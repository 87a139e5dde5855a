import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ALARM_FILE } from '../../../gateway/journal/alarm-store.ts'
import { inTransaction } from '../../../gateway/journal/database.ts'
import { EventStore } from '../../../gateway/journal/event-store.ts'
import { makeJournal, startJournal } from './journal-fixture.ts'
import { raise } from './journal-samples.ts'

const seqs = (list: readonly { readonly seq: number }[]): number[] => list.map(({ seq }) => seq)

function openStore() {
  const db = new DatabaseSync(':memory:')
  db.exec(ALARM_FILE.schema)
  const store = new EventStore(db)
  return {
    store,
    kept: () =>
      db
        .prepare('SELECT seq FROM event ORDER BY seq')
        .all()
        .map(({ seq }) => Number(seq)),
    write(alarms: readonly string[], { first, max, cursor }: { first: number; max: number; cursor: number }) {
      const events = alarms.map((alarm, i) => ({ seq: first + i, alarm, time: first + i, json: '{}', order: null }))
      const deliveries = [{ id: 'dispatch', journal: 'alarm-events' as const, cursor }]
      store.committed(inTransaction(db, () => store.write(events, { maxAlarmEvents: max, deliveries })))
    },
  }
}

const commits = fc.array(
  fc.record({ alarms: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }), read: fc.nat(8) }),
  { minLength: 1, maxLength: 40 },
)

test('the oldest events go, but none that a delivery has yet to bring, and never the last one of its alarm', () => {
  fc.assert(
    fc.property(commits, fc.integer({ min: 1, max: 12 }), (list, max) => {
      const { store, kept, write } = openStore()
      const alarmOf: string[] = []
      let cursor = 0
      for (const { alarms, read } of list) {
        write(alarms, { first: alarmOf.length + 1, max, cursor })
        alarmOf.push(...alarms)
        const boundary = Math.max(0, Math.min(alarmOf.length - max, cursor))
        const isLast = (seq: number) => alarmOf.lastIndexOf(alarmOf[seq - 1] ?? '') === seq - 1
        const all = alarmOf.map((_, i) => i + 1)
        expect(kept()).toEqual(all.filter((seq) => seq > boundary || isLast(seq)))
        expect(store.firstSeq).toBe(boundary + 1)
        cursor = Math.min(alarmOf.length, cursor + read)
      }
    }),
  )
})

test('one commit deletes only so many that it stays short, and the next ones go on', () => {
  const { store, write } = openStore()
  const flood = Array.from({ length: 500 }, () => 'a')
  write(flood, { first: 1, max: 1000, cursor: 0 })
  write(['a'], { first: 501, max: 10, cursor: 501 })
  expect(store.firstSeq).toBe(66)
  write(['a'], { first: 502, max: 10, cursor: 501 })
  expect(store.firstSeq).toBe(131)
})

test('what is deleted is told, and the alarm table is whole after a restart', async () => {
  const { journal, clock, directory } = await startJournal({ maxAlarmEvents: 20 })
  await journal.registerDelivery('dispatch', 'alarm-events', { fromNow: false })
  await journal.commit(raise('old'))
  for (let i = 0; i < 30; i++) await journal.commit(raise('new'))
  await clock.advance(1000)
  await expect.poll(() => journal.stats().firstEventSeq).toBe(1)
  await journal.advance('dispatch', 31)
  await journal.commit(raise('new'))
  await journal.commit(raise('new'))
  await journal.stop()

  const again = await startJournal({ directory, maxAlarmEvents: 20 })
  expect(again.journal.stats().lastEventSeq).toBe(33)
  expect(seqs(await again.journal.events(0, 100))).toEqual(Array.from({ length: 20 }, (_, i) => 14 + i))
  await again.clock.advance(1000)
  await expect.poll(() => again.journal.stats().firstEventSeq).toBe(14)
  await again.journal.stop()
  const { journal: third } = makeJournal({ directory })
  expect((await third.start()).alarms.map(({ rule }) => rule)).toEqual(['old', 'new'])
})
