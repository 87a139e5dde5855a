/** A running gateway, asked over its HTTP API. */
import type { DeviceCommand } from '../device-command.ts'

/** The gateway waits up to 20 s for a device. */
const ANSWER_MS = 30_000

export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

/** It could not be asked, or it does not take the question; the message is for people. */
export class ApiFailure extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ApiFailure'
  }
}

export class GatewayApi {
  readonly #base: string
  readonly #token: string | undefined

  /** `base` as in http://127.0.0.1:8080. */
  constructor(base: string, token: string | undefined) {
    this.#base = base.replace(/\/+$/, '')
    this.#token = token
  }

  /** Posts where there is something to post. Throws an `ApiFailure`. */
  async ask(path: string, body?: object): Promise<ApiAnswer> {
    const headers = {
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const content = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    try {
      const signal = AbortSignal.timeout(ANSWER_MS)
      const response = await fetch(this.#base + path, { headers, ...content, signal, redirect: 'error' })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      const { message, cause } = error as Error & { cause?: unknown }
      const why = cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : message
      throw new ApiFailure(`${this.#base} cannot be asked: ${why}`)
    }
  }
}

/** Why a refused question was refused, in one line. */
export function refusalText({ status, body }: ApiAnswer): string {
  const error = (body as { error?: { message?: unknown } } | null)?.error
  return typeof error?.message === 'string' ? error.message : `the gateway answers with status ${status}`
}

/** The record in an answer, where it has one: alone, or beside the reason of a failure. */
export function recordIn({ status, body }: ApiAnswer): DeviceCommand | null {
  const record = status < 300 ? body : (body as { command?: unknown } | null)?.command
  return (record as DeviceCommand | undefined) ?? null
}
