/** Takes each message of a session once, and lets its repetitions wait for what became of it. */
import type { MessageMark } from '../../model.ts'
import type { MqttMessage } from './message-reader.ts'
import { contentOf, type Delivery, type SessionMemory } from './seen-messages.ts'

/** A message that came for the first time. */
export interface FirstCopy extends MessageMark {
  readonly memory: SessionMemory
}

export class Redeliveries {
  /** Messages on their way to disk, by what they wait for: hundreds may wait for the same commit. */
  readonly #underWay = new Map<Promise<unknown>, FirstCopy[]>()
  /** The newest of them. */
  #commit: Promise<unknown> | null = null
  #together: FirstCopy[] = []
  #count = 0

  /** Messages that came again. */
  get count(): number {
    return this.#count
  }

  /** Null where the message was taken before. */
  firstCopy(message: MqttMessage, { memory, messageId, dup }: Delivery): FirstCopy | null {
    const content = contentOf(message)
    if (!memory.isAgain(messageId, { content, dup })) return { memory, session: memory.hash, messageId, content }
    this.#count++
    return null
  }

  /** What a repetition waits for: all that is on its way, because which of it is the first copy is not worth knowing. */
  get pending(): Promise<unknown> | undefined {
    return this.#underWay.size === 0 ? undefined : Promise.all(this.#underWay.keys())
  }

  /** From now on the message is known, unless `commit` rejects. */
  remember(copy: FirstCopy, commit: Promise<unknown>): void {
    copy.memory.remember(copy.messageId, copy.content)
    if (commit !== this.#commit) this.#watch(commit)
    this.#together.push(copy)
  }

  #watch(commit: Promise<unknown>): void {
    const together = this.#underWay.get(commit) ?? []
    this.#commit = commit
    this.#together = together
    if (this.#underWay.has(commit)) return
    this.#underWay.set(commit, together)
    commit.then(
      () => this.#forgetCommit(commit),
      () => {
        this.#forgetCommit(commit)
        // When they come again they are new.
        for (const copy of together) copy.memory.forget(copy)
      },
    )
  }

  #forgetCommit(commit: Promise<unknown>): void {
    this.#underWay.delete(commit)
    if (this.#commit === commit) this.#commit = null
  }
}
