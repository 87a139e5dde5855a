import type { Log } from '../model.ts'

/** Delays, silence and staleness as time goes by. `tick` never throws: the gateway that goes on can still say what is wrong. */
export function createRuleTicker(options: { readonly tick: () => void; readonly log: Log }): {
  readonly tick: () => void
  /** Why the last tick failed; null: it did not. */
  readonly failure: () => string | null
} {
  let failure: string | null = null
  return {
    tick() {
      try {
        options.tick()
        failure = null
      } catch (error) {
        if (failure === null) options.log.error({ err: error }, 'the rules cannot be evaluated')
        failure = error instanceof Error ? error.message : String(error)
      }
    },
    failure: () => failure,
  }
}
