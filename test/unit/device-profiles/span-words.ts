import type { ModbusBinding } from '../../../device-profiles/binding-schema.ts'
import { registerSpan, scaleFactorRegister } from '../../../device-profiles/codec/registers.ts'

/** What a master reads for a point whose own registers hold `words`: its span, with the scale factor that is written for it. */
export function spanWords(binding: ModbusBinding, words: readonly number[]): number[] {
  const { address, count } = registerSpan(binding)
  const all = new Array<number>(count).fill(0)
  const factor = scaleFactorRegister(binding)
  if (factor !== null) all[factor.address - address] = factor.word
  all.splice(binding.address - address, words.length, ...words)
  return all
}
