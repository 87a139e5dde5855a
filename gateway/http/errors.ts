/** Every refusal leaves the server as `{ error: { code, message } }`: stable codes for programs, a sentence for people. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { LocalText, Log } from '../model.ts'

export interface ApiErrorOptions {
  readonly message: string | LocalText
  readonly retryAfterSeconds?: number
  readonly problems?: readonly string[]
}

export class ApiError extends Error {
  readonly statusCode: number
  readonly code: string
  /** The same sentence in both languages, where an operator is shown it. */
  readonly text: LocalText | null
  readonly retryAfterSeconds: number | null
  /** Each thing that is wrong, where there may be several. */
  readonly problems: readonly string[] | null
  constructor(statusCode: number, code: string, options: ApiErrorOptions) {
    super(typeof options.message === 'string' ? options.message : options.message.en)
    this.name = 'ApiError'
    this.statusCode = statusCode
    this.code = code
    this.text = typeof options.message === 'string' ? null : options.message
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
    this.problems = options.problems ?? null
  }
}

export interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly text?: LocalText
    readonly problems?: readonly string[]
  }
}

export function errorBody(error: ApiError): ErrorBody {
  const { code, message, text, problems } = error
  return {
    error: { code, message, ...(text === null ? {} : { text }), ...(problems === null ? {} : { problems }) },
  }
}

/** Fastify's own refusals, under our names. */
const KNOWN: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large', message: 'the body is larger than 64 KB' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported-media-type',
    message: "send the body as JSON, with 'content-type: application/json'",
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'malformed-json', message: 'the body is not valid JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed-request',
    message: 'the body is not as long as its content-length says',
  },
  FST_ERR_BAD_URL: { code: 'malformed-url', message: 'the path is not valid percent-encoded UTF-8' },
}

/** Turns whatever was thrown into an `ApiError`; what nobody foresaw is logged and says nothing of its inside. */
export function toApiError(error: FastifyError | ApiError, where: { readonly route: string; readonly log: Log }) {
  if (error instanceof ApiError) return error
  const known = KNOWN[error.code]
  if (known !== undefined) return new ApiError(error.statusCode ?? 400, known.code, { message: known.message })
  if (error.validation !== undefined) return new ApiError(400, 'invalid-request', { message: error.message })
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ApiError(error.statusCode, 'malformed-request', { message: error.message })
  }
  where.log.error({ route: where.route, err: error }, 'an HTTP request failed inside the gateway')
  return new ApiError(500, 'internal-error', { message: 'the gateway could not do this; its log says why' })
}

export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfterSeconds !== null) reply.header('retry-after', String(error.retryAfterSeconds))
  // The route's own serializer may not know this status; the shape is fixed, so plain JSON is right.
  return reply
    .code(error.statusCode)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(error))
}

export function notFound(request: FastifyRequest): ApiError {
  const path = request.url.split('?')[0] ?? ''
  return new ApiError(404, 'not-found', {
    message: `there is no ${request.method} ${path.slice(0, 200)}; GET /api/openapi.json lists every route`,
  })
}
