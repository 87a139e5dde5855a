/** Maintenance, drills and tests: who is at work where, why, and until when. */
import { Type } from 'typebox'
import { MODE_TYPES, type Mode, type ModeAnswer } from '../mode.ts'
import { nameOf } from './acting-person.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'

const Target = Type.Object(
  {
    type: Type.Enum(['device', 'place', 'station', 'point']),
    id: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'an id; of a place that is only described its words',
    }),
  },
  { additionalProperties: false },
)

const ModeShape = Type.Object({
  id: Type.String(),
  type: Type.Enum([...MODE_TYPES]),
  target: Target,
  by: Type.String(),
  comment: Type.String(),
  at: baseSchemas.Time,
  until: baseSchemas.Time,
  dispatch: Type.Boolean({ description: 'of a test: what it raises is told as an alarm, marked' }),
})

const BeginBody = Type.Object(
  {
    ...alarmSchemas.ReasonedCommandBody.properties,
    type: Type.Enum([...MODE_TYPES]),
    target: Target,
    minutes: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100_000,
      description: 'at most so long: maintenance 24 h, a drill 4 h, a test 8 h',
    }),
    dispatch: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

const ModeEventShape = Type.Object({
  seq: Type.Integer(),
  time: baseSchemas.Time,
  type: Type.Enum(['begun', 'changed', 'ended']),
  by: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null: its time was over' }),
  comment: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  mode: ModeShape,
})

export function registerModeRoutes(api: Api, parts: ApiParts): void {
  registerReading(api, parts)
  registerBegin(api, parts)
  registerEnd(api, parts)
}

function registerReading(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/modes',
    {
      schema: {
        summary: 'Maintenance, drills and tests that are on',
        querystring: baseSchemas.query({}),
        response: {
          200: Type.Object({ modes: Type.Array(ModeShape), now: baseSchemas.Time }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    () => ({ modes: [...view.modes.list()], now: clock.now().wall }),
  )
  api.get(
    '/api/mode-events',
    {
      schema: {
        summary: 'When modes began and ended, and by whom, after a number; the last 20 000 are kept',
        querystring: baseSchemas.query({
          after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
        }),
        response: {
          200: Type.Object({ events: Type.Array(ModeEventShape), lastSeq: Type.Integer() }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => {
      const { events, lastSeq } = await view.modes.events(request.query.after, request.query.limit)
      return { events: [...events], lastSeq }
    },
  )
}

function registerBegin(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/modes',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Begin maintenance, a drill or a test, or let the same one go on until another time',
        body: BeginBody,
        response: { 200: ModeShape, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const { type, target, minutes, by, comment, dispatch = false } = request.body
      return modeOf(
        await view.modes.begin({
          ...{ type, target, dispatch, durationMs: minutes * 60_000 },
          by: nameOf(by.trim(), request.identity),
          comment: comment.trim(),
        }),
      )
    },
  )
}

function registerEnd(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/modes/:id/end',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'End a mode before its time',
        params: Type.Object({ id: baseSchemas.AnyId }),
        body: alarmSchemas.CommandBody,
        response: { 200: ModeShape, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const { by, comment } = request.body
      const who = { by: nameOf(by.trim(), request.identity), comment: comment?.trim() || null }
      return modeOf(await view.modes.end(request.params.id, who))
    },
  )
}

function modeOf(answer: ModeAnswer): Mode {
  if (answer.ok) return answer.mode
  const { refusal, message } = answer
  const isUnknown = refusal === 'unknown-target' || refusal === 'unknown-mode'
  const status = isUnknown ? 404 : refusal === 'too-many-modes' ? 409 : 422
  throw new ApiError(status, refusal, { message })
}
