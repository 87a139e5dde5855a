import type { Log } from '../../gateway/model.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A log that tests can read. */
export interface MemoryLog extends Log {
  readonly lines: readonly LogLine[]
}

export function createMemoryLog(): MemoryLog {
  const lines: LogLine[] = []
  const at = (level: LogLine['level']) => (facts: object, message: string) => {
    lines.push({ level, message, facts: { ...facts } })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
