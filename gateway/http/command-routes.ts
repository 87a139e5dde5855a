import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { CommandFailure, DeviceCommand } from '../device-command.ts'
import { nameOf } from './acting-person.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import * as shapes from './command-schemas.ts'
import type { CommandWishAnswer, CommandWishRefusal } from './command-view.ts'
import { ApiError, errorBody } from './errors.ts'

const REFUSED: Readonly<Record<CommandWishRefusal, number>> = {
  'unknown-device': 404,
  'unknown-command': 404,
  'invalid-value': 422,
  'device-busy': 409,
  'key-reused': 409,
  'too-many-commands': 429,
  'cannot-be-recorded': 503,
  stopping: 503,
}

const FAILED: Readonly<Record<CommandFailure, number>> = {
  interlocked: 409,
  cancelled: 409,
  'not-sent': 502,
  'refused-by-device': 502,
  'not-kept': 502,
  'cannot-be-confirmed': 502,
  'unknown-outcome': 502,
  unconfirmed: 504,
  'given-up': 503,
}

export function registerCommandRoutes(api: Api, parts: ApiParts): void {
  registerDescription(api, parts)
  registerSend(api, parts)
  registerEvents(api, parts)
  registerRecord(api, parts)
  registerCancel(api, parts)
}

function registerDescription(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/devices/:id/commands',
    {
      schema: {
        summary: 'What a device can be told, and which of its commands have not come to their end',
        params: Type.Object({ id: baseSchemas.AnyId }),
        querystring: baseSchemas.query({}),
        response: { 200: shapes.DeviceCommands, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => view.deviceCommands.of(request.params.id) ?? raise(unknownDevice(request.params.id)),
  )
}

function registerSend(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/devices/:id/commands/:name',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Tell a device to do something, and wait up to 20 s until it shows that it was done',
        params: shapes.CommandParams,
        body: shapes.WishBody,
        response: {
          200: shapes.DeviceCommand,
          202: shapes.DeviceCommand,
          '4xx': shapes.CommandErrorBody,
          '5xx': shapes.CommandErrorBody,
        },
      },
    },
    async (request, reply) => {
      const { by, comment, value, key } = request.body
      const { id: device, name } = request.params
      const answer = await view.deviceCommands.send({
        ...{ device, name, value: value ?? null, key: key ?? null },
        by: nameOf(by.trim(), request.identity),
        comment: comment?.trim() || null,
      })
      return answered(reply, answer)
    },
  )
}

function registerEvents(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/commands',
    {
      schema: {
        summary: 'Every step of every command after a number; the last 20 000 are kept',
        querystring: baseSchemas.query({
          after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
        }),
        response: {
          200: Type.Object({
            events: Type.Array(shapes.CommandEvent),
            lastSeq: Type.Integer({ description: 'number of the newest step; 0 before the first' }),
          }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => await view.deviceCommands.events(request.query.after, request.query.limit),
  )
}

function registerRecord(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/commands/:id',
    {
      schema: {
        summary: 'One command, of the last thousand',
        params: shapes.RecordParams,
        querystring: baseSchemas.query({}),
        response: { 200: shapes.DeviceCommand, '4xx': baseSchemas.ErrorBody },
      },
    },
    (request) => view.deviceCommands.command(request.params.id) ?? raise(unknownRecord(request.params.id)),
  )
}

function registerCancel(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/commands/:id/cancel',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Wait no longer for the confirmation of a command; the device may still carry it out',
        params: shapes.RecordParams,
        body: alarmSchemas.CommandBody,
        response: { 200: shapes.DeviceCommand, '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request) => {
      const { id } = request.params
      const commands = view.deviceCommands
      if (commands.command(id) === undefined) throw unknownRecord(id)
      if (!(await commands.cancel(id, nameOf(request.body.by.trim(), request.identity)))) throw nothingWaits()
      return commands.command(id) ?? raise(unknownRecord(id))
    },
  )
}

/** A command that was not confirmed has failed, and the status says so: nobody must take it for done. */
function answered(reply: FastifyReply, answer: CommandWishAnswer): DeviceCommand {
  if (answer.type === 'taken') return taken(reply, answer.command)
  const { refusal, message, retryAfterMs } = answer
  throw new ApiError(REFUSED[refusal], refusal, {
    message,
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  })
}

function taken(reply: FastifyReply, command: DeviceCommand): DeviceCommand {
  const { state, reason } = command
  if (reason !== null) {
    reply.code(FAILED[reason.code])
    const { error } = errorBody(new ApiError(FAILED[reason.code], reason.code, { message: reason.text }))
    // The schema of the status tells which of the two shapes goes out.
    return { error, command } as unknown as DeviceCommand
  }
  reply.code(state === 'confirmed' ? 200 : 202)
  return command
}

function unknownDevice(id: string): ApiError {
  const message = { zh: `没有设备“${id}”`, en: `there is no device '${id}'` }
  return new ApiError(404, 'unknown-device', { message })
}

function unknownRecord(id: string): ApiError {
  const message = {
    zh: `最近一千条命令中没有“${id}”；更早的见 /api/commands`,
    en: `there is no command '${id}' among the last thousand; see /api/commands for older ones`,
  }
  return new ApiError(404, 'unknown-command', { message })
}

function nothingWaits(): ApiError {
  const message = { zh: '该命令没有在等待确认', en: 'this command does not wait for its confirmation' }
  return new ApiError(409, 'nothing-waits', { message })
}

function raise(error: ApiError): never {
  throw error
}
