/** A month of a lively street: figures for the printed report, with names that would break a careless page. */

import type { DrillReport } from '../../gateway/ledgers/drill-report.ts'
import { equipmentLines } from '../../gateway/ledgers/equipment.ts'
import type { MonthlyFigures } from '../../gateway/ledgers/monthly-report.ts'
import { coverageOf, type SensorFacts } from '../../gateway/ledgers/sensor-tables.ts'
import type { Occurrence } from '../../gateway/statistics/occurrence-book.ts'

const DAY = 86_400_000
const FROM = Date.UTC(2026, 8, 30, 16)
const TO = FROM + 31 * DAY
const KINDS = ['smoke', 'water-level', 'extinguisher', 'slope', 'incident'] as const
const PRIORITIES = ['urgent', 'high', 'medium', 'low'] as const

function occurrence(i: number): Occurrence {
  const raisedAt = FROM + ((i * 7_777_777) % (30 * DAY))
  const acknowledged = i % 9 !== 0
  const kind = KINDS[i % KINDS.length] ?? 'smoke'
  return {
    ...{ alarm: `d${i % 17}.fire`, seq: i + 1, station: i % 3 === 0 ? 's2' : 's1', device: `d${i % 17}` },
    ...{ deviceName: `探测器 ${i % 17}`, place: i % 4 === 0 ? '<b>厨房</b>' : '翠湖小区 3 号楼', kind, rule: 'fire' },
    ...{ name: { zh: '火警', en: 'Fire' }, class: i % 6 === 5 ? 'fault' : 'alarm', mark: null },
    ...{ priority: PRIORITIES[i % 4] ?? 'low', level: null, value: null, unit: '', known: null, late: false, raisedAt },
    ...{
      askedAt: raisedAt,
      notifiedAt: raisedAt + 1500 + i * 60,
      acknowledgedAt: acknowledged ? raisedAt + 20_000 + i * 1900 : null,
    },
    ...{ acknowledgedBy: acknowledged ? '张伟' : null, returnedAt: raisedAt + 600_000 },
    ...{ handledAt: acknowledged ? raisedAt + 900_000 : null, handledBy: null },
    ...{ verdict: i % 4 === 0 ? 'false' : i % 4 === 1 ? 'real' : null, verdictBy: null, comments: [] },
  }
}

export function sampleFigures(): MonthlyFigures {
  const sensor = (i: number): SensorFacts => ({
    ...{
      device: `d${i}`,
      deviceName: `探测器 ${i}`,
      kind: KINDS[i % 4] ?? 'smoke',
      station: i % 3 === 0 ? 's2' : 's1',
    },
    ...{ place: '翠湖小区 3 号楼', placeId: i % 5 === 0 ? null : `p${i % 4}`, working: i % 8 !== 0 },
  })
  const sensors = Array.from({ length: 17 }, (_, i) => sensor(i))
  const places = [0, 1, 2, 3, 9].map((i) => ({
    ...({ id: `p${i}`, name: { zh: `场所 ${i}`, en: `place ${i}` }, kind: 'old-estate', risk: 'red' } as const),
    ...{ address: '', position: null, station: i % 3 === 0 ? 's2' : 's1' },
  }))
  const units = sensors
    .filter(({ kind }) => kind === 'extinguisher')
    .map((one, i) => ({
      ...{ ...one, crowded: false, pressure: 1180 - i * 90, pressureUnit: 'kPa', lowest: 1000, highest: 1200 },
      ...{
        lossPerDay: 0.4,
        present: i !== 1,
        heard: one.working,
        lastHeardAt: TO,
        outOfService: false,
        open: i,
        inspections: {},
      },
    }))
  const drill: DrillReport['drill'] = {
    ...{
      id: 'exercise-1',
      state: 'over',
      by: '值班长',
      comment: '每月一日演练',
      from: FROM + DAY,
      until: FROM + 2 * DAY,
    },
    ...{
      scope: {},
      schedule: 'monthly',
      endedAt: FROM + DAY + 1_800_000,
      endedBy: null,
      modes: [],
      alarms: [],
      refused: [],
    },
  }
  return {
    ...{
      month: '2026-10',
      stationName: '翠湖街道中心站',
      timeZone: 'Asia/Shanghai',
      madeAt: TO + DAY,
      unfinished: false,
    },
    targets: { notifyMs: 10_000, acknowledgeMs: 180_000, handleMs: DAY },
    occurrences: Array.from({ length: 120 }, (_, i) => occurrence(i)),
    online: sensors.map(({ device }, i) => ({
      ...{ device, silences: i % 4, offlineMs: (i % 4) * 3_600_000, rate: 1 - (i % 4) * 0.0125, offlineNow: i === 3 },
    })),
    sensors: new Map(sensors.map((one) => [one.device, one])),
    coverage: coverageOf(places, sensors),
    equipment: equipmentLines(units, {
      ...{
        now: TO,
        rule: { lookMs: 30 * DAY, lookWhereCrowdedMs: 15 * DAY, checkMs: 365 * DAY, serviceMs: 1826 * DAY },
      },
    }),
    drills: [
      {
        ...{ drill, alarms: [], told: [], unanswered: 1, failed: 0, unreached: [] },
        toAcknowledge: { count: 3, p50Ms: 45_000, p90Ms: 80_000, maxMs: 80_000 },
      },
    ],
    stations: new Map([
      ['s1', '翠湖社区站'],
      ['s2', '石井社区站'],
    ]),
  }
}
