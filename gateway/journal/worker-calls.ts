/** Questions and answers between the main thread and a worker thread. */
import { parentPort, type Transferable, Worker } from 'node:worker_threads'
import { JournalError, type JournalFailure } from './journal-error.ts'

// biome-ignore lint/suspicious/noExplicitAny: only the shape matters here; every use names its own calls
type Calls<C> = { [K in keyof C]: (args: any) => unknown }
type Arguments<C extends Calls<C>, K extends keyof C> = Parameters<C[K]>[0]
type Result<C extends Calls<C>, K extends keyof C> = Awaited<ReturnType<C[K]>>

interface Question {
  readonly id: number
  readonly name: string
  readonly args: unknown
}

type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: JournalFailure; readonly message: string }
  /** The first part of the work is done; the answer follows. */
  | { readonly id: number; readonly notice: true }

/**
 * Without limits V8 takes the memory of the whole machine for its own and clears up seldom: three times the memory for the
 * same work. Far more than either thread needs, so that reaching them is a defect, after which both are started again.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 }

interface Waiting {
  readonly onNotice: () => void
  resolve(result: never): void
  reject(error: Error): void
}

/** The main thread's end. After the thread has ended, every call rejects. */
export class WorkerLink<C extends Calls<C>> {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited = Promise.withResolvers<string>()
  #nextId = 1
  #ended: string | null = null

  /** The thread starts at once. */
  constructor(file: URL, { name }: { readonly name: string }) {
    this.#worker = new Worker(file, { name, resourceLimits: RESOURCE_LIMITS })
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', (error) => {
      this.#ended ??= `the ${name} thread failed: ${error instanceof Error ? error.message : String(error)}`
    })
    this.#worker.once('exit', () => {
      this.#ended ??= `the ${name} thread has ended`
      const waiting = [...this.#waiting.values()]
      this.#waiting.clear()
      for (const call of waiting) call.reject(new JournalError('stopped', this.#ended))
      this.#exited.resolve(this.#ended)
    })
  }

  /** Resolves with the reason when the thread has ended, also after `end`. */
  get exited(): Promise<string> {
    return this.#exited.promise
  }

  call<K extends keyof C & string>(
    name: K,
    args: Arguments<C, K>,
    options: { readonly transfer?: readonly Transferable[]; readonly onNotice?: () => void } = {},
  ): Promise<Result<C, K>> {
    if (this.#ended !== null) return Promise.reject(new JournalError('stopped', this.#ended))
    const id = this.#nextId++
    const question: Question = { id, name, args }
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onNotice: options.onNotice ?? (() => {}) })
      this.#worker.postMessage(question, options.transfer ?? [])
    })
  }

  /** Ends the thread, wherever it is. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  /** The process may exit although the thread hangs. */
  abandon(): void {
    this.#worker.unref()
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    if ('notice' in answer) {
      waiting?.onNotice()
      return
    }
    this.#waiting.delete(answer.id)
    if ('result' in answer) waiting?.resolve(answer.result as never)
    else waiting?.reject(new JournalError(answer.failure, answer.message))
  }
}

/** The worker's end: answers each question with what its handler returns or throws. `notice` tells half of it early. */
export function serveCalls<C extends Calls<C>>(
  handlers: {
    readonly [K in keyof C]: (args: Arguments<C, K>, notice: () => void) => Result<C, K> | Promise<Result<C, K>>
  },
): void {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread only')
  port.on('message', async (question: Question) => {
    port.postMessage(await answer(question))
  })

  async function answer({ id, name, args }: Question): Promise<Answer> {
    try {
      const notice = (): void => port?.postMessage({ id, notice: true } satisfies Answer)
      return { id, result: await handlers[name as keyof C](args as never, notice) }
    } catch (error) {
      const failure = error instanceof JournalError ? error.failure : 'disk'
      return { id, failure, message: error instanceof Error ? error.message : String(error) }
    }
  }
}
