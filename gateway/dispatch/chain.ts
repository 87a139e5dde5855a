/** Escalation chains as people write them, and as they are climbed. */
import type { Chain, Rung } from '../dispatch-event.ts'

export type ChainStep =
  | { readonly type: 'notify' }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'notify-parent' }
  /** All steps before it once more, so many times. */
  | { readonly type: 'repeat'; readonly times: number }
  | { readonly type: 'stop' }

/** More would outlive the people who are told. */
export const MOST_RUNGS = 500

/** People are told once, and nobody is told that nobody answers. */
export const NO_CHAIN: Chain = { rungs: [{ afterMs: 0, climb: false }], endMs: null, stopsOnReturn: false }

/** Cut off behind `MOST_RUNGS`; the configuration refuses a longer one. */
export function compileChain(
  steps: readonly ChainStep[],
  { stopsOnReturn = false, most = MOST_RUNGS }: { readonly stopsOnReturn?: boolean; readonly most?: number } = {},
): Chain {
  const rungs: Rung[] = []
  let waited = 0
  for (const step of played(steps)) {
    if (step.type === 'wait') waited += step.ms
    else {
      rungs.push({ afterMs: rungs.length === 0 ? 0 : waited, climb: step.type === 'notify-parent' })
      waited = 0
    }
  }
  return { rungs: rungs.slice(0, most), endMs: waited, stopsOnReturn }
}

type PlayedStep = Exclude<ChainStep, { type: 'repeat' | 'stop' }>

function played(steps: readonly ChainStep[]): readonly PlayedStep[] {
  const done: PlayedStep[] = []
  for (const step of steps) {
    if (step.type === 'stop') break
    if (step.type !== 'repeat') done.push(step)
    else {
      const block = [...done]
      for (let time = 0; time < step.times && done.length <= 2 * MOST_RUNGS; time++) done.push(...block)
    }
  }
  return done
}
