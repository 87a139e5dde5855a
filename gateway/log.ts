import { pino } from 'pino'
import type { Log } from './model.ts'

/** Keys whose values never reach a log line, wherever they stand. */
const SECRET_KEYS = ['password', 'token', 'secret', 'authorization', 'cookie']

/** JSON lines on standard output, from `level` on, which may change. Secrets are taken out by key, as a last line of defence. */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error'): Log & { level: string } {
  const redact = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`])
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: redact, censor: '***' } })
}
