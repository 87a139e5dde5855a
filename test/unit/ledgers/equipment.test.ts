/** When equipment is due, and which places are covered. */
import { expect, test } from 'vitest'
import type { Inspection } from '../../../gateway/ledger-model.ts'
import { type EquipmentFacts, equipmentLines, equipmentTable } from '../../../gateway/ledgers/equipment.ts'
import { coverageOf, type SensorFacts } from '../../../gateway/ledgers/sensor-tables.ts'
import type { Place } from '../../../gateway/registry-model.ts'

const DAY = 86_400_000
const NOW = 1000 * DAY
const RULE = { lookMs: 30 * DAY, lookWhereCrowdedMs: 15 * DAY, checkMs: 365 * DAY, serviceMs: 1826 * DAY }

const done = (type: Inspection['type'], daysAgo: number, ok = true): Inspection => ({
  ...{ device: 'tag', type, at: NOW - daysAgo * DAY, by: '张伟', ok, comment: '', enteredAt: NOW },
})
const unit = (inspections: readonly Inspection[], changes: Partial<EquipmentFacts> = {}): EquipmentFacts => ({
  ...{ device: 'tag', deviceName: '大厅', kind: 'extinguisher', station: 's1', place: 'hall', crowded: false },
  ...{ pressure: 1180, pressureUnit: 'kPa', lowest: 1100, highest: 1200, lossPerDay: null, present: true },
  ...{ heard: true, lastHeardAt: NOW, outOfService: false, open: 0 },
  inspections: Object.fromEntries(inspections.map((one) => [one.type, one])),
  ...changes,
})
const line = (inspections: readonly Inspection[], changes: Partial<EquipmentFacts> = {}) =>
  equipmentLines([unit(inspections, changes)], { rule: RULE, now: NOW })[0]

test.each([
  ['nothing is known', [], {}, 'never-checked', null],
  ['a look of today is no check', [done('look', 0)], {}, 'never-checked', null],
  ['a check is a look too', [done('check', 10)], {}, 'ok', 20],
  ['a month after the look', [done('check', 40), done('look', 30)], {}, 'overdue', 0],
  ['where many people are, half a month', [done('check', 10)], { crowded: true }, 'due-soon', 5],
  ['a year after the check', [done('check', 366), done('look', 1)], {}, 'overdue', -1],
  ['a service is a check too', [done('check', 400), done('service', 5)], {}, 'ok', 25],
  ['five years after the service', [done('service', 1826), done('check', 3)], {}, 'overdue', 0],
  ['something was found', [done('check', 10), done('look', 1, false)], {}, 'defect', 29],
  ['it was mended', [done('look', 2, false), done('service', 1)], {}, 'ok', 29],
  ['it is away', [done('check', 1)], { present: false }, 'away', 29],
  ['it is out of service', [done('check', 1)], { outOfService: true }, 'away', 29],
  ['it is scrapped', [done('check', 20), done('scrapped', 1)], {}, 'scrapped', null],
  ['another one hangs there', [done('scrapped', 20), done('service', 1)], {}, 'ok', 29],
] as const)('%s', (_what, inspections, changes, state, dueInDays) => {
  const found = line(inspections, changes)
  expect(found).toMatchObject({ state, dueAt: dueInDays === null ? null : NOW + dueInDays * DAY })
})

test('a place of which more than a quarter is away is short', () => {
  const units = [false, true, true, true].map((present, i) => unit([], { device: `tag-${i}`, present }))
  const short = (list: readonly EquipmentFacts[]) => equipmentLines(list, { rule: RULE, now: NOW })[0]?.placeShort
  expect(short(units)).toBe(false)
  expect(short(units.slice(0, 3))).toBe(true)
})

test('the table has a cell for each column', () => {
  const table = equipmentTable(equipmentLines([unit([done('look', 1, false)])], { rule: RULE, now: NOW }))
  expect(table.rows(0, 1)[0]).toHaveLength(table.columns.length)
  const at = (key: string) => table.rows(0, 1)[0]?.[table.columns.findIndex((column) => column.key === key)]
  expect([at('state'), at('lastInspection'), at('lastInspectionBy')]).toEqual(['defect', 'look', '张伟'])
})

test('a place is covered where one sensor works; sensors elsewhere are counted apart', () => {
  const place = (id: string): Place => ({
    ...{ id, name: { zh: id, en: id }, kind: 'old-estate', risk: 'red', address: '', position: null, station: 's1' },
  })
  const sensor = (placeId: string | null, working: boolean): SensorFacts => ({
    ...{ device: 'd', deviceName: 'd', kind: 'smoke', station: 's1', place: 'x', placeId, working },
  })
  const places = ['a', 'b', 'c', 'd'].map(place)
  const sensors = [sensor('a', true), sensor('a', false), sensor('b', false), sensor('d', true), sensor(null, true)]
  expect(coverageOf(places, sensors)).toEqual([
    {
      ...{ station: 's1', places: 4, working: 2, blind: 1, without: 1, share: 0.5 },
      ...{ sensors: 5, sensorsWorking: 3, elsewhere: 1 },
    },
  ])
  expect(coverageOf([], [sensor(null, true)])).toMatchObject([{ station: 's1', places: 0, share: null }])
})
