/** Setpoints that are taken from other points. While one of them is not known its rule is not judged at all. */

import { withoutNoise } from '../../device-profiles/codec/conversion.ts'
import type { RuleLevel } from '../../device-profiles/device.ts'
import { changeLevels, type RuleState } from './rules.ts'
import { sameData } from './same-data.ts'

/** What a source says: a number, or null while it cannot be believed. */
export type SourceValue = (pointId: string) => number | null

/** Brings the setpoints of a rule to what their sources say. True where the newest value must be judged anew. */
export function takeSetpoints(state: RuleState, sourceValue: SourceValue): boolean {
  const levels: RuleLevel[] = []
  for (const level of state.nominal) {
    const value = level.source === undefined ? level.setpoint : sourceValue(level.source.point)
    if (value === null) {
      state.frozen = { type: 'unknown', point: level.source?.point ?? '' }
      return false
    }
    const setpoint = level.source === undefined ? value : withoutNoise(value * level.source.times + level.source.plus)
    levels.push({ ...level, setpoint })
  }
  const crossed = levels.find((level, i) => isInside(level, levels.slice(0, i)))
  if (crossed !== undefined) {
    state.frozen = { type: 'crossed', level: crossed.level }
    return false
  }
  const wasFrozen = state.frozen !== null
  state.frozen = null
  if (sameData(levels, state.levels)) return wasFrozen
  changeLevels(state, levels)
  return true
}

/** A more severe level must not lie within a milder one. */
function isInside({ side, setpoint }: RuleLevel, milder: readonly RuleLevel[]): boolean {
  if (!Number.isFinite(setpoint)) return false
  const others = milder.filter((level) => level.side === side && Number.isFinite(level.setpoint))
  return others.some((level) => (side === 'above' ? setpoint < level.setpoint : setpoint > level.setpoint))
}
