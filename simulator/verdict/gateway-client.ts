/** The API of a gateway, as a tester asks it: any gateway that speaks it, on this machine or another. */
import { GatewayError } from './gateway-error.ts'
import { record } from './told-event.ts'

export interface GatewayAddress {
  /** http://host:port, without a slash at the end */
  readonly url: string
  /** Of a gateway that asks for one; never told to anybody else. */
  readonly token?: string | undefined
}

/** A gateway that has just started on a busy machine may be slow. */
const ANSWER_WITHIN_MS = 30_000
const MOST_OF_AN_ANSWER = 300

export class GatewayClient {
  readonly url: string
  readonly #token: string | undefined

  constructor({ url, token }: GatewayAddress) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
  }

  /** Throws a GatewayError. */
  async get(path: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#ask(path, AbortSignal.timeout(ANSWER_WITHIN_MS))
    const text = await answer.text().catch((error: unknown) => this.#fail(path, error))
    if (!answer.ok) throw new GatewayError(`${this.url}${path}: ${answer.status} ${text.slice(0, MOST_OF_AN_ANSWER)}`)
    try {
      return record(JSON.parse(text), 'an object')
    } catch (error) {
      return this.#fail(path, error)
    }
  }

  /** True as soon as it answers at all, be it well or not. */
  async answers(): Promise<boolean> {
    const answer = await this.#ask('/api/health', AbortSignal.timeout(1000)).catch(() => null)
    await answer?.body?.cancel()
    return answer !== null
  }

  /** Server-sent events after a number. Throws a GatewayError. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.#ask(path, signal)
    if (answer.ok && answer.body !== null) return answer.body
    throw new GatewayError(`${this.url}${path}: ${answer.status} ${(await answer.text()).slice(0, MOST_OF_AN_ANSWER)}`)
  }

  async #ask(path: string, signal: AbortSignal): Promise<Response> {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
    try {
      return await fetch(`${this.url}${path}`, { headers, signal, redirect: 'error' })
    } catch (error) {
      return this.#fail(path, error)
    }
  }

  #fail(path: string, error: unknown): never {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const why =
      cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause)
    throw new GatewayError(`${this.url}${path}: ${why}`, { cause: error })
  }
}
