/** Raw numbers of a current or voltage loop, and the values they stand for. */
type Signal = 'uA' | 'mA' | 'mV' | 'V'

export interface LinearMap {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  /** The raw numbers of a sound loop, or null where every number is believed. */
  readonly valid: readonly [number, number] | null
  readonly signal: Signal | null
}

export function mapped({ from, to }: LinearMap, raw: number): number {
  return to[0] + ((raw - from[0]) * (to[1] - to[0])) / (from[1] - from[0])
}

export function unmapped({ from, to }: LinearMap, value: number): number {
  return from[0] + ((value - to[0]) * (from[1] - from[0])) / (to[1] - to[0])
}

/** What is wrong with the loop, e.g. "loop current 3.2 mA: broken wire"; null where nothing is. */
export function loopFault({ valid, signal }: LinearMap, raw: number): string | null {
  if (valid === null || (raw >= valid[0] && raw <= valid[1])) return null
  if (signal === null) return `raw number ${raw} is outside ${valid[0]} to ${valid[1]}, what a sound loop gives`
  return `${level(raw, signal)}: ${raw < valid[0] ? 'broken wire' : 'short circuit or overload'}`
}

function level(raw: number, signal: Signal): string {
  const [what, unit] = signal.endsWith('A') ? ['current', 'mA'] : ['voltage', 'V']
  const inUnit = signal === 'uA' || signal === 'mV' ? raw / 1000 : raw
  return `loop ${what} ${Number(inUnit.toPrecision(6))} ${unit}`
}
