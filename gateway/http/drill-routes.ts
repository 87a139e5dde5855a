/** Drills: begun now or planned, over stations, devices, kinds or alarms, and what became of them. */
import { type Static, Type } from 'typebox'
import { nameOf } from './acting-person.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import type { DrillAnswer } from './drill-view.ts'
import { ApiError } from './errors.ts'

const ids = (description: string) =>
  Type.Optional(Type.Array(baseSchemas.AnyId, { minItems: 1, maxItems: 500, description }))

const Scope = {
  stations: ids('each with all stations below it'),
  devices: ids('the gravest hazard of each'),
  kinds: ids('of devices'),
  alarms: ids('these and no others'),
}

const DrillShape = Type.Object({
  id: Type.String(),
  state: Type.Enum(['planned', 'on', 'over', 'cancelled', 'missed']),
  ...{ by: Type.String(), comment: Type.String(), from: baseSchemas.Time, until: baseSchemas.Time },
  scope: Type.Object(Scope),
  schedule: baseSchemas.NullableText,
  ...{ endedAt: baseSchemas.NullableTime, endedBy: baseSchemas.NullableText },
  ...{ modes: Type.Array(Type.String()), alarms: Type.Array(Type.String()) },
  refused: Type.Array(Type.Object({ alarm: Type.String(), refusal: Type.String() })),
})

const Waits = Type.Object({
  count: Type.Integer(),
  ...{ p50Ms: baseSchemas.NullableNumber, p90Ms: baseSchemas.NullableNumber, maxMs: baseSchemas.NullableNumber },
})

const ReportShape = Type.Object({
  drill: DrillShape,
  alarms: Type.Array(
    Type.Object({
      ...{ alarm: Type.String(), name: baseSchemas.LocalText, station: Type.String(), place: Type.String() },
      ...{ raisedAt: baseSchemas.Time, acknowledgedAt: baseSchemas.NullableTime },
      ...{ acknowledgedBy: baseSchemas.NullableText, toAcknowledgeMs: baseSchemas.NullableNumber },
    }),
  ),
  told: Type.Array(
    Type.Object({
      ...{ notification: Type.String(), channel: Type.String(), station: Type.String(), to: Type.Array(Type.String()) },
      ...{ purpose: Type.String(), step: Type.Integer(), at: baseSchemas.Time },
      ...{ sentAt: baseSchemas.NullableTime, deliveredAt: baseSchemas.NullableTime, seenAt: baseSchemas.NullableTime },
      ...{ acknowledgedAt: baseSchemas.NullableTime, acknowledgedBy: baseSchemas.NullableText },
      failure: baseSchemas.NullableText,
    }),
  ),
  toAcknowledge: Waits,
  ...{ unanswered: Type.Integer(), failed: Type.Integer(), unreached: Type.Array(Type.String()) },
})

const BeginBody = Type.Object(
  {
    ...alarmSchemas.ReasonedCommandBody.properties,
    ...Scope,
    minutes: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 240, description: 'at most 4 h; or until' })),
    from: Type.Optional(Type.Number({ description: 'ms since 1970; now if absent' })),
    until: Type.Optional(Type.Number({ description: 'ms since 1970; at most 4 h after it begins' })),
  },
  baseSchemas.strict,
)

const Refusals = { '4xx': baseSchemas.ErrorBody }

export function registerDrillRoutes(api: Api, parts: ApiParts): void {
  registerReading(api, parts)
  registerChanges(api, parts)
}

function registerReading(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/drills',
    {
      schema: {
        summary: 'Drills that are planned, on and over, newest first',
        querystring: baseSchemas.query({}),
        response: { 200: Type.Object({ drills: Type.Array(DrillShape) }), ...Refusals },
      },
    },
    () => ({ drills: [...view.drills.list()] }),
  )
  api.get(
    '/api/drills/:id',
    {
      schema: {
        summary: 'What became of a drill: who was told when, who answered, after how long, what failed',
        params: Type.Object({ id: baseSchemas.AnyId }),
        response: { 200: ReportShape, ...Refusals },
      },
    },
    async (request) => {
      const report = await view.drills.report(request.params.id)
      if (report !== null) return report
      throw new ApiError(404, 'unknown-drill', { message: { zh: '没有此演练', en: 'there is no such drill' } })
    },
  )
}

function registerChanges(api: Api, { view, clock }: ApiParts): void {
  api.post(
    '/api/drills',
    {
      config: { access: 'operate' },
      schema: {
        summary:
          'Begin a drill, or plan it: its alarms are raised as exercises, through every channel, and end by themselves',
        body: BeginBody,
        response: { 200: DrillShape, ...Refusals },
      },
    },
    async (request) => {
      const { stations, devices, kinds, alarms, from = null, by, comment } = request.body
      const scope = { ...(stations && { stations }), ...(devices && { devices }), ...(kinds && { kinds }) }
      return drillOf(
        await view.drills.begin({
          ...{ scope: { ...scope, ...(alarms && { alarms }) }, from, comment: comment.trim() },
          ...{ by: nameOf(by.trim(), request.identity), durationMs: durationOf(request.body, clock.now().wall) },
        }),
      )
    },
  )
  api.post(
    '/api/drills/:id/end',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'End a drill before its time, or call off one that is planned',
        params: Type.Object({ id: baseSchemas.AnyId }),
        body: alarmSchemas.CommandBody,
        response: { 200: DrillShape, ...Refusals },
      },
    },
    async (request) => {
      const { by, comment } = request.body
      const who = { by: nameOf(by.trim(), request.identity), comment: comment?.trim() || null }
      return drillOf(await view.drills.end(request.params.id, who))
    },
  )
}

function durationOf(
  { stations, devices, kinds, alarms, minutes, from, until }: Static<typeof BeginBody>,
  now: number,
): number {
  if ([stations, devices, kinds, alarms].every((part) => part === undefined)) {
    throw wrong('over what it is, is missing; give stations, devices, kinds or alarms')
  }
  if ((minutes === undefined) === (until === undefined))
    throw wrong("its end is missing; give either 'minutes' or 'until'")
  return minutes === undefined ? (until as number) - (from ?? now) : minutes * 60_000
}

function wrong(what: string): ApiError {
  return new ApiError(400, 'invalid-request', { message: `the body: ${what}` })
}

function drillOf(answer: DrillAnswer) {
  if (answer.ok) return answer.drill
  const { refusal, message } = answer
  const status = refusal === 'unknown-drill' ? 404 : refusal === 'drill-on' || refusal === 'drill-over' ? 409 : 422
  throw new ApiError(status, refusal, { message })
}
