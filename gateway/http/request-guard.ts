/**
 * What a request must be before anything looks at it: meant for this server, and not sent by a foreign web page
 * through the browser of somebody who may use the gateway.
 */
import type { FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import { hostName, isLoopback } from './loopback.ts'

const CHANGES_NOTHING = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Throws an `ApiError` where the request is refused. `loopbackOnly`: access needs no token. */
export function guardRequest(request: FastifyRequest, options: { readonly loopbackOnly: boolean }): void {
  if (options.loopbackOnly) guardHost(request)
  guardOrigin(request)
  if (request.method === 'POST') guardContentType(request)
}

/** A foreign name that resolves to 127.0.0.1 (DNS rebinding) would make a foreign page "same origin". */
function guardHost(request: FastifyRequest): void {
  const name = hostName(request.headers.host)
  if (name !== null && isLoopback(name)) return
  throw new ApiError(421, 'misdirected-request', {
    message:
      'without tokens the gateway answers only under localhost, 127.0.0.1 or [::1]; open it by such a name or configure tokens',
  })
}

function guardOrigin(request: FastifyRequest): void {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const foreignPage = site === 'cross-site' || site === 'same-site'
  // A link that a person follows is no foreign page's script: it may show, and its page reads nothing.
  const followedLink = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'
  if (foreignPage && !followedLink) throw foreignOrigin()
  if (CHANGES_NOTHING.has(request.method) || origin === undefined) return
  if (URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase()) return
  throw foreignOrigin()
}

function foreignOrigin(): ApiError {
  return new ApiError(403, 'foreign-origin', {
    message: "the request came from another web page; only the gateway's own page and programs may send it",
  })
}

/** A form or a plain-text post needs no CORS permission, so only JSON, or XML where a route takes it, may change something. */
function guardContentType(request: FastifyRequest): void {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json' || /^(application|text)\/([a-z.]+\+)?xml$/.test(type ?? '')) return
  throw new ApiError(415, 'unsupported-media-type', {
    message: `send the body as JSON, with 'content-type: application/json', not '${(type ?? '').slice(0, 64)}'`,
  })
}
