/**
 * The gauge of a stored-pressure extinguisher that leaks while its room warms and cools.
 *
 * Ideal gas at constant volume (Gay-Lussac): absolute pressure through absolute temperature stays the same, so a bottle of 1.2 MPa at
 * 20 °C shows 1.067 MPa at -10 °C and 1.378 MPa at 60 °C without having lost anything.
 */
import { type CycleOptions, cycle } from './cycle.ts'

export interface CylinderOptions {
  /** Gauge pressure at 20 °C at the begin, kPa. */
  readonly at20: number
  /** What is lost in one period of the temperature, kPa at 20 °C. */
  readonly leakPerPeriod: number
  /** °C. */
  readonly temperature: CycleOptions
}

/** kPa. */
const ATMOSPHERE = 101.3
const KELVIN = 273.15
const REFERENCE = 293.15

/** Gauge pressure in kPa; an empty bottle shows 0. */
export function cylinder({ at20, leakPerPeriod, temperature }: CylinderOptions) {
  const celsius = cycle(temperature)
  return (seconds: number): number => {
    const left = at20 - (leakPerPeriod * seconds) / temperature.periodSeconds
    return Math.max(0, gaugePressure(left, celsius(seconds)))
  }
}

/** What a gauge shows, of a bottle that has `at20` at 20 °C; kPa, °C. */
export function gaugePressure(at20: number, celsius: number): number {
  return ((at20 + ATMOSPHERE) * (celsius + KELVIN)) / REFERENCE - ATMOSPHERE
}
