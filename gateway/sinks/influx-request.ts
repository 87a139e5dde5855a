/** One write request through the official client's transport, bounded in time and memory. */
import { HttpError, type Transport } from '@influxdata/influxdb-client'
import { withDeadline } from './deadline.ts'

export interface LinesRequest {
  readonly path: string
  readonly body: string
  readonly timeoutMs: number
  readonly gzipAboveBytes: number
  readonly signal: AbortSignal
}

/** What came back, complete or not: without a status the receiver has promised nothing. */
export interface Answer {
  status: number | null
  retryAfter: string | undefined
  body: string
  error: unknown
}

/** The status says all that matters; what follows it is read for a message, no longer than this. */
const READ_BODY_WITHIN_MS = 1000
const MOST_BODY_CHARACTERS = 4096

/** Rejects only when the signal aborts: any other error stands in the answer, beside the status if one came before it. */
export async function sendLines(transport: Transport, request: LinesRequest): Promise<Answer> {
  const answer: Answer = { status: null, retryAfter: undefined, body: '', error: undefined }
  try {
    await withDeadline({ signal: request.signal, ms: request.timeoutMs }, (signal) =>
      exchange(transport, { ...request, signal, answer }),
    )
  } catch (error) {
    request.signal.throwIfAborted()
    answer.error = error
    if (error instanceof HttpError) answer.body = error.body ?? ''
  }
  return answer
}

function exchange(transport: Transport, request: LinesRequest & { readonly answer: Answer }): Promise<void> {
  const { answer, signal } = request
  let grace: NodeJS.Timeout | undefined
  const done = new Promise<void>((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      gzipThreshold: request.gzipAboveBytes,
      signal,
    }
    transport.send(request.path, request.body, options, {
      responseStarted(headers, status) {
        answer.status = status ?? null
        answer.retryAfter = headers['retry-after']?.toString()
        grace = setTimeout(() => reject(new Error('the answer does not end')), READ_BODY_WITHIN_MS)
      },
      next(chunk) {
        if (answer.body.length < MOST_BODY_CHARACTERS) answer.body += Buffer.from(chunk).toString('utf8')
      },
      error: reject,
      complete: resolve,
    })
  })
  return done.finally(() => clearTimeout(grace))
}
