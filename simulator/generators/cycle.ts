/** What comes back every day or every year: air temperature, or a slope that swells with the seasons. */

export interface CycleOptions {
  /** In the unit of the point. */
  readonly mean: number
  /** From the mean to either extreme. */
  readonly swing: number
  /** A whole round. */
  readonly periodSeconds: number
  /** When the value is highest for the first time, from the begin. */
  readonly highestAtSeconds: number
}

/** A cosine: the first harmonic carries most of what air temperature does in a day. */
export function cycle({ mean, swing, periodSeconds, highestAtSeconds }: CycleOptions) {
  return (seconds: number): number =>
    mean + swing * Math.cos((2 * Math.PI * (seconds - highestAtSeconds)) / periodSeconds)
}
