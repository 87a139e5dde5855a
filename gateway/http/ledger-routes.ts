/** Ledgers and figures for assessment: as JSON by pages, as CSV and as XLSX. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { INSPECTION_TYPES } from '../ledger-model.ts'
import { csvOf } from '../ledgers/csv.ts'
import type { Reader, Table } from '../ledgers/table.ts'
import { xlsxOf } from '../ledgers/xlsx.ts'
import { RESPONSE_KEYS, type ResponseKey } from '../statistics/response-times.ts'
import { nameOf } from './acting-person.ts'
import * as alarmSchemas from './alarm-schemas.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'
import { LEDGERS, type LedgerWish } from './ledger-view.ts'
import { parseTime } from './validation.ts'

const DAY_MS = 86_400_000
const LONGEST_MS = 366 * DAY_MS
const USUAL_MS = 31 * DAY_MS
/** Beyond this a workbook is no use to people, and costs the gateway what it needs for others. */
const MOST_XLSX_ROWS = 20_000
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

const TimeText = Type.String({ maxLength: 64, description: 'ms since 1970, or ISO 8601 with a time zone' })

const Query = baseSchemas.query({
  format: Type.Enum(['json', 'csv', 'xlsx'], { default: 'json' }),
  language: Type.Optional(Type.Enum(['zh', 'en'], { description: 'by Accept-Language if absent' })),
  from: Type.Optional(TimeText),
  to: Type.Optional(TimeText),
  station: Type.Optional(Type.String({ maxLength: 64 })),
  kind: Type.Optional(Type.String({ maxLength: 64 })),
  by: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'of responses: station, kind, month, or several with commas; all if absent',
    }),
  ),
  offset: Type.Integer({ minimum: 0, default: 0, description: 'of JSON' }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'of JSON' }),
})

const Page = Type.Object({
  ...{ name: Type.String(), from: baseSchemas.Time, to: baseSchemas.Time, count: Type.Integer() },
  offset: Type.Integer(),
  columns: Type.Array(Type.Object({ key: Type.String(), title: baseSchemas.LocalText, type: Type.String() })),
  rows: Type.Array(Type.Unsafe<object>({ type: 'object', additionalProperties: true })),
})

export function registerLedgerRoutes(api: Api, parts: ApiParts): void {
  registerTables(api, parts)
  registerInspections(api, parts)
}

function registerTables(api: Api, { view, clock }: ApiParts): void {
  api.get(
    '/api/ledgers/:name',
    {
      schema: {
        summary:
          'A ledger of a period (the last 31 days if nothing is said, 366 days at most): JSON by pages, CSV for Excel, or XLSX',
        params: Type.Object({ name: Type.Enum([...LEDGERS]) }),
        querystring: Query,
        response: { 200: Page, '4xx': baseSchemas.ErrorBody, '5xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const { format, offset, limit } = request.query
      const wish = wishOf(request.params.name, request.query, clock.now().wall)
      const reader = readerOf(view.ledgers.reader(), request.query.language, request.headers['accept-language'])
      const answer = await view.ledgers.table(wish)
      if (!answer.ok) throw refused(answer)
      const { table } = answer
      if (format !== 'json') return send(reply, { table, reader, format, wish }) as never
      const { from, to } = wish
      const columns = table.columns.map(({ key, title, type }) => ({ key, title, type }))
      return { name: table.name, from, to, count: table.count, offset, columns, rows: rowsOf(table, { offset, limit }) }
    },
  )
}

function registerInspections(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/equipment/:device/inspections',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Enter that a piece of equipment was looked at, checked, serviced or scrapped',
        params: Type.Object({ device: baseSchemas.AnyId }),
        body: Type.Object(
          {
            ...alarmSchemas.CommandBody.properties,
            type: Type.Enum([...INSPECTION_TYPES]),
            at: Type.Optional(Type.Number({ description: 'when it was done, ms since 1970; now if absent' })),
            ok: Type.Boolean({ description: 'false: something was found that has to be put right' }),
          },
          baseSchemas.strict,
        ),
        response: {
          200: Type.Object({ ok: Type.Boolean() }),
          '4xx': baseSchemas.ErrorBody,
          '5xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => {
      const { type, at = null, ok, by, comment } = request.body
      const who = { by: nameOf(by.trim(), request.identity), comment: comment?.trim() ?? '' }
      const answer = await view.ledgers.inspect({ device: request.params.device, type, at, ok, ...who })
      if (answer.ok) return { ok: true }
      const status = { 'unknown-equipment': 404, 'not-yet': 422, 'not-written': 503 }[answer.refusal]
      throw new ApiError(status, answer.refusal, { message: answer.message })
    },
  )
}

function wishOf(name: LedgerWish['name'], query: Static<typeof Query>, now: number): LedgerWish {
  const to = query.to === undefined ? now : parseTime('to', query.to)
  const from = query.from === undefined ? to - USUAL_MS : parseTime('from', query.from)
  if (!(from < to && to - from <= LONGEST_MS)) {
    throw new ApiError(400, 'invalid-request', {
      message: `the query: 'from' must be before 'to', by at most 366 days; got from=${from} to=${to}`,
    })
  }
  const by = query.by === undefined ? RESPONSE_KEYS : query.by.split(',').filter((word) => word !== '')
  const wrong = by.find((word) => !RESPONSE_KEYS.includes(word as ResponseKey))
  if (wrong !== undefined) {
    throw new ApiError(400, 'invalid-request', {
      message: `the query: 'by' must be one or more of ${RESPONSE_KEYS.join(', ')}, not '${wrong}'`,
    })
  }
  return { name, from, to, station: query.station ?? null, kind: query.kind ?? null, by: by as ResponseKey[] }
}

/** The language of the query, else the first of ours that the browser asks for, else that of the gateway. */
export function readerOf(usual: Reader, wanted: Reader['language'] | undefined, accepted: string | undefined): Reader {
  const asked = accepted?.split(',').map((part) => part.trim().slice(0, 2).toLowerCase())
  const language = wanted ?? asked?.find((code) => code === 'zh' || code === 'en')
  return { ...usual, ...(language !== undefined && { language: language as Reader['language'] }) }
}

function rowsOf(table: Table, { offset, limit }: { readonly offset: number; readonly limit: number }): object[] {
  const keys = table.columns.map(({ key }) => key)
  return table
    .rows(offset, offset + limit)
    .map((row) => Object.fromEntries(keys.map((key, i) => [key, row[i] ?? null])))
}

function send(
  reply: FastifyReply,
  { table, reader, format, wish }: { table: Table; reader: Reader; format: 'csv' | 'xlsx'; wish: LedgerWish },
): FastifyReply {
  if (format === 'xlsx' && table.count > MOST_XLSX_ROWS) {
    throw new ApiError(422, 'too-many-rows', {
      message: {
        zh: `共 ${table.count} 行，超过 ${MOST_XLSX_ROWS} 行的请缩短时段，或使用 CSV`,
        en: `this has ${table.count} rows; an XLSX has at most ${MOST_XLSX_ROWS}: shorten the period, or take CSV`,
      },
    })
  }
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
  const file = `${table.name}-${day(wish.from)}-${day(wish.to)}.${format}`
  reply.header('content-disposition', `attachment; filename="${file}"`)
  reply.type(format === 'csv' ? 'text/csv; charset=utf-8' : XLSX_TYPE)
  return reply.send(Readable.from(format === 'csv' ? csvOf(table, reader) : xlsxOf(table, reader)))
}

function refused({ refusal, message }: { refusal: 'too-many-alarms' | 'busy'; message: { zh: string; en: string } }) {
  if (refusal === 'busy') return new ApiError(503, refusal, { message, retryAfterSeconds: 5 })
  return new ApiError(422, refusal, { message })
}
