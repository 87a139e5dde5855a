/**
 * A window of the past as a bounded number of parts, each with the mean of what was read in it: a device that speaks each
 * second and one that speaks each hour cost the same, and noise within a part averages out.
 */
import type { TimedValue } from './robust-line.ts'

interface Part {
  readonly start: number
  n: number
  /** Sums of (time - start) and of (value - origin). */
  t: number
  v: number
}

export class SampleParts {
  readonly #windowMs: number
  readonly #widthMs: number
  #parts: Part[] = []
  #origin = 0
  #newestAt = Number.NEGATIVE_INFINITY

  constructor({ windowMs, parts }: { readonly windowMs: number; readonly parts: number }) {
    this.#windowMs = windowMs
    this.#widthMs = windowMs / parts
  }

  /** Times (monotonic, ms) never go back. True when a new part has begun. */
  add(value: number, mono: number): boolean {
    if (this.#parts.length === 0) this.#origin = value
    const open = this.#parts.at(-1)
    const isNew = open === undefined || mono - open.start >= this.#widthMs
    const part = isNew ? { start: mono, n: 0, t: 0, v: 0 } : open
    if (isNew) this.#parts.push(part)
    part.n++
    part.t += mono - part.start
    part.v += value - this.#origin
    this.#newestAt = mono
    while ((this.#parts[0]?.start ?? mono) < mono - this.#windowMs) this.#parts.shift()
    return isNew
  }

  clear(): void {
    this.#parts = []
  }

  /** Oldest first, in units of `unitMs` before the newest reading. Without the open part unless `open`. */
  means({ unitMs, open = true }: { readonly unitMs: number; readonly open?: boolean }): TimedValue[] {
    const parts = open ? this.#parts : this.#parts.slice(0, -1)
    return parts.map(({ start, n, t, v }) => ({
      t: (start + t / n - this.#newestAt) / unitMs,
      v: v / n + this.#origin,
    }))
  }

  get size(): number {
    return this.#parts.length
  }

  /** From the first reading to the newest. */
  get spanMs(): number {
    const [first] = this.#parts
    return first === undefined ? 0 : this.#newestAt - first.start
  }

  /** Longest time between two parts in which something was read. */
  get longestHoleMs(): number {
    let longest = 0
    for (let i = 1; i < this.#parts.length; i++) {
      const before = this.#parts[i - 1] as Part
      longest = Math.max(longest, (this.#parts[i] as Part).start - before.start - this.#widthMs)
    }
    return longest
  }
}

/** Why a window of so many parts says nothing, or null: half of it must be there, and no hole may be longer than a third. */
export function whyTooLittle(
  samples: SampleParts,
  { windowMs, fewest }: { readonly windowMs: number; readonly fewest: number },
): string | null {
  const days = (ms: number): string =>
    ms >= 172_800_000 ? `${round(ms / 86_400_000)} d` : `${round(ms / 3_600_000)} h`
  if (samples.spanMs < windowMs / 2) {
    return `${days(samples.spanMs)} of the past are known, ${days(windowMs / 2)} are needed`
  }
  if (samples.size < fewest) return `${samples.size} stretches of time have readings, ${fewest} are needed`
  if (samples.longestHoleMs > windowMs / 3) return `nothing was read for ${days(samples.longestHoleMs)}`
  return null
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
