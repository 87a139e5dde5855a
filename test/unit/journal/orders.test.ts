/** Orders in the journal: what is open is found again, and what is carried out is known with the event that says so. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { ORDER_TABLES, OrderStore } from '../../../gateway/journal/order-store.ts'
import type { Order } from '../../../gateway/upstream-model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { alarmSchemaOf, makeFolder, makeJournal, startJournal } from './journal-fixture.ts'
import { T0 } from './journal-samples.ts'

const ORDER: Order = {
  ...{ id: 'district-1', child: 'street', alarmId: 'station:smoke.fire', action: { type: 'acknowledge' } },
  ...{ by: '王 (at district)', comment: null, at: T0, expiresAt: T0 + 600_000, state: 'pending', refusal: null },
}
const { seq: _, id: __, gateway: ___, ...draft } = alarmEvent(1)

test('orders are found by the next process as they stand, and those that are carried out are known', async () => {
  const { journal, directory } = await startJournal()
  await journal.recordOrder(ORDER)
  await journal.recordOrder({ ...ORDER, id: 'district-2' })
  await journal.recordOrder({ ...ORDER, state: 'done' })
  await journal.commit({ readings: [], events: [{ ...draft, order: 'above-7' }] })
  const epoch = journal.epoch()
  await journal.stop()
  const { journal: next } = makeJournal({ directory })
  const { orders } = await next.start()
  expect(orders).toEqual([
    { ...ORDER, state: 'done' },
    { ...ORDER, id: 'district-2' },
  ])
  expect(await next.carriedOut(['above-6', 'above-7'])).toEqual(['above-7'])
  expect(next.epoch()).toBe(epoch)
})

test('events of gateways below keep their ids, take the next numbers, and are no alarms of our own', async () => {
  const { journal, directory } = await startJournal()
  const path = [{ gateway: 'station', epoch: 5, seq: 9, receivedAt: T0 }]
  const below = { ...draft, id: 'station-9-abc', alarm: { ...draft.alarm, id: 'station:smoke.fire', path } }
  const [own, theirs] = await journal.commit({ readings: [], events: [draft, below] })
  expect([own?.seq, theirs?.seq, theirs?.id, theirs?.gateway]).toEqual([1, 2, 'station-9-abc', 'gw'])
  await journal.stop()
  const start = await makeJournal({ directory }).journal.start()
  expect(start.alarms.map(({ id }) => id)).toEqual([draft.alarm.id])
  expect(start.fromBelow).toEqual([theirs])
})

test('a file from before there were orders gets their tables and an epoch; a new epoch is kept', async () => {
  const directory = makeFolder()
  const db = new DatabaseSync(join(directory, 'alarms.sqlite'))
  db.exec(alarmSchemaOf(4))
  db.exec('PRAGMA user_version = 4')
  db.close()
  const { journal } = makeJournal({ directory })
  expect((await journal.start()).orders).toEqual([])
  const first = journal.epoch()
  expect(first).toBeGreaterThan(0)
  const second = await journal.beginEpoch()
  expect(second).not.toBe(first)
  await journal.stop()
  const { journal: next } = makeJournal({ directory })
  await next.start()
  expect(next.epoch()).toBe(second)
})

test('old orders go, but never one that is open', () => {
  const db = new DatabaseSync(':memory:')
  db.exec(ORDER_TABLES)
  const store = new OrderStore(db)
  store.put({ order: 'open', json: '"open"', open: true })
  for (let i = 0; i < 5010; i++) store.put({ order: `o-${i}`, json: `"o-${i}"`, open: false })
  expect(db.prepare('SELECT count(*) AS count FROM child_order').get()?.count).toBe(5001)
  expect(store.known()[0]).toBe('"open"')
  expect(store.known()).toHaveLength(201)
})
