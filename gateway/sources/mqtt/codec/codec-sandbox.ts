/**
 * Runs makers' codecs in a thread of its own: whatever a codec does costs its own message and nothing else. The engine ends
 * most of it by itself (see `codec-engine.ts`); a thread that still does not answer in time is ended and made anew.
 *
 * One message is decoded at a time, in the order of receipt. What waits is bounded: beyond it a message is refused, is not
 * acknowledged, and comes again.
 */
import { Worker } from 'node:worker_threads'
import type { CodecAnswer, CodecCall } from './codec-call.ts'

const MAX_WAITING = 10_000
/** A busy machine may need long for what takes milliseconds; a codec that hangs outside the language must end some time. */
const ANSWER_WITHIN_MS = 15_000
/** Of the thread and its engine. No codec has been run until then, so none is to blame. */
const START_WITHIN_MS = 60_000
const HEAP_MB = 64

export interface CodecStats {
  readonly messages: number
  /** Messages of which a codec made nothing. */
  readonly failed: number
  /** Threads that had to be ended. */
  readonly ended: number
  readonly waiting: number
}

interface Job {
  readonly call: CodecCall
  resolve(answer: CodecAnswer): void
  reject(error: Error): void
}

export class CodecSandbox {
  readonly #answerWithinMs: number
  #waiting: Job[] = []
  #current: { readonly job: Job; readonly timer: NodeJS.Timeout } | null = null
  #worker: Worker | null = null
  #stopped = false
  #messages = 0
  #failed = 0
  #ended = 0

  constructor({ answerWithinMs = ANSWER_WITHIN_MS }: { readonly answerWithinMs?: number } = {}) {
    this.#answerWithinMs = answerWithinMs
  }

  /** Never rejects for what a codec does; rejects when too much waits, and after `stop`. */
  run(call: CodecCall): Promise<CodecAnswer> {
    if (this.#stopped) return Promise.reject(new Error('no codec runs any more: the gateway is stopping'))
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new Error(`${MAX_WAITING} messages wait for their codec already`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject })
      this.#next()
    })
  }

  stats(): CodecStats {
    const waiting = this.#waiting.length + (this.#current === null ? 0 : 1)
    return { messages: this.#messages, failed: this.#failed, ended: this.#ended, waiting }
  }

  /** Idempotent. What still waits is rejected, so that it is not acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true
    const jobs = [...(this.#current === null ? [] : [this.#current.job]), ...this.#waiting]
    if (this.#current !== null) clearTimeout(this.#current.timer)
    this.#current = null
    this.#waiting = []
    for (const job of jobs) job.reject(new Error('the gateway is stopping'))
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #next(): void {
    if (this.#current !== null || this.#stopped) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    if (this.#worker === null) {
      const problem = `the thread of the codecs does not start within ${START_WITHIN_MS / 1000} s`
      this.#current = { job, timer: setTimeout(() => this.#giveUp(problem), START_WITHIN_MS) }
      this.#startThread()
    } else this.#hand(job)
  }

  #hand(job: Job): void {
    const problem = `the codec does not answer within ${this.#answerWithinMs} ms`
    this.#current = { job, timer: setTimeout(() => this.#giveUp(problem), this.#answerWithinMs) }
    this.#worker?.postMessage(job.call)
  }

  #take(said: 'ready' | CodecAnswer): void {
    if (said !== 'ready') this.#settle(said)
    else if (this.#current !== null) {
      clearTimeout(this.#current.timer)
      this.#hand(this.#current.job)
    }
  }

  #startThread(): void {
    // Neither the environment nor the standard streams: there is nothing in the thread that a codec could reach if it got out.
    const worker = new Worker(new URL('./codec-worker.ts', import.meta.url), {
      name: 'codecs',
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    worker.unref()
    worker.on('message', (said: 'ready' | CodecAnswer) => {
      if (this.#worker === worker) this.#take(said)
    })
    worker.on('error', (error) => this.#lost(worker, `the thread of the codecs failed: ${String(error)}`))
    worker.on('exit', () => this.#lost(worker, 'the thread of the codecs has ended'))
    this.#worker = worker
  }

  #giveUp(problem: string): void {
    const worker = this.#worker
    if (worker === null) return
    this.#lost(worker, problem)
    void worker.terminate()
  }

  /** Only what this thread was at is lost; the next message gets a new one. */
  #lost(worker: Worker, problem: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#ended++
    if (this.#current !== null) this.#settle({ problem })
  }

  #settle(answer: CodecAnswer): void {
    const current = this.#current
    if (current === null) return
    clearTimeout(current.timer)
    this.#current = null
    this.#messages++
    if ('problem' in answer) this.#failed++
    current.job.resolve(answer)
    this.#next()
  }
}
