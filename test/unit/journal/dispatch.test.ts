/** Decisions of dispatch in the journal: on disk with the cursor of alarm events, found again by the next process, and read back. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { DispatchEvent, DispatchEventContent } from '../../../gateway/dispatch-event.ts'
import type { Notification } from '../../../gateway/dispatch-model.ts'
import { DISPATCH_DELIVERY, DISPATCH_TABLES, DispatchStore } from '../../../gateway/journal/dispatch-store.ts'
import { alarmSchemaOf, makeFolder, makeJournal, startJournal } from './journal-fixture.ts'
import { T0 } from './journal-samples.ts'

const anyOf = { channel: null, station: null, alarm: null }

function event(seq: number, cases: readonly string[], content: Partial<DispatchEventContent> & { type: string }) {
  return { seq, time: T0 + seq, cases, ...content } as DispatchEvent
}

function notified(seq: number, cases: readonly string[], number: number) {
  const notification = { id: `n-${number}`, seq: number, channel: 'hook', station: `s-${number}` }
  return {
    event: event(seq, cases, { type: 'notified', group: null, notification } as never),
    notification: { ...notification, createdAt: T0 } as unknown as Notification,
    open: cases,
  }
}
const receipt = (seq: number, cases: readonly string[], { id, open }: { id: string; open: readonly string[] }) => ({
  event: event(seq, cases, { type: 'receipt', notification: id, state: 'sent', by: null, detail: null }),
  ...{ notification: null, open },
})

test('the next process gets all events of the cases that are open, the numbers, and the cursor', async () => {
  const { journal, directory } = await startJournal()
  await journal.registerDelivery(DISPATCH_DELIVERY, 'alarm-events', { fromNow: true })
  await journal.dispatch.record([notified(1, ['a.fire#1', 'b.fire#1'], 1)], 3)
  await journal.dispatch.record(
    [receipt(2, ['a.fire#1', 'b.fire#1'], { id: 'n-1', open: ['b.fire#1'] }), notified(3, ['c.fire#2'], 2)],
    7,
  )
  const over = { event: event(4, ['c.fire#2'], { type: 'stopped' }), notification: null, open: [] }
  await journal.dispatch.record([over], 8)
  await journal.stop()

  const next = makeJournal({ directory })
  const { dispatch } = await next.journal.start()
  expect(dispatch).toMatchObject({ lastSeq: 4, lastNotification: 2 })
  expect(dispatch.events.map(({ seq }) => seq)).toEqual([1, 2])
  expect(await next.journal.registerDelivery(DISPATCH_DELIVERY, 'alarm-events', { fromNow: true })).toBe(8)
})

test('a record that the disk refuses leaves neither decisions nor the cursor', async () => {
  const { journal } = await startJournal()
  await journal.registerDelivery(DISPATCH_DELIVERY, 'alarm-events', { fromNow: true })
  await journal.dispatch.record([notified(1, ['a.fire#1'], 1)], 1)
  await expect(
    journal.dispatch.record([notified(2, ['b.fire#1'], 2), notified(1, ['a.fire#1'], 1)], 9),
  ).rejects.toThrow()
  expect(await journal.cursor(DISPATCH_DELIVERY)).toBe(1)
  expect((await journal.dispatch.events(0, 10)).map(({ seq }) => seq)).toEqual([1])
})

test('notifications are found by channel, station and alarm, each with what was heard of it', async () => {
  const { journal } = await startJournal()
  await journal.dispatch.record([notified(1, ['a.fire#1'], 1), notified(2, ['a.fire#12', 'a.fire-2#1'], 2)], 0)
  await journal.dispatch.record([receipt(3, ['a.fire#1'], { id: 'n-1', open: ['a.fire#1'] })], 0)
  const { dispatch } = journal
  const ids = async (query: object) =>
    (await dispatch.notifications({ after: 0, limit: 10, ...anyOf, ...query })).map(
      ({ notification }) => notification.id,
    )
  expect(await ids({})).toEqual(['n-1', 'n-2'])
  expect(await ids({ after: 1 })).toEqual(['n-2'])
  expect(await ids({ limit: 1 })).toEqual(['n-1'])
  expect(await ids({ station: 's-2' })).toEqual(['n-2'])
  expect(await ids({ channel: 'mail' })).toEqual([])
  expect(await ids({ alarm: 'a.fire-2' })).toEqual(['n-2'])
  const newest = async (...args: Parameters<typeof dispatch.newest>) =>
    (await dispatch.newest(...args)).map(({ notification }) => notification.id)
  expect(await newest(['hook', 'mail'], 10)).toEqual(['n-2', 'n-1'])
  expect(await newest(['hook'], 1)).toEqual(['n-2'])
  expect(await newest(['mail'], 10)).toEqual([])
  expect(await dispatch.notification('n-1')).toMatchObject({ cases: ['a.fire#1'], receipts: [{ state: 'sent' }] })
  expect(await dispatch.notification('n-9')).toBeNull()
})

test('the record of an occurrence is that of the case that it belongs to', async () => {
  const { journal } = await startJournal()
  await journal.dispatch.record(
    [notified(1, ['a.fire#2'], 1), notified(2, ['a.fire#10'], 2), notified(3, ['a.fire#2'], 3)],
    0,
  )
  const seqs = async (occurrence: number | null) =>
    (await journal.dispatch.recordOf('a.fire', occurrence)).map(({ seq }) => seq)
  expect(await seqs(null)).toEqual([2])
  expect(await seqs(2)).toEqual([1, 3])
  // A case goes on where its alarm is raised again before anybody has acknowledged.
  expect(await seqs(5)).toEqual([1, 3])
  expect(await seqs(1)).toEqual([])
})

test('old events go, but none of a case that is open', () => {
  const db = new DatabaseSync(':memory:')
  db.exec(`CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);${DISPATCH_TABLES}`)
  const store = new DispatchStore(db)
  for (let seq = 1; seq <= 300; seq++) {
    const isOpen = seq <= 2
    const row = { seq, time: T0, cases: [{ id: isOpen ? 'open#1' : `c#${seq}`, isOpen }], json: `{"seq":${seq}}` }
    store.append([{ ...row, notification: null, number: null, body: null }], { maxEvents: 100 })
  }
  const seqs = db.prepare('SELECT seq FROM dispatch_event ORDER BY seq').all()
  expect(seqs.slice(0, 4).map((row) => row.seq)).toEqual([1, 2, 201, 202])
  expect(store.open()).toEqual(['{"seq":1}', '{"seq":2}'])
  expect(db.prepare('SELECT count(*) AS n FROM dispatch_case').get()?.n).toBe(102)
})

test('a file from before there was dispatch gets its tables, and keeps what it has', async () => {
  const directory = makeFolder()
  const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
  db.exec(alarmSchemaOf(6))
  db.exec("INSERT INTO meta (key, value) VALUES ('base-seq', 41)")
  db.exec('PRAGMA user_version = 6')
  db.close()
  const { journal } = makeJournal({ directory })
  expect(await journal.start()).toMatchObject({ lastEventSeq: 41, setAside: [], dispatch: { lastSeq: 0, events: [] } })
})
