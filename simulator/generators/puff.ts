/** Steam, dust or a cigarette: up quickly, and away by itself. */

export interface PuffOptions {
  readonly before: number
  readonly peak: number
  readonly peakAtSeconds: number
}

/** What a source that runs dry brings into mixed air: x e^(1-x), x = time through the time of the peak. */
export function puff({ before, peak, peakAtSeconds }: PuffOptions) {
  return (seconds: number): number => {
    const x = seconds / peakAtSeconds
    return before + (peak - before) * x * Math.exp(1 - x)
  }
}
