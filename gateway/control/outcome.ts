/** What became of one command that was sent, or of one revert. */
import type { CommandExchange, CommandReason } from '../device-command.ts'

export type Outcome =
  | { readonly state: 'confirmed'; readonly shown: Shown; readonly exchanges: readonly CommandExchange[] }
  | {
      readonly state: 'failed'
      readonly reason: CommandReason
      /** False only where it is certain that nothing reached the device. */
      readonly mayHaveReached: boolean
      readonly shown: Shown
      readonly exchanges: readonly CommandExchange[]
    }

/** The value that the device showed last; null where none was seen. */
export type Shown = number | string | null

/** Most exchanges that are recorded; of a longer story the first ones and the last. */
const MAX_EXCHANGES = 8
const MAX_TEXT = 1000

/** What went out and what came, bounded, in order. */
export class Exchanges {
  readonly #list: CommandExchange[] = []

  add({ sent, answer, ...exchange }: CommandExchange): void {
    if (this.#list.length >= MAX_EXCHANGES) this.#list.splice(MAX_EXCHANGES - 1)
    this.#list.push({ ...exchange, sent: sent === null ? null : shortened(sent), answer: shortened(answer) })
  }

  get list(): readonly CommandExchange[] {
    return [...this.#list]
  }
}

function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`
}
