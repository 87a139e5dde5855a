/** Levels in the unit of what they are compared with, whatever unit they are written in. */
import { withoutNoise } from './codec/conversion.ts'
import type { Point } from './device.ts'
import type { Level, Setpoint } from './rule-schema.ts'
import { conversion, converted, type UnitConversion } from './units.ts'

export interface Comparison {
  /** Of what is compared with the setpoints: the point's, or that of its trend. */
  readonly unit: string
  /** Of the same device. */
  readonly points: readonly Point[]
  readonly parameters: Readonly<Record<string, { readonly unit: string }>>
}

/**
 * The level or its change with all numbers in the unit of the comparison, and with no `unit` of its own; or what is wrong. A setpoint
 * that comes from a point or a parameter in another unit is converted, unless its `times` says how.
 */
export function inUnitOf<L extends Pick<Level, 'unit' | 'above' | 'below' | 'deadband'>>(
  level: L,
  comparison: Comparison,
): L | string {
  const { unit = comparison.unit, ...rest } = level
  const written = conversion(unit, comparison.unit)
  if (typeof written === 'string') return written
  const above = level.above === undefined ? undefined : setpointIn(level.above, { written, comparison })
  const below = level.below === undefined ? undefined : setpointIn(level.below, { written, comparison })
  if (typeof above === 'string') return above
  if (typeof below === 'string') return below
  return {
    ...rest,
    ...(above !== undefined && { above }),
    ...(below !== undefined && { below }),
    ...(level.deadband !== undefined && { deadband: withoutNoise(level.deadband * written.times) }),
  } as L
}

function setpointIn(
  given: Setpoint,
  { written, comparison }: { readonly written: UnitConversion; readonly comparison: Comparison },
): Setpoint | string {
  if (typeof given === 'number') return converted(given, written)
  const { plus, ...source } = given
  // A shift is a difference: no degrees are added to it.
  const shift = plus === undefined ? 0 : withoutNoise(plus * written.times)
  const from = source.times === undefined ? sourceUnit(source, comparison) : undefined
  if (from === undefined || from === comparison.unit) return { ...source, ...(shift !== 0 && { plus: shift }) }
  const way = conversion(from, comparison.unit)
  if (typeof way === 'string') return `${'point' in source ? source.point : source.parameter}: ${way}`
  return { ...source, times: way.times, plus: withoutNoise(way.plus + shift) }
}

/** Undefined where it is not known here: of other devices' points, and of names that are wrong. */
function sourceUnit(source: Exclude<Setpoint, number>, { points, parameters }: Comparison): string | undefined {
  if ('point' in source) return points.find(({ profile }) => profile.id === source.point)?.profile.unit
  return Object.hasOwn(parameters, source.parameter) ? parameters[source.parameter]?.unit : undefined
}
