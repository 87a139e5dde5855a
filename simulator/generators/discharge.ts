/** A lithium battery: flat for most of its life, and empty soon after the knee. */

export interface DischargeOptions {
  readonly before: number
  readonly to: number
  readonly seconds: number
}

/** How much of the way goes evenly; the rest is the knee. */
const EVEN_SHARE = 0.3
const KNEE = 8

/** From `before` to `to`. Never turns back. */
export function discharge({ before, to, seconds }: DischargeOptions) {
  return (elapsed: number): number => {
    const x = Math.min(1, elapsed / seconds)
    return before + (to - before) * (EVEN_SHARE * x + (1 - EVEN_SHARE) * x ** KNEE)
  }
}
