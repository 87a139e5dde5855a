/** What of an alarm event goes into ledgers, taken out of its JSON by SQLite: a third of the bytes, and off the main thread. */
import type { LedgerMoment } from '../statistics/ledger-moment.ts'

/** In the order of `Facts`. */
const PATHS = [
  ...['$.type', '$.previousState', '$.alarm.station', '$.alarm.priority', '$.alarm.class', '$.alarm.state'],
  ...['$.alarm.mark', '$.alarm.raisedAt', '$.by', '$.comment', '$.alarm.device', '$.alarm.deviceName', '$.alarm.place'],
  ...['$.alarm.kind', '$.alarm.rule', '$.alarm.name', '$.alarm.level', '$.alarm.cause.value', '$.alarm.cause.unit'],
  ...['$.alarm.disposition.verdict', '$.alarm.report.known', '$.alarm.report.place', '$.alarm.occurrence'],
]

export const LEDGER_FACTS = `seq, time, alarm, json_extract(json, ${PATHS.map((path) => `'${path}'`).join(', ')}) AS facts`

type Facts = readonly [
  LedgerMoment['type'],
  LedgerMoment['previousState'],
  string,
  LedgerMoment['priority'],
  LedgerMoment['class'],
  LedgerMoment['state'],
  LedgerMoment['mark'],
  number,
  string | null,
  string | null,
  string,
  string,
  string,
  string,
  string,
  LedgerMoment['name'],
  string | null,
  LedgerMoment['value'],
  string,
  LedgerMoment['verdict'],
  string | null,
  string | null,
  number,
]

export function ledgerMomentOfRow(row: Readonly<Record<string, unknown>>): LedgerMoment {
  const facts = JSON.parse(String(row.facts)) as Facts
  const [told, previousState, station, priority, alarmClass, state, mark, raisedAt, by, comment, device] = facts
  const [deviceName, place, kind, rule, name, level, value, unit, verdict, known, reportPlace, occurrence] =
    facts.slice(11) as [
      ...[string, string, string, string, LedgerMoment['name'], string | null, LedgerMoment['value'], string],
      ...[LedgerMoment['verdict'], string | null, string | null, number],
    ]
  const time = Number(row.time)
  return {
    ...{
      seq: Number(row.seq),
      time,
      alarm: String(row.alarm),
      previousState,
      station,
      priority,
      state,
      mark,
      raisedAt,
    },
    // The proposal with which an occurrence began asks people as its raise does.
    type: told === 'proposed' && raisedAt === time ? 'raised' : told,
    ...{ class: alarmClass, by, comment, device, deviceName, place, kind, rule, name, level, value, unit },
    ...{ verdict, known, reportPlace, occurrence },
  }
}
