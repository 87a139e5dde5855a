/** Levels of a limit: their order, and what makes them senseless. */
import { withoutNoise } from './codec/conversion.ts'
import type { RuleLevel } from './device.ts'
import { parseDuration } from './duration.ts'
import type { Level, Setpoint } from './rule-schema.ts'
import type { PointProfile } from './schema.ts'

const PRIORITY_RANK = { low: 0, medium: 1, high: 2, urgent: 3 } as const

/** What setpoints that are no numbers need to know of the unit. */
export interface UnitParts {
  readonly id?: string
  readonly parameters?: Readonly<Record<string, number>>
}

export interface LevelProblem {
  readonly level: string
  readonly message: string
}

/** The levels mildest first, and everything that is wrong with them. */
export function resolveLevels(
  levels: readonly Level[],
  point: PointProfile,
  unit: UnitParts = {},
): { readonly levels: readonly RuleLevel[]; readonly problems: readonly LevelProblem[] } {
  const problems: LevelProblem[] = []
  const sides: { above: RuleLevel[]; below: RuleLevel[] } = { above: [], below: [] }
  for (const level of levels) {
    const resolved = resolveLevel(level, unit)
    if (resolved === null) {
      problems.push({ level: level.level, message: 'expected exactly one of "above" and "below"' })
    } else sides[resolved.side].push(resolved)
  }
  // Where nobody knows the setpoints yet, they stand as they are written.
  if (areKnown(sides.above)) sides.above.sort((a, b) => a.setpoint - b.setpoint)
  if (areKnown(sides.below)) sides.below.sort((a, b) => b.setpoint - a.setpoint)
  const resolved = [...mildestFirst(sides.above, sides.below)]
  problems.push(...nameProblems(resolved), ...rangeProblems(resolved, point))
  problems.push(...orderProblems(sides.above), ...orderProblems(sides.below), ...crossingProblems(sides))
  return { levels: resolved, problems }
}

function areKnown(side: readonly RuleLevel[]): boolean {
  return side.every(({ setpoint }) => !Number.isNaN(setpoint))
}

function resolveLevel(level: Level, unit: UnitParts): RuleLevel | null {
  const given = level.above ?? level.below
  if (given === undefined || (level.above !== undefined && level.below !== undefined)) return null
  return {
    level: level.level,
    side: level.above === undefined ? 'below' : 'above',
    ...setpointOf(given, unit),
    deadband: level.deadband ?? 0,
    onDelayMs: parseDuration(level.onDelay ?? '0s'),
    offDelayMs: parseDuration(level.offDelay ?? '0s'),
    priority: level.priority,
  }
}

function setpointOf(given: Setpoint, { id, parameters = {} }: UnitParts): Pick<RuleLevel, 'setpoint' | 'source'> {
  if (typeof given === 'number') return { setpoint: given }
  const { times = 1, plus = 0 } = given
  if ('parameter' in given) {
    const value = Object.hasOwn(parameters, given.parameter) ? parameters[given.parameter] : undefined
    return { setpoint: value === undefined ? Number.NaN : withoutNoise(value * times + plus) }
  }
  const point = given.point.includes('.') || id === undefined ? given.point : `${id}.${given.point}`
  return { setpoint: Number.NaN, source: { point, times, plus } }
}

/** Both sides keep their order; between them the lower priority comes first. */
function* mildestFirst(above: readonly RuleLevel[], below: readonly RuleLevel[]): Generator<RuleLevel> {
  let a = 0
  let b = 0
  while (a < above.length || b < below.length) {
    const high = above[a]
    const low = below[b]
    const takeHigh = high && (!low || PRIORITY_RANK[high.priority] <= PRIORITY_RANK[low.priority])
    if (takeHigh) a++
    else b++
    const next = takeHigh ? high : low
    if (next) yield next
  }
}

function* nameProblems(levels: readonly RuleLevel[]): Generator<LevelProblem> {
  const seen = new Set<string>()
  for (const { level } of levels) {
    if (seen.has(level)) yield { level, message: `level "${level}" is given twice` }
    seen.add(level)
  }
}

function* rangeProblems(levels: readonly RuleLevel[], point: PointProfile): Generator<LevelProblem> {
  if (point.range === undefined) return
  const [low, high] = point.range
  const { unit, id } = point
  for (const { level, side, setpoint, deadband } of levels) {
    if (Number.isNaN(setpoint)) continue
    if (setpoint < low || setpoint > high) {
      yield { level, message: `setpoint ${setpoint} ${unit} is outside what ${id} can measure (${low} to ${high})` }
      continue
    }
    const clear = withoutNoise(side === 'above' ? setpoint - deadband : setpoint + deadband)
    if (side === 'above' ? clear > low : clear < high) continue
    const [beyond, end] = side === 'above' ? ['below', low] : ['above', high]
    const message = `it could never clear: that is ${beyond} ${clear} ${unit}, and ${id} measures no further than ${end}`
    yield { level, message }
  }
}

/** Within one side, a more severe level lies further out, clears before the milder one is left, and is no less urgent. */
function* orderProblems(side: readonly RuleLevel[]): Generator<LevelProblem> {
  for (let i = 1; i < side.length; i++) {
    const milder = side[i - 1]
    const level = side[i]
    if (milder === undefined || level === undefined) continue
    const gap = Math.abs(level.setpoint - milder.setpoint)
    if (gap === 0) {
      yield { level: level.level, message: `has the same setpoint ${level.setpoint} as level "${milder.level}"` }
    } else if (level.deadband > gap) {
      const message = `deadband ${level.deadband} reaches past the setpoint ${milder.setpoint} of level "${milder.level}"`
      yield { level: level.level, message }
    }
    if (PRIORITY_RANK[level.priority] >= PRIORITY_RANK[milder.priority]) continue
    const message = `is more severe than level "${milder.level}" but has the lower priority (${level.priority} < ${milder.priority})`
    yield { level: level.level, message }
  }
}

function* crossingProblems(sides: {
  readonly above: readonly RuleLevel[]
  readonly below: readonly RuleLevel[]
}): Generator<LevelProblem> {
  const [high] = sides.above
  const [low] = sides.below
  if (high === undefined || low === undefined) return
  if (Number.isNaN(high.setpoint + low.setpoint)) return
  if (high.setpoint - high.deadband > low.setpoint + low.deadband) return
  const message = `no normal band is left between "above ${high.setpoint}" and "below ${low.setpoint}" with their deadbands`
  yield { level: high.level, message }
}
