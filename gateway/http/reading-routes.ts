import { Type } from 'typebox'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'
import * as readingSchemas from './reading-schemas.ts'
import { parseTime } from './validation.ts'

const HOUR_MS = 3_600_000
const TimeText = Type.String({ maxLength: 64, description: 'milliseconds since 1970, or ISO 8601 with a time zone' })

const HistoryQuery = baseSchemas.query({
  point: baseSchemas.AnyId,
  from: Type.Optional(TimeText),
  to: Type.Optional(TimeText),
  // One stretch of time gives a row for its values and a row for its bad readings, so one row cannot tell it.
  maxPoints: Type.Integer({ minimum: 2, maximum: 10_000, default: 1000 }),
})

export function registerReadingRoutes(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/points',
    {
      schema: {
        summary: 'Every point with its latest reading',
        querystring: baseSchemas.query({
          device: Type.Optional(baseSchemas.AnyId),
          station: Type.Optional(Type.String({ maxLength: 64 })),
        }),
        response: {
          200: Type.Object({ points: Type.Array(readingSchemas.Point), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      const { device, station } = request.query
      const points = [...view.points()].filter(
        (point) =>
          (device === undefined || point.device === device) && (station === undefined || point.station === station),
      )
      return { points, now: clock.now().wall }
    },
  )

  api.get(
    '/api/devices',
    {
      schema: {
        summary: 'Every device and whether it speaks',
        querystring: baseSchemas.query({}),
        response: {
          200: Type.Object({ devices: Type.Array(readingSchemas.Device), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    () => ({ devices: [...view.devices()], now: clock.now().wall }),
  )

  api.get(
    '/api/readings',
    {
      schema: {
        summary: 'Readings of one point from the local store; the last hour where no time is given',
        querystring: HistoryQuery,
        response: {
          200: Type.Object({
            point: Type.String(),
            from: baseSchemas.Time,
            to: baseSchemas.Time,
            items: Type.Array(readingSchemas.HistoryItem),
          }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => {
      const { point, maxPoints } = request.query
      const span = spanOf(request.query, clock.now().wall)
      if (view.point(point) === undefined) {
        throw new ApiError(404, 'unknown-point', {
          message: `there is no point '${point}'; GET /api/points lists them all`,
        })
      }
      return { point, ...span, items: await view.history({ point, ...span, maxPoints }) }
    },
  )
}

function spanOf(query: { readonly from?: string; readonly to?: string }, now: number) {
  const to = query.to === undefined ? now : parseTime('to', query.to)
  const from = query.from === undefined ? to - HOUR_MS : parseTime('from', query.from)
  if (from < to) return { from, to }
  throw new ApiError(400, 'invalid-request', { message: `the query: 'from' (${from}) must be before 'to' (${to})` })
}
