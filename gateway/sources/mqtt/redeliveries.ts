/** Takes each message of a session once, and lets its repetitions wait for what became of it. */
import type { MessageMark } from '../../model.ts'
import type { MqttMessage } from './message-reader.ts'
import { contentOf, type SessionMemory } from './seen-messages.ts'

interface Taken {
  readonly memory: SessionMemory
  readonly mark: MessageMark
}

export class Redeliveries {
  /** Messages on their way to disk, by what they wait for: hundreds may wait for the same commit. */
  readonly #underWay = new Map<Promise<unknown>, Taken[]>()
  #count = 0

  /** Messages that came again. */
  get count(): number {
    return this.#count
  }

  /** Gives what `take` gives; of a repetition, what its first copy waits for. */
  takeOnce(
    message: MqttMessage,
    take: (mark: MessageMark | undefined) => Promise<unknown> | undefined,
  ): Promise<unknown> | undefined {
    const { delivery } = message
    if (delivery === undefined) return take(undefined)
    const { memory, messageId, dup } = delivery
    const content = contentOf(message)
    if (memory.isAgain(messageId, { content, dup })) {
      this.#count++
      // Also of others: which of them is the first copy is not worth knowing.
      return this.#underWay.size === 0 ? undefined : Promise.all(this.#underWay.keys())
    }
    const mark = { session: memory.hash, messageId, content }
    const commit = take(mark)
    if (commit !== undefined) {
      memory.remember(messageId, content)
      this.#watch(commit, { memory, mark })
    }
    return commit
  }

  #watch(commit: Promise<unknown>, taken: Taken): void {
    const together = this.#underWay.get(commit)
    if (together !== undefined) {
      together.push(taken)
      return
    }
    const first = [taken]
    this.#underWay.set(commit, first)
    commit.then(
      () => this.#underWay.delete(commit),
      () => {
        this.#underWay.delete(commit)
        // When they come again they are new.
        for (const { memory, mark } of first) memory.forget(mark)
      },
    )
  }
}
