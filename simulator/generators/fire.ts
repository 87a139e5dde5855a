/**
 * A fire that smoulders first and then flames.
 *
 * While it smoulders, smoke comes at a steady pace and there is hardly any heat, as in the test fires TF2 (wood on a hot plate) and
 * TF3 (glowing cotton) of EN 54-7. Then it flames: the heat release grows with the square of time, Q = 1055 kW × (t / tg)²,
 * where tg is the growth time of NFPA 72 (annex B): 600 s slow, 300 s medium, 150 s fast, 75 s ultra-fast.
 */

export type Growth = 'slow' | 'medium' | 'fast' | 'ultra-fast'

export interface FireOptions {
  readonly smoulderSeconds: number
  readonly growth: Growth
}

const GROWTH_SECONDS: Readonly<Record<Growth, number>> = { slow: 600, medium: 300, fast: 150, 'ultra-fast': 75 }
/** kW, at the growth time (1000 BTU/s). */
const REFERENCE_KW = 1055

/** kW, `seconds` after the fire began to smoulder; grows for ever. */
export function heatRelease({ smoulderSeconds, growth }: FireOptions, seconds: number): number {
  const flaming = Math.max(0, seconds - smoulderSeconds)
  return REFERENCE_KW * (flaming / GROWTH_SECONDS[growth]) ** 2
}

export interface FireSmokeOptions extends FireOptions {
  /** Obscuration of clean air at the detector, in the unit of the point. */
  readonly before: number
  /** What smouldering alone brings it to. */
  readonly smoulderTo: number
  /** What it never exceeds: at the growth time it is reached. */
  readonly peak: number
}

/** Obscuration at the detector. Never falls. */
export function fireSmoke({ before, smoulderTo, peak, ...fire }: FireSmokeOptions) {
  return (seconds: number): number => {
    if (seconds < fire.smoulderSeconds) return before + ((smoulderTo - before) * seconds) / fire.smoulderSeconds
    const share = heatRelease(fire, seconds) / REFERENCE_KW
    return smoulderTo + (peak - smoulderTo) * Math.min(1, share)
  }
}

export interface FireHeatOptions extends FireOptions {
  /** °C before the fire. */
  readonly before: number
  /** m from the fuel to the ceiling. */
  readonly ceiling: number
  /** °C that the sensor never exceeds. */
  readonly peak: number
}

/**
 * Temperature under the ceiling above the fire: Alpert's correlation (1972) for the ceiling jet near its axis,
 * ΔT = 16.9 × Q^(2/3) / H^(5/3), Q in kW, H in m. Never falls.
 */
export function fireHeat({ before, ceiling, peak, ...fire }: FireHeatOptions) {
  return (seconds: number): number =>
    Math.min(Math.max(before, peak), before + (16.9 * heatRelease(fire, seconds) ** (2 / 3)) / ceiling ** (5 / 3))
}
