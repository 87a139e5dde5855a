/** The printed report of a month: one page of HTML that a browser prints to A4 or saves as PDF. */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { REPORT_STYLE } from '../ledgers/report-style.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import { ApiError } from './errors.ts'

const STYLE_HASH = createHash('sha256').update(REPORT_STYLE).digest('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

export function registerMonthlyRoutes(api: Api, { view }: ApiParts): void {
  api.get(
    '/api/reports/monthly',
    {
      schema: {
        summary: 'The report of a month in Chinese, to be printed on A4 (HTML); last month if none is named',
        querystring: baseSchemas.query({
          month: Type.Optional(
            Type.String({
              pattern: '^20\\d\\d-(0[1-9]|1[0-2])$',
              description: 'as 2026-10, by the clocks of the station',
            }),
          ),
        }),
        produces: ['text/html'],
        response: { 200: Type.String(), '4xx': baseSchemas.ErrorBody, '5xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const answer = await view.ledgers.monthly(request.query.month ?? null)
      if (!answer.ok) {
        const { refusal, message } = answer
        const isBusy = refusal === 'busy'
        throw new ApiError(isBusy ? 503 : 422, refusal, { message, ...(isBusy && { retryAfterSeconds: 5 }) })
      }
      reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8')
      return reply.send(answer.html)
    },
  )
}
