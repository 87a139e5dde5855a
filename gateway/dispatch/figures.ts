/** How dispatch stands, for health and metrics. */
import type { Instant } from '../model.ts'
import type { DispatchState } from './dispatch-state.ts'

/** What nobody has taken after so long counts as reaching nobody, ms. */
const REACHED_WITHIN_MS = 60_000

export interface DispatchFigures {
  /** Cases that are not over, by phase. */
  readonly calling: number
  readonly inhibited: number
  readonly inHand: number
  readonly aside: number
  /** Cases whose chain is at its end, and nobody has acknowledged. */
  readonly unanswered: number
  /** Cases of which nobody could be told, or that no receiver has taken for a minute. */
  readonly unreached: number
}

/** `own`: id of the device under which dispatch reports this very trouble, which must not keep itself up. */
export function figuresOf(
  state: DispatchState,
  { wall, own }: Pick<Instant, 'wall'> & { readonly own: string },
): DispatchFigures {
  const counts = { calling: 0, inhibited: 0, inHand: 0, aside: 0, unanswered: 0, unreached: 0 }
  for (const { facts, phase, unanswered, unreached, reached, waiting, openedAt } of state.cases()) {
    if (phase === 'calling') counts.calling++
    if (phase === 'inhibited') counts.inhibited++
    if (phase === 'in-hand') counts.inHand++
    if (phase === 'aside') counts.aside++
    if (phase !== 'calling' || facts.device === own) continue
    if (unanswered) counts.unanswered++
    const isLate = !reached && waiting.size > 0 && wall - openedAt > REACHED_WITHIN_MS
    if (unreached || isLate) counts.unreached++
  }
  return counts
}
