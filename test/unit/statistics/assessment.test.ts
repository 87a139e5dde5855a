/** Occurrences, response times, false alarms and online rates, from hand-made events with known answers. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { falseAlarms } from '../../../gateway/statistics/false-alarms.ts'
import type { LedgerMoment } from '../../../gateway/statistics/ledger-moment.ts'
import { OccurrenceBook } from '../../../gateway/statistics/occurrence-book.ts'
import { OnlineTally } from '../../../gateway/statistics/online-rate.ts'
import { responseTimes, waitsOf } from '../../../gateway/statistics/response-times.ts'
import { MINUTE, MORNING, said, story } from './moments.ts'

const PERIOD = { from: MORNING, to: MORNING + 1000 * MINUTE }

function occurrencesOf(...moments: readonly LedgerMoment[]) {
  const book = new OccurrenceBook(PERIOD, { most: 1000 })
  for (const moment of moments.toSorted((a, b) => a.time - b.time || a.seq - b.seq)) book.add(moment)
  return book.result()
}
const at = (minute: number) => MORNING + minute * MINUTE

describe('occurrences', () => {
  test('have all that was done about them, each of its own', () => {
    const [first, second] = occurrencesOf(
      ...story('d.fire', [10, 12, 30]),
      said('d.fire', 15, { type: 'commented', state: 'acknowledged', by: '李娜', comment: '已派人', raisedAt: at(10) }),
      said('d.fire', 31, {
        type: 'disposed',
        state: 'normal',
        by: '李娜',
        comment: '蒸汽',
        verdict: 'false',
        raisedAt: at(10),
      }),
      ...story('d.fire', [50, null, null]),
    )
    expect(first).toMatchObject({
      ...{ raisedAt: at(10), askedAt: at(10), acknowledgedAt: at(12), acknowledgedBy: '张伟', returnedAt: at(30) },
      ...{ handledAt: at(30), handledBy: '张伟', verdict: 'false', verdictBy: '李娜', late: false },
    })
    expect(first?.comments.map(({ text }) => text)).toEqual(['已派人', '蒸汽'])
    expect(second).toMatchObject({ raisedAt: at(50), acknowledgedAt: null, handledAt: null, verdict: null })
  })

  test('keep the worst they came to, and are handled only when nothing asks any more', () => {
    const raisedAt = at(1)
    const [one] = occurrencesOf(
      said('d.level', 1, { level: 'yellow' }),
      said('d.level', 2, { type: 'level-changed', priority: 'urgent', level: 'red', raisedAt }),
      said('d.level', 3, { type: 'level-changed', level: 'yellow', raisedAt }),
      said('d.level', 4, { type: 'returned', state: 'returned-unacknowledged', raisedAt }),
      said('d.level', 9, { type: 'acknowledged', state: 'normal', by: '张伟', raisedAt }),
    )
    expect(one).toMatchObject({
      priority: 'urgent',
      level: 'red',
      returnedAt: at(4),
      handledAt: at(9),
      handledBy: '张伟',
    })
  })

  test('begin to ask when suppression ends; what was suppressed all the time asked nobody', () => {
    const raisedAt = at(1)
    const [asked, never] = occurrencesOf(
      said('d.a', 1, { state: 'suppressed-by-design' }),
      said('d.b', 2, { state: 'shelved' }),
      said('d.a', 7, { type: 'unsuppressed', raisedAt }),
    )
    expect([asked?.askedAt, never?.askedAt]).toEqual([at(7), null])
  })

  test('a report that is closed unseen was seen by whoever closed it', () => {
    const [one] = occurrencesOf(
      said('incident.fall-1', 1, { by: '张伟', known: '一人' }),
      said('incident.fall-1', 5, {
        type: 'returned',
        state: 'normal',
        by: '李娜',
        comment: '已送医',
        known: '一人',
        raisedAt: at(1),
      }),
    )
    expect(one).toMatchObject({ acknowledgedAt: at(5), acknowledgedBy: '李娜', handledBy: '李娜', known: '一人' })
  })

  test('from before the period are left out, what is done after it is not', () => {
    const occurrences = occurrencesOf(...story('d.old', [-5, 3, 4]), ...story('d.edge', [999, 1001, 1002]))
    expect(occurrences.map(({ alarm, handledAt }) => [alarm, handledAt])).toEqual([['d.edge', at(1002)]])
  })

  test('are bounded', () => {
    const book = new OccurrenceBook(PERIOD, { most: 2 })
    for (let minute = 0; minute < 10; minute++) book.add(said('d.x', minute))
    expect(book.isFull).toBe(true)
    expect(book.result()).toHaveLength(3)
  })
})

describe('response times', () => {
  const monthOf = (time: number) => new Date(time).toISOString().slice(0, 7)

  test('by station, kind and month, exercises apart', () => {
    const moments = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((wait) =>
      story(`d${wait}.fire`, [wait * 20, wait * 20 + wait, null]),
    )
    const groups = responseTimes(
      occurrencesOf(
        ...moments,
        ...story('w.level', [5, 8, 10], { kind: 'water-level', station: 's2' }),
        ...story('e.fire.exercise', [6, 7, 8], { mark: 'exercise' }),
        ...story('f.fire', [7, 8, 9], { state: 'shelved' }).slice(0, 1),
      ),
      { by: ['station', 'kind', 'month'], monthOf },
    )
    expect(groups).toMatchObject([
      { station: 's1', kind: 'smoke', month: '2026-10', occasion: 'exercise', occurrences: 1, acknowledged: 1 },
      {
        ...{
          station: 's1',
          kind: 'smoke',
          month: '2026-10',
          occasion: 'real',
          occurrences: 10,
          acknowledged: 10,
          handled: 0,
        },
        toAcknowledge: { count: 10, p50Ms: 5 * MINUTE, p90Ms: 9 * MINUTE, maxMs: 10 * MINUTE },
        ...{ toHandle: { count: 0, p50Ms: null, p90Ms: null, maxMs: null }, toNotify: { count: 0 } },
      },
      { station: 's2', kind: 'water-level', occasion: 'real', toHandle: { count: 1, p50Ms: 5 * MINUTE } },
    ])
    expect(responseTimes(occurrencesOf(...moments), { by: [], monthOf })).toMatchObject([
      { station: null, kind: null, month: null, occurrences: 10 },
    ])
  })

  test('ranks are members of the list, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), (list) => {
        const { count, p50Ms, p90Ms, maxMs } = waitsOf(list)
        expect(count).toBe(list.length)
        expect(list).toContain(p50Ms)
        expect(list).toContain(p90Ms)
        expect(p50Ms).toBeLessThanOrEqual(p90Ms ?? 0)
        expect(p90Ms).toBeLessThanOrEqual(maxMs ?? 0)
        expect(list.filter((one) => one <= (p90Ms ?? 0)).length).toBeGreaterThanOrEqual(list.length * 0.9)
      }),
    )
  })
})

describe('false alarms', () => {
  const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
  const judged = (n: number, verdict: LedgerMoment['verdict'], place: string) =>
    Array.from({ length: n }, (_, i) => said(`${place}${verdict}${i}.fire`, i, { verdict, place }))

  test('more than five on a day at one place are flagged; the rate is of what was judged', () => {
    const places = falseAlarms(
      occurrencesOf(
        ...judged(6, 'false', 'kitchen'),
        ...judged(2, 'real', 'kitchen'),
        ...judged(4, null, 'kitchen'),
        ...judged(5, 'false', 'hall'),
        ...judged(9, 'false', 'drill').map((moment) => ({ ...moment, mark: 'exercise' as const })),
        ...judged(9, 'false', 'cable').map((moment) => ({ ...moment, class: 'fault' as const })),
      ),
      dayOf,
    )
    expect(places).toEqual([
      {
        ...{ station: 's1', place: 'kitchen', occurrences: 12, real: 2, false: 6, test: 0, unknown: 0, unjudged: 4 },
        ...{ falseRate: 0.75, worstDay: '2026-10-01', onWorstDay: 6, flagged: true },
      },
      expect.objectContaining({ place: 'hall', falseRate: 1, onWorstDay: 5, flagged: false }),
    ])
  })
})

describe('online rates', () => {
  const deviceOf = (alarm: string) => (alarm.endsWith('.no-data') ? (alarm.split('.')[0] ?? null) : null)
  const tally = () => new OnlineTally({ from: at(0), to: at(100) }, deviceOf)

  test('the part of the period without a silence, with those that stood at its ends', () => {
    const online = tally()
    online.standing([{ alarm: 'a.no-data' }, { alarm: 'a.fire' }])
    online.add(said('a.no-data', 10, { type: 'returned' }))
    online.add(said('b.no-data', 20))
    online.add(said('b.no-data', 30, { type: 'acknowledged' }))
    online.add(said('b.no-data', 60, { type: 'returned' }))
    online.add(said('c.no-data', 95))
    online.add(said('c.no-data', 120, { type: 'returned' }))
    expect(online.result(['a', 'b', 'c', 'd'])).toEqual([
      { device: 'b', silences: 1, offlineMs: 40 * MINUTE, rate: 0.6, offlineNow: false },
      { device: 'a', silences: 1, offlineMs: 10 * MINUTE, rate: 0.9, offlineNow: false },
      { device: 'c', silences: 1, offlineMs: 5 * MINUTE, rate: 0.95, offlineNow: true },
      { device: 'd', silences: 0, offlineMs: 0, rate: 1, offlineNow: false },
    ])
  })

  test('whatever the events say, it is a part of the period', () => {
    const moment = fc.record({
      minute: fc.integer({ min: -20, max: 120 }),
      type: fc.constantFrom('raised' as const, 'returned' as const, 'removed' as const, 'commented' as const),
    })
    fc.assert(
      fc.property(fc.array(moment), fc.boolean(), (moments, stood) => {
        const online = tally()
        if (stood) online.standing([{ alarm: 'a.no-data' }])
        for (const { minute, type } of moments.toSorted((a, b) => a.minute - b.minute)) {
          online.add(said('a.no-data', minute, { type }))
        }
        const [only] = online.result(['a'])
        expect(only?.rate).toBeGreaterThanOrEqual(0)
        expect(only?.rate).toBeLessThanOrEqual(1)
        expect(only?.rate).toBeCloseTo(1 - (only?.offlineMs ?? 0) / (100 * MINUTE), 9)
      }),
    )
  })
})
