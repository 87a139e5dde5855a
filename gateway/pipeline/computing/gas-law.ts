/**
 * Pressure of a gas in a closed bottle, referred to 20 °C.
 *
 * Ideal gas at constant volume (Gay-Lussac): absolute pressure through absolute temperature stays the same, so
 * p20 = (p + 101.3) × 293.15 / (t + 273.15) - 101.3 in kPa above atmosphere. It holds for the nitrogen of stored-pressure
 * extinguishers, whose powder or water leaves it nearly the same room. It does not hold for CO2, which boils in its bottle.
 */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'

/** kPa. */
export const ATMOSPHERE = 101.3
const KELVIN = 273.15
const REFERENCE = 293.15

/** Gauge pressures in kPa, temperature in °C. */
export function pressureAt20(gauge: number, celsius: number): number {
  return withoutNoise(((gauge + ATMOSPHERE) * REFERENCE) / (celsius + KELVIN) - ATMOSPHERE)
}

/** What a gauge shows at a temperature, of a bottle that has `at20` at 20 °C. */
export function gaugeAt(at20: number, celsius: number): number {
  return withoutNoise(((at20 + ATMOSPHERE) * (celsius + KELVIN)) / REFERENCE - ATMOSPHERE)
}
