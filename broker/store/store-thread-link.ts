/** The main thread's end of the store's thread: asks one question and gets one answer, or says why there is none. */
import { Worker } from 'node:worker_threads'
import type { StoreAnswer, StoreQuestion } from './store-thread.ts'

type Question = StoreQuestion extends infer Q ? (Q extends StoreQuestion ? Omit<Q, 'id'> : never) : never
type Answered = StoreAnswer & { readonly ok: true }

export class StoreThread {
  readonly #waiting = new Map<number, PromiseWithResolvers<Answered>>()
  #worker: Worker | null = null
  #nextId = 1

  /** Starts the thread if there is none, or none any more. Rejects with the reason when it could not do it. */
  ask(question: Question): Promise<Answered> {
    const worker = this.#worker ?? this.#start()
    const id = this.#nextId++
    const answer = Promise.withResolvers<Answered>()
    this.#waiting.set(id, answer)
    worker.postMessage({ ...question, id } satisfies StoreQuestion)
    return answer.promise
  }

  /** Ends the thread wherever it is. It may never resolve where the thread hangs in the file system. */
  async end(): Promise<void> {
    await this.#worker?.terminate()
  }

  /** The process may exit although the thread hangs. */
  abandon(): void {
    this.#worker?.unref()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./store-thread.ts', import.meta.url), { name: 'broker-store' })
    let why = 'the thread of the broker store has ended'
    worker.on('message', (answer: StoreAnswer) => this.#settle(answer))
    worker.on('error', (error) => {
      why = `the thread of the broker store failed: ${error instanceof Error ? error.message : String(error)}`
    })
    worker.once('exit', () => {
      this.#worker = null
      const waiting = [...this.#waiting.values()]
      this.#waiting.clear()
      for (const { reject } of waiting) reject(new Error(why))
    })
    this.#worker = worker
    return worker
  }

  #settle(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.ok) waiting?.resolve(answer)
    else waiting?.reject(new Error(answer.reason))
  }
}
