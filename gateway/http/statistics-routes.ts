/** Figures about alarms: how many people can bear, which are a nuisance, and what would mend them. */
import { Type } from 'typebox'
import { groupAlarms } from '../statistics/alarm-groups.ts'
import { type AlarmStatistics, type Period, TARGETS } from '../statistics/alarm-statistics.ts'
import { compareAlarms } from './alarm-order.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'

const DAY = 86_400_000
const LONGEST = 366 * DAY

const PeriodQuery = {
  from: Type.Optional(Type.Number({ description: 'ms since 1970; 24 h before `to` if absent' })),
  to: Type.Optional(Type.Number({ description: 'ms since 1970, excluded; now if absent' })),
}
const Share = Type.Number({ description: 'a part, from 0 to 1' })
const Contributors = Type.Array(Type.Object({ alarm: Type.String(), count: Type.Integer() }))
const Ms = Type.Unsafe<number | null>({ type: ['number', 'null'] })
const FloodShape = Type.Object({
  station: Type.String(),
  from: baseSchemas.Time,
  alarms: Type.Integer({ description: 'since it began' }),
})

const Statistics = Type.Object({
  ...{
    from: baseSchemas.Time,
    to: baseSchemas.Time,
    alarms: Type.Integer({ description: 'that asked people to look' }),
  },
  ...{ perDay: Type.Number(), perHour: Type.Number(), perTenMinutes: Type.Number() },
  ...{ peakPerMinute: Type.Integer(), peakPerTenMinutes: Type.Integer(), peakPerHour: Type.Integer() },
  ...{ hoursAbove30: Share, tenMinutesAbove10: Share },
  ...{ timeInFlood: Share, floods: Type.Integer(), largestFlood: Type.Integer() },
  ...{ topTen: Contributors, topTenShare: Share },
  byPriority: Type.Object({
    ...{ low: Type.Integer(), medium: Type.Integer(), high: Type.Integer(), urgent: Type.Integer() },
  }),
  byClass: Type.Object({ alarm: Type.Integer(), fault: Type.Integer() }),
  ...{ chattering: Contributors, fleeting: Contributors },
  stale: Type.Array(Type.String(), { description: 'alarms that stood for more than 24 h at the end' }),
  timeToAcknowledge: Type.Object({ count: Type.Integer(), medianMs: Ms, p95Ms: Ms, maxMs: Ms }),
  leftOut: Type.Object({ exercisesAndTests: Type.Integer(), suppressed: Type.Integer() }),
  targets: Type.Record(Type.String(), Type.Number(), {
    description: 'what EEMUA 191 and ISA-18.2 call manageable for one person',
  }),
})

const Suggestion = Type.Union([
  Type.Object({
    now: Type.Number(),
    suggested: Type.Number(),
    raises: Type.Integer({ description: 'how often the level would have been raised with it' }),
  }),
  Type.Null(),
])

const Tuning = Type.Object({
  ...{ alarm: Type.String(), from: baseSchemas.Time, to: baseSchemas.Time, readings: Type.Integer() },
  levels: Type.Array(
    Type.Object({
      ...{ level: Type.String(), setpoint: Type.Number(), raises: Type.Integer() },
      ...{ deadband: Suggestion, offDelayMs: Suggestion, onDelayMs: Suggestion },
    }),
  ),
})

export function registerStatisticsRoutes(api: Api, parts: ApiParts): void {
  registerStatistics(api, parts)
  registerTuning(api, parts)
  registerGroups(api, parts)
}

function registerStatistics(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/alarm-statistics',
    {
      schema: {
        summary: 'How alarms behaved in a period, by the figures of EEMUA 191 and ISA-18.2',
        querystring: baseSchemas.query({ ...PeriodQuery, station: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: { 200: Statistics, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const { station = null } = request.query
      const statistics = await view.statistics.of(periodOf(request.query, clock.now().wall), station)
      return { ...copyOf(statistics), targets: { ...TARGETS } }
    },
  )
}

function registerTuning(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/alarms/:id/tuning',
    {
      schema: {
        summary: 'Which deadband and delays would have kept a limit quiet, computed from its recorded readings',
        params: Type.Object({ id: baseSchemas.AnyId }),
        querystring: baseSchemas.query(PeriodQuery),
        response: { 200: Tuning, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const answer = await view.statistics.tuning(request.params.id, periodOf(request.query, clock.now().wall))
      if (answer.ok) return { ...answer.tuning, levels: [...answer.tuning.levels] }
      const { refusal, message } = answer
      throw new ApiError(refusal === 'unknown-alarm' ? 404 : 422, refusal, { message })
    },
  )
}

function registerGroups(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/alarm-groups',
    {
      schema: {
        summary:
          'Open alarms gathered for people in a flood; what has the highest priority stands alone, up to a hundred',
        querystring: baseSchemas.query({ station: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: {
          200: Type.Object({
            floods: Type.Array(FloodShape, {
              description: 'stations with ten alarms in ten minutes, until there are fewer than five',
            }),
            groups: Type.Array(
              Type.Object({
                key: Type.String(),
                count: Type.Integer(),
                unacknowledged: Type.Integer(),
                first: alarmSchemas.Alarm,
                alarms: Type.Array(Type.String(), { description: 'ids' }),
              }),
            ),
            lastSeq: Type.Integer(),
          }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      const { station } = request.query
      const lastSeq = view.lastSeq()
      const isMeant = (id: string) => station === undefined || station === id
      const open = [...view.alarms()].filter((alarm) => alarm.state !== 'normal' && isMeant(alarm.station))
      const groups = groupAlarms(open.sort(compareAlarms)).map(({ key, first, alarms, unacknowledged }) => {
        return { key, count: alarms.length, unacknowledged, first, alarms: alarms.map(({ id }) => id) }
      })
      const floods = [...view.statistics.floods()].map(([id, { from, alarms }]) => ({ station: id, from, alarms }))
      return { floods: floods.filter((flood) => isMeant(flood.station)), groups, lastSeq }
    },
  )
}

function periodOf({ from, to }: { readonly from?: number; readonly to?: number }, now: number): Period {
  const end = to ?? now
  const period = { from: from ?? end - DAY, to: end }
  if (period.from < period.to && period.to - period.from <= LONGEST) return period
  throw new ApiError(400, 'invalid-request', {
    message: `the query: 'from' must be before 'to', by at most 366 days; got from=${period.from} to=${period.to}`,
  })
}

function copyOf({ topTen, chattering, fleeting, stale, ...figures }: AlarmStatistics) {
  return { ...figures, topTen: [...topTen], chattering: [...chattering], fleeting: [...fleeting], stale: [...stale] }
}
