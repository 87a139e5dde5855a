/** What a sensor makes of the world: it wavers, drifts, moves in jerks and shows whole counts. Pure: a moment has one answer. */
import { mulberry32, seedOf } from '../mulberry32.ts'

/** Between -1 and 1: a random number for each second, joined by straight lines, as a slow sensor wavers. */
export function waver(seed: string, seconds: number): number {
  const second = Math.floor(seconds)
  const share = seconds - second
  return chance(`${seed} ${second}`) * (1 - share) + chance(`${seed} ${second + 1}`) * share
}

/** The last moment up to now at which something that sticks for about `sticking` seconds came loose: 0.5 to 1.5 times as long. */
export function cameLooseAt(
  seed: string,
  { seconds, sticking }: { readonly seconds: number; readonly sticking: number },
): number {
  const turn = Math.floor(seconds / sticking)
  for (const each of [turn, turn - 1]) {
    const at = (each + 0.5 * (chance(`${seed} stick ${each}`) + 1) * 0.5) * sticking
    if (at <= seconds) return Math.max(0, at)
  }
  return 0
}

/** The nearest whole count. */
export function quantised(value: number, resolution: number): number {
  return resolution > 0 ? Number((Math.round(value / resolution) * resolution).toPrecision(12)) : value
}

/** Whether something that happens in this share of all seconds happens in this one. */
export function strikes(
  seed: string,
  { seconds, share }: { readonly seconds: number; readonly share: number },
): boolean {
  return (chance(`${seed} strike ${Math.floor(seconds)}`) + 1) / 2 < share
}

/** Between -1 and 1. */
function chance(seed: string): number {
  return mulberry32(seedOf(seed))() * 2 - 1
}
