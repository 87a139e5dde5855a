/** The way to the gateway above over HTTP: one POST for a batch or a report, with the token that it knows this gateway by. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { DeliveryError } from '../delivery-model.ts'
import type { EventAnswer, Report, ReportAnswer } from '../upstream-model.ts'
import { withDeadline } from './deadline.ts'
import { checkUrl, excerpt, failureOfStatus, networkReason, originOf, parseRetryAfter } from './http-answer.ts'
import type { ParentTransport } from './outpost.ts'

export interface OutpostHttpOptions {
  readonly id: string
  /** Of the gateway above: http://host:port or https://host. */
  readonly url: string
  /** Id of this gateway. */
  readonly gateway: string
  readonly token: string
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** For one request up to its answer, ms. Default 10 s. */
  readonly timeoutMs?: number
}

const MOST_ANSWER_BYTES = 4 * 1024 * 1024

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

export function createOutpostHttp(options: OutpostHttpOptions): ParentTransport {
  checkUrl(options.url, `sink ${options.id}`)
  const isTls = options.url.startsWith('https:')
  // Long waits for orders must not stand in front of events.
  const settings = { keepAlive: true, maxSockets: 4, ...options.tls }
  const agent = isTls ? new HttpsAgent(settings) : new HttpAgent(settings)
  const base = `${options.url.replace(/\/+$/, '')}/api/children/${encodeURIComponent(options.gateway)}`
  const timeoutMs = options.timeoutMs ?? 10_000
  const origin = originOf(options.url)

  async function post(
    path: string,
    body: object,
    limit: { readonly signal: AbortSignal; readonly ms: number },
  ): Promise<Answer> {
    try {
      return await withDeadline(limit, (signal) => send(`${base}/${path}`, JSON.stringify(body), signal))
    } catch (error) {
      limit.signal.throwIfAborted()
      throw new DeliveryError('unreachable', `${origin}: ${networkReason(error)}`, { cause: error })
    }
  }

  function send(url: string, body: string, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${options.token}`,
      }
      const sending = (isTls ? httpsRequest : httpRequest)(url, { method: 'POST', agent, headers, signal })
      sending.once('error', reject)
      sending.once('response', (response) => {
        readAnswer(response).then(resolve, reject)
      })
      sending.end(body)
    })
  }

  function failure({ status, retryAfter, body }: Answer): DeliveryError {
    const said = excerpt(body, [options.token])
    const retryAfterMs = parseRetryAfter(retryAfter, Date.now())
    // The content of an event is never refused as a whole: what cannot be read is another version, and people must see to it.
    const kind = failureOfStatus(status)
    return new DeliveryError(
      kind === 'unacceptable' ? 'refused' : kind,
      `${origin} answered ${status}${said === '' ? '' : `: ${said}`}`,
      retryAfterMs === null ? {} : { retryAfterMs },
    )
  }

  return {
    async events(batch, signal) {
      const answer = await post('events', batch, { signal, ms: timeoutMs })
      if (answer.status === 200) return { type: 'taken', answer: parse<EventAnswer>(answer, origin) }
      if (answer.status === 409) return { type: 'gap', answer: parse<EventAnswer>(answer, origin) }
      throw failure(answer)
    },
    async report(report: Report, signal) {
      const answer = await post('report', report, { signal, ms: timeoutMs + report.waitMs })
      if (answer.status !== 200) throw failure(answer)
      return parse<ReportAnswer>(answer, origin)
    },
    stop() {
      agent.destroy()
      return Promise.resolve()
    },
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MOST_ANSWER_BYTES) throw new Error(`the answer is larger than ${MOST_ANSWER_BYTES} bytes`)
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** Something else may listen there. */
function parse<A extends EventAnswer>({ body }: Answer, origin: string): A {
  try {
    const answer = JSON.parse(body) as A
    if (typeof answer.gateway === 'string' && answer.known !== undefined) return answer
  } catch {
    // Said below.
  }
  throw new DeliveryError(
    'refused',
    `${origin}: expected the answer of a gateway, got "${excerpt(body).slice(0, 100)}"`,
  )
}
