/** Commands that ask the gateway that runs one thing over its API and print the answer: their options, their question, their end. */
import { type ApiAnswer, ApiFailure, GatewayApi, refusalText } from './gateway-api.ts'
import { UsageError } from './usage-error.ts'

export const DEFAULT_GATEWAY = 'http://127.0.0.1:8080'

/** Of each such command. */
export const GATEWAY_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean', default: false },
  gateway: { type: 'string', default: DEFAULT_GATEWAY },
} as const

export interface Question {
  readonly path: string
  /** Posted where there is one. */
  readonly body: object | undefined
  /** URL of the gateway. */
  readonly gateway: string
  /** The answer as it comes. */
  readonly json: boolean
}

/** Throws where it is no URL. */
export function requireGateway(url: string): void {
  if (/^https?:\/\/[^/\s]+/.test(url) && URL.parse(url) !== null) return
  throw new UsageError(`--gateway: expected a URL as in ${DEFAULT_GATEWAY}, got "${url}"`)
}

/** Gives the exit code. `command` as people write it: `outpost mode`. */
export async function askOne(
  { path, body, gateway, json }: Question,
  { command, answerText }: { readonly command: string; readonly answerText: (answer: ApiAnswer) => string },
): Promise<number> {
  try {
    const answer = await new GatewayApi(gateway, process.env.OUTPOST_TOKEN).ask(path, body)
    if (answer.status !== 200) throw new ApiFailure(refusalText(answer))
    process.stdout.write(json ? `${JSON.stringify(answer.body, null, 2)}\n` : `${answerText(answer)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    process.stderr.write(`${command}: ${error.message}\n`)
    return 1
  }
}
