import type { Log } from '../../gateway/model.ts'
import type { LogLine } from './memory-log.ts'

/** A log whose lines a test can read and await. */
export class AwaitedLog implements Log {
  readonly lines: LogLine[] = []
  readonly #watchers: (() => void)[] = []

  debug(facts: object, message: string): void {
    this.#add('debug', facts, message)
  }
  info(facts: object, message: string): void {
    this.#add('info', facts, message)
  }
  warn(facts: object, message: string): void {
    this.#add('warn', facts, message)
  }
  error(facts: object, message: string): void {
    this.#add('error', facts, message)
  }

  /** Resolves when so many lines of the level have been written since the start. */
  async until(level: LogLine['level'], count: number): Promise<void> {
    while (this.lines.filter((line) => line.level === level).length < count) {
      await new Promise<void>((changed) => this.#watchers.push(changed))
    }
  }

  #add(level: LogLine['level'], facts: object, message: string): void {
    this.lines.push({ level, facts: { ...facts }, message })
    for (const changed of this.#watchers.splice(0)) changed()
  }
}
