/** What became of a drill, from hand-made events with a known answer. */
import { expect, test } from 'vitest'
import type { DispatchEvent, DispatchEventContent } from '../../../gateway/dispatch-event.ts'
import type { Drill } from '../../../gateway/ledger-model.ts'
import { drillReport, drillTable } from '../../../gateway/ledgers/drill-report.ts'
import { OccurrenceBook } from '../../../gateway/statistics/occurrence-book.ts'
import { MINUTE, MORNING, story } from '../statistics/moments.ts'

const DRILL: Drill = {
  ...{ id: 'exercise-1', state: 'over', by: '张伟', comment: '演练', from: MORNING, until: MORNING + 60 * MINUTE },
  ...{ scope: { kinds: ['smoke'] }, schedule: null, endedAt: MORNING + 30 * MINUTE, endedBy: null, modes: ['drill-1'] },
  ...{ alarms: ['a.fire.exercise', 'b.fire.exercise'], refused: [] },
}
const period = { from: MORNING, to: MORNING + 30 * MINUTE }

let seq = 0
const event = (minute: number, alarm: string, content: DispatchEventContent): DispatchEvent => ({
  ...{ seq: ++seq, time: MORNING + minute * MINUTE, cases: [`${alarm}#1`] },
  ...content,
})
const notified = (minute: number, alarm: string, id: string): DispatchEvent =>
  event(minute, alarm, {
    ...{ type: 'notified', group: null },
    notification: {
      ...{ id, seq: 1, channel: 'wecom', station: 's1', purpose: 'first', step: 0, priority: 'high', events: [] },
      ...{ to: [{ person: 'li', name: '李娜', address: 'li' }], drill: DRILL.id },
    },
  })
const receipt = (
  minute: number,
  id: string,
  state: Extract<DispatchEventContent, { type: 'receipt' }>['state'],
  more: { by?: string; detail?: string } = {},
): DispatchEvent =>
  event(minute, 'a.fire.exercise', {
    ...{ type: 'receipt', notification: id, state, by: more.by ?? null, detail: more.detail ?? null },
  })

test('says who was told when, who answered after how long, and what failed', () => {
  const book = new OccurrenceBook(period, { most: 100 })
  const moments = [
    ...story('a.fire.exercise', [0, 3, 30], { mark: 'exercise' }),
    ...story('b.fire.exercise', [0, null, 30], { mark: 'exercise' }),
    ...story('a.fire', [1, 2, 3]),
  ]
  for (const moment of moments.toSorted((a, b) => a.time - b.time)) book.add(moment)
  const events = [
    ...[notified(0, 'a.fire.exercise', 'n1'), notified(0, 'b.fire.exercise', 'n2'), notified(1, 'a.fire', 'n3')],
    ...[
      receipt(1, 'n1', 'failed', { detail: 'timeout' }),
      receipt(2, 'n1', 'seen'),
      receipt(3, 'n1', 'acknowledged', { by: '李娜' }),
    ],
    ...[receipt(4, 'n2', 'failed', { detail: 'no route' }), receipt(4, 'n3', 'sent')],
    event(5, 'b.fire.exercise', { type: 'unreached', station: 's9', step: 1 }),
    event(5, 'a.fire', { type: 'unreached', station: 's8', step: 1 }),
  ]
  const report = drillReport(DRILL, { occurrences: book.result(), events })
  expect(report.alarms.map(({ alarm, toAcknowledgeMs }) => [alarm, toAcknowledgeMs])).toEqual([
    ['a.fire.exercise', 3 * MINUTE],
    ['b.fire.exercise', null],
  ])
  expect(report.told).toMatchObject([
    {
      ...{ notification: 'n1', channel: 'wecom', to: ['李娜'], at: MORNING, failure: null },
      ...{ sentAt: MORNING + 2 * MINUTE, deliveredAt: MORNING + 2 * MINUTE, seenAt: MORNING + 2 * MINUTE },
      ...{ acknowledgedAt: MORNING + 3 * MINUTE, acknowledgedBy: '李娜' },
    },
    { notification: 'n2', sentAt: null, failure: 'no route' },
  ])
  expect(report).toMatchObject({
    unanswered: 1,
    failed: 1,
    unreached: ['s9'],
    toAcknowledge: { count: 1, p50Ms: 3 * MINUTE },
  })
  const table = drillTable([report])
  expect(table.rows(0, 1)[0]?.slice(6)).toEqual([2, 2, 1, 1, 3 * MINUTE, 3 * MINUTE])
})
