/**
 * InfluxDB 1.x, 2.x and 3.x, and whatever else takes the v2 write API, through the official client.
 *
 * Only the client's transport is used. Its WriteApi keeps lines in memory, retries by itself, reports a partial success
 * (201) as a success, prints to the console, and cannot be aborted; the journal and its delivery do all of that with disk.
 */
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { InfluxDB, type Transport } from '@influxdata/influxdb-client'
import { DeliveryError, type Sink } from '../delivery-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl, excerpt, failureOfStatus, networkReason, originOf, parseRetryAfter } from './http-answer.ts'
import { type Answer, sendLines } from './influx-request.ts'

export type InfluxServer =
  | { readonly version: 1; readonly database: string; readonly username?: string; readonly password?: string }
  | { readonly version: 2; readonly org: string; readonly bucket: string; readonly token?: string }
  | { readonly version: 3; readonly database: string; readonly token?: string }

export interface InfluxSinkOptions<T> {
  readonly id: string
  /** Base URL, e.g. http://127.0.0.1:8086 */
  readonly url: string
  readonly server: InfluxServer
  /** One line of line protocol with its time in nanoseconds. */
  readonly toLine: (item: T) => string
  readonly clock: Pick<Clock, 'now'>
  /** For one whole request, in ms. Default 10 s. */
  readonly timeoutMs?: number
  /** Lines in one request. Default 2,000. */
  readonly maxBatch?: number
  /** Bodies above this many bytes are compressed. Default 1,000. */
  readonly gzipAboveBytes?: number
  /** Certificates (PEM) that are trusted in the place of the system's. */
  readonly ca?: string
}

/**
 * 400 can also say that the request itself is wrong; then no line is at fault. Looked for at the begin of the message only:
 * further on servers repeat what a line says.
 */
const NOT_ABOUT_LINES =
  /^(database is required|please provide|client sent an http request to an https server|<(!doctype|html))/i

export function createInfluxSink<T>(options: InfluxSinkOptions<T>): Sink<T> {
  checkUrl(options.url, `sink ${options.id}`)
  return new InfluxSink(options)
}

class InfluxSink<T> implements Sink<T> {
  readonly id: string
  readonly maxBatch: number
  readonly #options: InfluxSinkOptions<T>
  readonly #agent: Agent
  readonly #transport: Transport
  readonly #path: string

  constructor(options: InfluxSinkOptions<T>) {
    this.id = options.id
    this.maxBatch = options.maxBatch ?? 2000
    this.#options = options
    const secure = options.url.startsWith('https:')
    const trust = options.ca === undefined ? {} : { ca: options.ca }
    this.#agent = secure ? new TlsAgent({ keepAlive: true, ...trust }) : new Agent({ keepAlive: true })
    const client = new InfluxDB({
      url: options.url,
      headers: basicAuthorization(options.server),
      ...tokenOf(options.server),
      // The client's own time-out leaves the request running; the signal of each request ends it.
      timeout: 0,
      transportOptions: { agent: this.#agent },
    })
    this.#transport = client.transport
    this.#path = writePath(client, options.server)
  }

  async write(batch: readonly T[], signal: AbortSignal): Promise<void> {
    const answer = await sendLines(this.#transport, {
      path: this.#path,
      body: batch.map((item) => this.#options.toLine(item)).join('\n'),
      timeoutMs: this.#options.timeoutMs ?? 10_000,
      gzipAboveBytes: this.#options.gzipAboveBytes ?? 1000,
      signal,
    })
    const failure = this.#failureOf(answer)
    if (failure !== null) throw failure
  }

  /** Null exactly for 204, and for 201 without complaints: InfluxDB 3 tells a partial write by a 201 with a body. */
  #failureOf(answer: Answer): DeliveryError | null {
    const where = `${originOf(this.#options.url)} (InfluxDB ${this.#options.server.version} write API)`
    const { status, error } = answer
    if (status === null) {
      return new DeliveryError('unreachable', `${where}: ${networkReason(error)}`, { cause: error })
    }
    const said = excerpt(messageIn(answer.body), secretsOf(this.#options.server))
    if (status === 204 || (status === 201 && said === '' && error === undefined)) return null
    const message = `${where} answered ${status}${said === '' ? '' : `: ${said}`}`
    if (status === 201) return new DeliveryError('unacceptable', message)
    const failure = failureOfStatus(status)
    if (failure === 'unacceptable' && NOT_ABOUT_LINES.test(said)) return new DeliveryError('refused', message)
    const retryAfterMs = parseRetryAfter(answer.retryAfter, this.#options.clock.now().wall)
    return new DeliveryError(failure, message, retryAfterMs === null ? {} : { retryAfterMs })
  }

  stop(): Promise<void> {
    this.#agent.destroy()
    return Promise.resolve()
  }
}

function writePath(client: InfluxDB, server: InfluxServer): string {
  // 1.x takes nanoseconds when no precision is given, in every release.
  if (server.version === 1) return `/write?db=${encodeURIComponent(server.database)}`
  const { org, bucket } = server.version === 2 ? server : { org: '', bucket: server.database }
  return client.getWriteApi(org, bucket, 'ns', { flushInterval: 0, maxRetries: 0 }).path
}

function tokenOf(server: InfluxServer): { token?: string } {
  return server.version === 1 || server.token === undefined ? {} : { token: server.token }
}

/** In a header and not in the URL, which servers and proxies write into their logs. */
function basicAuthorization(server: InfluxServer): Record<string, string> {
  if (server.version !== 1 || server.username === undefined) return {}
  const account = Buffer.from(`${server.username}:${server.password ?? ''}`).toString('base64')
  return { authorization: `Basic ${account}` }
}

function secretsOf(server: InfluxServer): readonly (string | undefined)[] {
  return server.version === 1 ? [server.password] : [server.token]
}

/** The servers' own words: 1.x `{error}`, 2.x `{code, message}`, 3.x `{error, data: [{error_message}]}`; else the text. */
function messageIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body)
    if (typeof answer !== 'object' || answer === null) return body
    const { error, message, data } = answer as Record<string, unknown>
    const detail = Array.isArray(data) ? data[0]?.error_message : undefined
    return [error ?? message, detail].filter((part) => typeof part === 'string').join(': ') || body
  } catch {
    return body
  }
}
