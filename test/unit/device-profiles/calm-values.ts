/** Values of a unit at which none of its rules is abnormal, and one at which a given level is. */
import type { Device, LimitRule, RuleLevel } from '../../../device-profiles/device.ts'

/** Of every point that stands on the wire or is computed. A measured distance follows from the level that is made of it. */
export function calmValues({ profile, rules }: Device): Record<string, number | string> {
  const sources = new Set(profile.points.map(({ derive }) => derive?.distance))
  const values: Record<string, number | string> = {}
  for (const { id, type, range } of profile.points) {
    if (sources.has(id)) continue
    const own = rules.flatMap((rule) => ('point' in rule && rule.point.profile.id === id ? [rule] : []))
    if (type === 'text') values[id] = 'x'
    else if (type === 'number') values[id] = calmNumber(own.filter(isPlainLimit), range ?? [0, 1])
    else
      values[id] = calmCode(
        own.flatMap((rule) => (rule.type === 'discrete' ? rule.abnormal : [])),
        range ?? [0, 1],
      )
  }
  return values
}

/** Beyond the setpoint of the level and short of the next one; inside what the point can say, or add up to. */
export function valueAt(
  level: RuleLevel,
  { levels, point }: LimitRule,
  [low, high] = point.profile.range ?? [-Infinity, Infinity],
): number {
  const sign = level.side === 'above' ? 1 : -1
  const ends = levels
    .filter(({ side }) => side === level.side)
    .map(({ setpoint }) => (setpoint - level.setpoint) * sign)
  const room = Math.min(((sign > 0 ? high : low) - level.setpoint) * sign, ...ends.filter((end) => end > 0))
  if (room <= 0) throw new Error(`nothing in the range of ${point.profile.id} is beyond its level ${level.level}`)
  const little = Math.max(level.deadband, Math.abs(level.setpoint) / 10) || 1
  return level.setpoint + sign * Math.min(room / 2, little)
}

function isPlainLimit(rule: Device['rules'][number]): rule is LimitRule {
  return rule.type === 'limit' && rule.trend === undefined
}

/** Between what is too low and what is too high, with the deadbands kept clear: 0 if that is there, which every wire can say. */
function calmNumber(limits: readonly LimitRule[], [low, high]: readonly [number, number]): number {
  const levels = limits.flatMap((limit) => limit.levels)
  const ends = (side: RuleLevel['side'], sign: number) =>
    levels.filter((level) => level.side === side).map(({ setpoint, deadband }) => setpoint + sign * deadband)
  const [from, to] = [Math.max(low, ...ends('below', 1)), Math.min(high, ...ends('above', -1))]
  if (from > to) throw new Error(`no value is calm: everything from ${low} to ${high} is abnormal`)
  return from <= 0 && to >= 0 ? 0 : (from + to) / 2
}

function calmCode(abnormal: readonly number[], [first, last]: readonly [number, number]): number {
  for (let code = first; code <= last; code++) if (!abnormal.includes(code)) return code
  throw new Error('no state is calm')
}
