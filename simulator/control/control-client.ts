/** Asks the control desk of a simulator on this machine. */

/** The simulator is not there, or has refused; the message says why. */
export class ControlError extends Error {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'ControlError'
  }
}

const ANSWER_WITHIN_MS = 10_000

export class ControlClient {
  readonly #url: string

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`
  }

  /** Throws a ControlError. */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    let answer: Response
    let value: unknown
    try {
      answer = await fetch(`${this.#url}${path}`, { method, headers, signal, redirect: 'error', ...text })
      value = await answer.json()
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const why = cause instanceof Error ? cause.message || cause.name : String(cause)
      const help = 'is a simulator running with --control?'
      throw new ControlError(`${this.#url}: ${why}; ${help}`, { cause: error })
    }
    if (answer.ok) return value
    const { error } = Object(value) as { readonly error?: unknown }
    throw new ControlError(typeof error === 'string' ? error : `${this.#url}${path}: ${answer.status}`)
  }
}
