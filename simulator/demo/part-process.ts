/** One part of the demo as a process of its own: its lines are shown under its name, its end is known. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How much of what a part said last is told when it dies. */
const LAST_LINES = 5

export interface PartOptions {
  /** As the visitor reads it, before each of its lines. */
  readonly name: string
  /** File and arguments for this same Node. */
  readonly command: readonly string[]
  /** Beside the environment that the demo has itself. */
  readonly environment: Readonly<Record<string, string>>
  readonly print: (line: string) => void
  /** What is shown of a line; null hides it. Default: all of it. */
  readonly show?: (line: string) => string | null
}

export class PartProcess {
  readonly #options: PartOptions
  readonly #last: string[] = []
  #child: ChildProcess | null = null
  #closed: Promise<unknown> = Promise.resolve()

  constructor(options: PartOptions) {
    this.#options = options
  }

  start(): void {
    const child = spawn(process.execPath, [...this.#options.command], {
      env: { ...process.env, ...this.#options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C goes to a whole process group. In groups of their own the parts are stopped in order, by us alone.
      detached: true,
    })
    this.#child = child
    // 'close' comes after the last line; a failed spawn ends with 'error' and 'close' too.
    this.#closed = once(child, 'close').catch((error: unknown) => this.#keep(String(error)))
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#line(line))
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when it has ended, with the reason as a sentence. */
  async ended(): Promise<string> {
    await this.#closed
    const { exitCode, signalCode } = this.#child ?? {}
    const how = signalCode === null ? `退出码 exit code ${exitCode}` : `信号 signal ${signalCode}`
    return [`${this.#options.name} 已停止 has ended: ${how}`, ...this.#last.map((line) => `  ${line}`)].join('\n')
  }

  /** Asks it to end, and after `ms` ends it. Idempotent. */
  async stop(ms: number): Promise<void> {
    if (!this.#runs()) return
    const force = setTimeout(() => this.kill(), ms)
    this.#child?.kill('SIGTERM')
    await this.#closed
    clearTimeout(force)
  }

  /** Ends it at once. */
  kill(): void {
    if (this.#runs()) this.#child?.kill('SIGKILL')
  }

  #runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  #line(line: string): void {
    this.#keep(line)
    const shown = this.#options.show === undefined ? line : this.#options.show(line)
    if (shown !== null) this.#options.print(`${this.#options.name} │ ${shown}`)
  }

  #keep(line: string): void {
    this.#last.push(line)
    if (this.#last.length > LAST_LINES) this.#last.shift()
  }
}
