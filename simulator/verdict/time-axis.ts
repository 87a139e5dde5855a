/** Where a moment stands in a picture, and what is written below it. */

export interface TimeAxis {
  /** Of a moment in ms since the story began; what is outside stands at the edge. */
  readonly x: (ms: number) => number
  readonly left: number
  readonly right: number
  /** In seconds of the story. */
  readonly ticks: readonly { readonly x: number; readonly text: string }[]
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200]
const MOST_TICKS = 12

export function timeAxis({
  left,
  right,
  totalMs,
  speed,
}: {
  readonly left: number
  readonly right: number
  readonly totalMs: number
  readonly speed: number
}): TimeAxis {
  const whole = Math.max(totalMs, 1)
  const x = (ms: number): number => left + (Math.min(Math.max(ms, 0), whole) / whole) * (right - left)
  const seconds = (whole / 1000) * speed
  const step = STEPS.find((each) => seconds / each <= MOST_TICKS) ?? 86_400 * Math.ceil(seconds / 86_400 / MOST_TICKS)
  const ticks = Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, i) => {
    return { x: x(((i * step) / speed) * 1000), text: tickText(i * step, { step, isLong: seconds >= 3600 }) }
  })
  return { x, left, right, ticks }
}

function tickText(seconds: number, { step, isLong }: { readonly step: number; readonly isLong: boolean }): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const rest = seconds % 60
  const second = step < 1 ? rest.toFixed(1).padStart(4, '0') : two(Math.round(rest))
  const minutes = Math.floor(seconds / 60)
  return isLong ? `${two(minutes / 60)}:${two(minutes % 60)}:${second}` : `${two(minutes)}:${second}`
}
