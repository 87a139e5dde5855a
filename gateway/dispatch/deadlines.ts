/**
 * When each open case takes its next step. Delays count on the monotonic clock, so that a step of the wall clock moves none. Over a
 * restart only the wall clock tells: what it says has passed counts, and one that was set back makes a delay begin anew.
 */
import type { Instant } from '../model.ts'
import type { Case } from './case.ts'

export class Deadlines {
  readonly #due = new Map<string, number>()

  /** From the moment of its last step. */
  set(open: Case, { wall, mono }: Instant): void {
    const wait = open.phase === 'calling' && !open.unanswered ? waitAfter(open) : null
    if (wait === null) this.#due.delete(open.id)
    else this.#due.set(open.id, mono + wait - Math.max(0, wall - open.steppedAt))
  }

  delete(id: string): void {
    this.#due.delete(id)
  }

  *reached(mono: number): Iterable<string> {
    for (const [id, due] of this.#due) if (due <= mono) yield id
  }
}

function waitAfter({ plan, step }: Case): number | null {
  return plan.chain.rungs[step + 1]?.afterMs ?? plan.chain.endMs
}
