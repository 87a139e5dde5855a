/** What people see and no sensor does: a report enters as an alarm of its own and goes the same way as all. */
import { type Static, Type } from 'typebox'
import { INCIDENT_TYPES } from '../alarm-model.ts'
import { nameOf } from './acting-person.ts'
import { compareAlarms } from './alarm-order.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'

const Words = { minLength: 1, pattern: '\\S' } as const

const ReportBody = Type.Object(
  {
    by: alarmSchemas.CommandBody.properties.by,
    type: Type.Enum([...INCIDENT_TYPES]),
    placeId: Type.Optional(Type.String({ ...Words, maxLength: 64, description: 'id of a registered place' })),
    place: Type.Optional(
      Type.String({ ...Words, maxLength: 200, description: 'the place in words; needed where there is no placeId' }),
    ),
    priority: Type.Optional(baseSchemas.PriorityName),
    known: Type.String({
      ...Words,
      maxLength: 1000,
      description: 'what is known: how many people, who is hurt, a number to call back',
    }),
    reporter: Type.Optional(
      Type.String({
        ...Words,
        maxLength: 100,
        description: 'who saw it or called, where it is not the one who enters it',
      }),
    ),
    exercise: Type.Optional(Type.Boolean({ description: 'true: in a drill, marked as an exercise' })),
  },
  baseSchemas.strict,
)

const ReportTypes = Type.Array(
  Type.Object({
    type: Type.Enum([...INCIDENT_TYPES]),
    name: baseSchemas.LocalText,
    priority: baseSchemas.PriorityName,
    guidance: baseSchemas.LocalText,
  }),
)

export function registerReportRoutes(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/reports',
    {
      schema: {
        summary: 'What people have reported, first what a person must look at, and what can be reported',
        querystring: baseSchemas.query({
          open: Type.Optional(Type.Boolean({ description: 'true: only what is not closed' })),
        }),
        response: {
          200: Type.Object({ reports: Type.Array(alarmSchemas.Alarm), types: ReportTypes }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      const isMeant = (active: boolean): boolean => request.query.open === undefined || request.query.open === active
      const reports = [...view.alarms()].filter(({ report, facts }) => report !== undefined && isMeant(facts.active))
      return { reports: reports.sort(compareAlarms), types: [...view.reports.types()] }
    },
  )
  api.post(
    '/api/reports',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Report an incident that no sensor sees; the same said again is the same report',
        body: ReportBody,
        response: { 200: alarmSchemas.Alarm, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const answer = await view.reports.report(
        requestOf(request.body, nameOf(request.body.by.trim(), request.identity)),
      )
      if (answer.ok) return answer.alarm
      const { refusal, message } = answer
      throw new ApiError(refusal === 'unknown-place' ? 404 : 409, refusal, { message })
    },
  )
}

function requestOf(body: Static<typeof ReportBody>, by: string) {
  const { type, placeId = null, place, priority = null, known, reporter, exercise = false } = body
  if (placeId === null && place === undefined) {
    throw new ApiError(400, 'invalid-request', {
      message: "the body: where it is is missing; give 'place' in words, or the id of a registered place as 'placeId'",
    })
  }
  const said = { known: known.trim(), reporter: reporter?.trim() ?? null, place: place?.trim() ?? null }
  return { type, placeId, priority, exercise, by, ...said }
}
