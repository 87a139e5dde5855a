/** A peer that does next to nothing, in a process of its own: what the simulator reaches with it, it could reach at most. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { LoadError } from './load-error.ts'

const STOP_MS = 2000

export class NullPeer {
  readonly #file: URL
  #child: ChildProcess | null = null

  constructor(file: 'null-broker.ts' | 'null-master.ts') {
    this.#file = new URL(file, import.meta.url)
  }

  /** Resolves with what it says first. Throws a LoadError when it ends instead. */
  start<T>(told: object = {}): Promise<T> {
    const child = fork(this.#file, [JSON.stringify(told)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child = child
    return this.next<T>()
  }

  /** What it says next. */
  async next<T>(): Promise<T> {
    const child = this.#child
    if (child === null) throw new LoadError('the null peer was not started')
    const heard = new AbortController()
    const { signal } = heard
    const ended = once(child, 'exit', { signal }).then(([code]) =>
      Promise.reject(new LoadError(`the null peer ended (${code})`)),
    )
    ended.catch(() => {})
    try {
      const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [T]
      return answer
    } finally {
      heard.abort()
    }
  }

  /** Idempotent and bounded in time. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await closed
    clearTimeout(timer)
  }
}
