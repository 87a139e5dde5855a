import { type Static, type TObject, Type } from 'typebox'
import type { Alarm, CommandAction } from '../alarm-model.ts'
import { nameOf } from './acting-person.ts'
import { compareAlarms } from './alarm-order.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'

const AlarmQuery = baseSchemas.query({
  state: Type.Optional(Type.Array(Type.String(), { description: 'repeatable, or several with commas' })),
  priority: Type.Optional(Type.Array(Type.String(), { description: 'repeatable, or several with commas' })),
  class: Type.Optional(baseSchemas.ClassName),
  mark: Type.Optional(Type.Enum(['none', 'exercise', 'test'], { description: 'none: only real alarms' })),
  station: Type.Optional(Type.String({ maxLength: 64 })),
  gateway: Type.Optional(Type.String({ maxLength: 64, description: 'that raised it: this one, or one below' })),
  kind: Type.Optional(Type.String({ maxLength: 64 })),
  open: Type.Optional(Type.Boolean({ description: 'true: only alarms that are not normal; false: only those' })),
})
const IdParams = Type.Object({ id: baseSchemas.AnyId })

export function registerAlarmRoutes(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/alarms',
    {
      schema: {
        summary: 'Alarms, first what a person must look at',
        querystring: AlarmQuery,
        response: {
          200: Type.Object({
            alarms: Type.Array(alarmSchemas.AlarmRow),
            lastSeq: Type.Integer({ description: 'follow with /api/events?after= this number' }),
            now: baseSchemas.Time,
          }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    (request) => {
      // First the number, then the table: what the table has beyond it comes again as an event and changes nothing.
      const lastSeq = view.lastSeq()
      const alarms = [...view.alarms()].filter(filterOf(request.query, view.info().gateway)).sort(compareAlarms)
      return { alarms, lastSeq, now: clock.now().wall }
    },
  )

  api.get(
    '/api/alarms/:id',
    {
      schema: {
        summary: 'One alarm',
        params: IdParams,
        response: { 200: alarmSchemas.AlarmRow, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => view.alarm(request.params.id) ?? raise(unknownAlarm(request.params.id)),
  )

  for (const command of COMMANDS) registerCommand(api, view, command)
}

type Body = Static<typeof alarmSchemas.CommandBody> &
  Partial<
    Static<typeof alarmSchemas.ShelveBody> &
      Static<typeof alarmSchemas.ExerciseBody> &
      Static<typeof alarmSchemas.CorrectBody> &
      Static<typeof alarmSchemas.CloseBody>
  >

interface AlarmCommand {
  readonly type: CommandAction['type']
  readonly summary: string
  readonly body: TObject
  readonly action: (body: Body) => CommandAction
}

const COMMANDS: readonly AlarmCommand[] = [
  {
    type: 'acknowledge',
    summary: 'Say that a person has seen the alarm, or end one that the configuration no longer has',
    body: alarmSchemas.CommandBody,
    action: () => ({ type: 'acknowledge' }),
  },
  {
    type: 'reset',
    summary: 'Let go of a latched alarm whose condition is over, or end one that the configuration no longer has',
    body: alarmSchemas.CommandBody,
    action: () => ({ type: 'reset' }),
  },
  {
    type: 'shelve',
    summary: 'Put an alarm aside for a time; it runs on underneath and comes back by itself',
    body: alarmSchemas.ShelveBody,
    action: ({ minutes = 0, oneShot = false }) => ({ type: 'shelve', durationMs: minutes * 60_000, oneShot }),
  },
  {
    type: 'unshelve',
    summary: 'Take a shelved alarm back before its time',
    body: alarmSchemas.CommandBody,
    action: () => ({ type: 'unshelve' }),
  },
  {
    type: 'take-out-of-service',
    summary: 'Say that nobody is to rely on the alarm, until a person returns it to service',
    body: alarmSchemas.ReasonedCommandBody,
    action: () => ({ type: 'take-out-of-service' }),
  },
  {
    type: 'return-to-service',
    summary: 'Rely on the alarm again',
    body: alarmSchemas.CommandBody,
    action: () => ({ type: 'return-to-service' }),
  },
  {
    type: 'comment',
    summary: 'Add to the record of the alarm',
    body: alarmSchemas.ReasonedCommandBody,
    action: () => ({ type: 'comment' }),
  },
  {
    type: 'confirm',
    summary:
      'Confirm the level that is proposed, or another that people have agreed on; it stands until a person resets it',
    body: alarmSchemas.ConfirmBody,
    action: ({ level = null }) => ({ type: 'confirm', level }),
  },
  {
    type: 'decline',
    summary: 'Decline the level that is proposed; what stood before stands on',
    body: alarmSchemas.ReasonedCommandBody,
    action: () => ({ type: 'decline' }),
  },
  {
    type: 'exercise',
    summary: 'In a drill, raise the alarm as an exercise: marked all the way, under an id of its own',
    body: alarmSchemas.ExerciseBody,
    action: ({ level = null }) => ({ type: 'exercise', level }),
  },
  {
    type: 'dispose',
    summary: 'Say what the last occurrence was: real, false, a test, or not known; the last word counts',
    body: alarmSchemas.DisposeBody,
    action: ({ verdict = 'unknown' }) => ({ type: 'dispose', verdict }),
  },
  {
    type: 'correct',
    summary: 'Of a report: what is known now, and how bad it is; what is worse asks people anew',
    body: alarmSchemas.CorrectBody,
    action: ({ priority = null, known = null }) => ({ type: 'correct', priority, known: known?.trim() ?? null }),
  },
  {
    type: 'close',
    summary: 'Of a report: nothing more needs to be done',
    body: alarmSchemas.CloseBody,
    action: ({ verdict = null }) => ({ type: 'close', verdict }),
  },
]

function registerCommand(api: Api, view: ApiParts['view'], command: AlarmCommand): void {
  api.post(
    `/api/alarms/:id/${command.type}`,
    {
      config: { access: 'operate' },
      schema: {
        summary: command.summary,
        params: IdParams,
        body: command.body,
        response: { 200: alarmSchemas.AlarmRow, 202: alarmSchemas.AlarmRow, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      // Its schema was applied; that each command has its own is beyond the types.
      const body = request.body as Body
      const alarmId = request.params.id
      const answer = await view.command({
        ...command.action(body),
        alarmId,
        by: nameOf(body.by.trim(), request.identity),
        comment: body.comment?.trim() || null,
      })
      // Of a gateway below: it is on its way there.
      if (answer.ok) return reply.code(answer.alarm.order?.state === 'pending' ? 202 : 200).send(answer.alarm)
      if (answer.refusal === 'unknown-alarm') throw unknownAlarm(alarmId)
      throw new ApiError(409, answer.refusal, { message: answer.message })
    },
  )
}

/** `gateway`: this one. */
function filterOf(query: Static<typeof AlarmQuery>, gateway: string): (alarm: Alarm) => boolean {
  const states = listOf('state', query.state, alarmSchemas.ALARM_STATES)
  const priorities = listOf('priority', query.priority, alarmSchemas.PRIORITY_NAMES)
  return (alarm) =>
    (states === null || states.has(alarm.state)) &&
    (priorities === null || priorities.has(alarm.priority)) &&
    (query.class === undefined || query.class === alarm.class) &&
    (query.gateway === undefined || query.gateway === (alarm.path?.[0]?.gateway ?? gateway)) &&
    (query.station === undefined || query.station === alarm.station) &&
    (query.kind === undefined || query.kind === alarm.kind) &&
    (query.mark === undefined || query.mark === (alarm.mark ?? 'none')) &&
    (query.open === undefined || query.open === (alarm.state !== 'normal'))
}

/** The words of `?name=a,b&name=c`, or null where nothing is asked. */
function listOf(
  name: string,
  given: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> | null {
  if (given === undefined) return null
  const words = given.flatMap((text) => text.split(','))
  const wrong = words.find((word) => !known.includes(word))
  if (wrong === undefined) return new Set(words)
  throw new ApiError(400, 'invalid-request', {
    message: `the query: '${name}' must be one or more of ${known.join(', ')}, not '${wrong.slice(0, 64)}'`,
  })
}

function unknownAlarm(id: string): ApiError {
  return new ApiError(404, 'unknown-alarm', {
    message: { zh: `没有编号为“${id}”的报警`, en: `there is no alarm '${id}'` },
  })
}

function raise(error: ApiError): never {
  throw error
}
