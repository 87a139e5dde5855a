/** CAP for those who fetch, and the answers of those who receive. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { nameOf } from './acting-person.ts'
import type { Api, ApiParts } from './api.ts'
import * as baseSchemas from './base-schemas.ts'
import type { CapAnswerOutcome } from './cap-view.ts'
import { ApiError } from './errors.ts'

/** What may come as CAP; none of these leaves a browser without asking first. */
export const XML_TYPES: readonly string[] = ['application/cap+xml', 'application/xml', 'text/xml']
const MOST_IDENTIFIER = 1000

export function registerCapRoutes(api: Api, parts: ApiParts): void {
  const { view } = parts
  api.get(
    '/api/cap',
    {
      schema: {
        summary: 'The newest messages of the Common Alerting Protocol, as an Atom feed',
        querystring: baseSchemas.query({}),
        produces: ['application/atom+xml'],
        response: { 200: Type.String(), '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const feed = await view.cap.feed()
      if (feed === null) throw noCap()
      return sendXml({ request, reply, xml: feed, type: 'application/atom+xml' })
    },
  )
  api.get(
    '/api/cap/:identifier',
    {
      schema: {
        summary: 'One message of the Common Alerting Protocol 1.2, as its feed names it',
        params: Type.Object({ identifier: Type.String({ minLength: 1, maxLength: MOST_IDENTIFIER }) }),
        produces: ['application/cap+xml'],
        response: { 200: Type.String(), '4xx': baseSchemas.ErrorBody },
      },
    },
    async (request, reply) => {
      const { identifier } = request.params
      const xml = await view.cap.message(identifier)
      if (xml === null)
        throw unknownMessage(`there is no message '${identifier.slice(0, 200)}', or it is not kept any more`)
      return sendXml({ request, reply, xml, type: 'application/cap+xml' })
    },
  )
  void api.register((scope, _options, done) => {
    for (const type of XML_TYPES) {
      scope.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body))
    }
    registerAnswers(scope as unknown as Api, parts)
    done()
  })
}

function registerAnswers(api: Api, { view }: ApiParts): void {
  api.post(
    '/api/cap',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'An Ack of a receiver acknowledges what its references name; an Error says that it could not take it',
        consumes: [...XML_TYPES],
        response: {
          200: Type.Object({ notifications: Type.Array(Type.String()), unknown: Type.Array(Type.String()) }),
          '4xx': baseSchemas.ErrorBody,
        },
      },
    },
    async (request) => {
      const xml: unknown = request.body
      if (typeof xml !== 'string') {
        throw new ApiError(415, 'unsupported-media-type', {
          message: "send the message as XML, with 'content-type: application/cap+xml'",
        })
      }
      return taken(await view.cap.answer(xml, (sender) => nameOf(sender, request.identity)))
    },
  )
}

const STATUS = { 'malformed-cap': 400, 'unknown-message': 404, 'other-status': 422 } as const

function taken(outcome: CapAnswerOutcome) {
  if (outcome.type === 'refused') {
    throw new ApiError(STATUS[outcome.refusal], outcome.refusal, { message: outcome.message })
  }
  return { notifications: [...outcome.notifications], unknown: [...outcome.unknown] }
}

/** Who has it already is told so, and gets nothing. */
function sendXml({
  request,
  reply,
  xml,
  type,
}: {
  request: FastifyRequest
  reply: FastifyReply
  xml: string
  type: string
}) {
  const etag = `"${createHash('sha256').update(xml).digest('base64url')}"`
  void reply.header('etag', etag).header('cache-control', 'private, no-cache')
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
  return reply
    .type(`${type}; charset=utf-8`)
    .serializer((body: unknown) => String(body))
    .send(xml)
}

function noCap(): ApiError {
  return new ApiError(404, 'no-cap', { message: 'no channel of the configuration has the type cap' })
}

function unknownMessage(message: string): ApiError {
  return new ApiError(404, 'unknown-message', { message })
}
