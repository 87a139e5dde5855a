/** What a device profile can say wrong although it has the right form. */
import { checkBindings } from './binding-checks.ts'
import { withoutNoise } from './codec/conversion.ts'
import { checkCommands } from './command-checks.ts'
import { checkComputed } from './computed-points.ts'
import type { Finding } from './finding.ts'
import { checkMessages } from './mqtt-checks.ts'
import { checkMustNotRead } from './must-not-read.ts'
import { checkNational } from './national.ts'
import { adviseOnOverlaps } from './overlap-checks.ts'
import { defaultIntervalMs, resolveProfile } from './resolve.ts'
import { adviseOnGuidance } from './rules.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'
import { storeProblems } from './storing.ts'
import { suggestion } from './suggestion.ts'
import { checkLevels } from './topic-levels.ts'
import { conversion, unitProblem } from './units.ts'
import type { DocumentPath } from './yaml-document.ts'

type TargetedRule = Extract<NonNullable<DeviceProfile['rules']>[number], { type: 'limit' | 'discrete' }>

export function* checkProfile(profile: DeviceProfile, kinds: ReadonlyMap<string, KindProfile>): Generator<Finding> {
  yield* checkSections(profile)
  yield* checkMessages(profile)
  yield* checkLevels(profile)
  yield* checkPoints(profile)
  yield* checkUnits(profile)
  yield* checkComputed(profile)
  yield* checkBindings(profile)
  yield* adviseOnOverlaps(profile)
  yield* checkMustNotRead(profile)
  yield* checkVectors(profile)
  yield* checkCommands(profile)
  const kind = kinds.get(profile.kind)
  if (kind === undefined) {
    const message = `unknown kind "${profile.kind}"; there are ${[...kinds.keys()].join(', ')}${suggestion(profile.kind, kinds.keys())}`
    yield { path: ['kind'], message }
    return
  }
  yield* checkQuantities(profile, kind)
  yield* checkRuleTargets(profile, kind)
  yield* checkRules(profile, kind)
}

/** The section of the protocol must be there, and no other. */
function* checkSections(profile: DeviceProfile): Generator<Finding> {
  for (const section of ['modbus', 'mqtt'] as const) {
    if (profile.protocol === section && profile[section] === undefined) {
      yield { path: [], message: `missing key "${section}": the protocol is ${section}` }
    }
    if (profile.protocol !== section && profile[section] !== undefined) {
      yield { path: [section], message: `the protocol is ${profile.protocol}, so "${section}" is not used; remove it` }
    }
  }
}

function* checkPoints(profile: DeviceProfile): Generator<Finding> {
  const seen = new Set<string>()
  for (const [i, point] of profile.points.entries()) {
    if (seen.has(point.id)) {
      const message = `point "${point.id}" is given twice; give one of the two another id`
      yield { path: ['points', i, 'id'], message }
    }
    seen.add(point.id)
    if (point.type === 'enum' && point.states === undefined) {
      yield { path: ['points', i], message: `missing key "states": an enum needs the names of its codes` }
    }
    if (point.range !== undefined && point.range[0] >= point.range[1]) {
      yield {
        path: ['points', i, 'range'],
        message: `expected [lowest, highest], got [${point.range.join(', ')}]; swap the two`,
      }
    }
    const { store } = point
    const problems = store === undefined ? [] : storeProblems(point, { store, intervalMs: defaultIntervalMs(profile) })
    for (const { key, message } of problems) yield { path: ['points', i, 'store', key], message }
    yield* checkDerivation(profile, point, i)
  }
}

/** Every unit must be known, or nothing could be converted into it. */
function* checkUnits({ national, points, parameters = {}, commands = [] }: DeviceProfile): Generator<Finding> {
  yield* checkNational(national, { unit: null, path: ['national'] })
  for (const [i, { unit, national: facts }] of points.entries()) {
    yield* unitFinding(unit, ['points', i, 'unit'])
    yield* checkNational(facts, { unit, path: ['points', i, 'national'] })
  }
  for (const [id, { unit }] of Object.entries(parameters)) yield* unitFinding(unit, ['parameters', id, 'unit'])
  for (const [i, { argument }] of commands.entries()) {
    if (argument !== undefined) yield* unitFinding(argument.unit, ['commands', i, 'argument', 'unit'])
  }
}

function* unitFinding(unit: string, path: DocumentPath): Generator<Finding> {
  const message = unitProblem(unit)
  if (message !== null) yield { path, message }
}

function* checkDerivation(profile: DeviceProfile, point: PointProfile, index: number): Generator<Finding> {
  if (point.derive === undefined) return
  const path = ['points', index, 'derive', 'distance']
  const source = profile.points.find((candidate) => candidate.id === point.derive?.distance)
  if (source === undefined) {
    const ids = profile.points.map((candidate) => candidate.id)
    const message = `unknown point "${point.derive.distance}"; there are ${ids.join(', ')}${suggestion(point.derive.distance, ids)}`
    yield { path, message }
  } else if (source.derive !== undefined || source.type !== 'number') {
    yield {
      path,
      message: `expected a number that the device sends, but "${source.id}" is ${source.derive ? 'derived itself' : `of type ${source.type}`}`,
    }
  } else if (source.unit !== point.unit) {
    yield {
      path,
      message: `"${source.id}" is in ${source.unit} and "${point.id}" in ${point.unit}; they must have the same unit`,
    }
  }
}

function* checkQuantities(profile: DeviceProfile, kind: KindProfile): Generator<Finding> {
  const known = Object.keys(kind.quantities)
  for (const [i, point] of profile.points.entries()) {
    if (point.quantity === undefined) continue
    const quantity = Object.hasOwn(kind.quantities, point.quantity) ? kind.quantities[point.quantity] : undefined
    if (quantity === undefined) {
      const message = `unknown quantity "${point.quantity}" of kind ${kind.kind}; there are ${known.join(', ')}${suggestion(point.quantity, known)}`
      yield { path: ['points', i, 'quantity'], message }
    } else if (quantity.unit !== point.unit) {
      const way = conversion(point.unit, quantity.unit)
      const hint = typeof way === 'string' || way.plus !== 0 ? '' : `; multiply its scale by ${withoutNoise(way.times)}`
      const message = `expected ${quantity.unit}, the unit of ${point.quantity} in kind ${kind.kind}, got ${point.unit}${hint}`
      yield { path: ['points', i, 'unit'], message }
    }
  }
}

function* checkRuleTargets(profile: DeviceProfile, kind: KindProfile): Generator<Finding> {
  const seen = new Set<string>()
  for (const [i, rule] of (profile.rules ?? []).entries()) {
    const path = ['rules', i]
    if (seen.has(rule.id)) {
      yield { path: [...path, 'id'], message: `rule "${rule.id}" is given twice; give one of the two another id` }
    }
    seen.add(rule.id)
    yield* adviseOnGuidance(rule, path)
    if (rule.type !== 'limit' && rule.type !== 'discrete') continue
    const { point, quantity } = rule
    if ((point === undefined) === (quantity === undefined)) {
      yield { path, message: 'expected exactly one of "point" and "quantity"' }
      continue
    }
    const targets = profile.points.filter((p) => (point === undefined ? p.quantity === quantity : p.id === point))
    if (targets.length === 0) {
      const words = point === undefined ? Object.keys(kind.quantities) : profile.points.map((p) => p.id)
      const key = point === undefined ? 'quantity' : 'point'
      const name = point ?? quantity ?? ''
      yield {
        path: [...path, key],
        message: `no point here ${key === 'point' ? 'is' : 'measures'} "${name}"${suggestion(name, words)}`,
      }
    }
    yield* checkDetail(profile, { rule, path })
    for (const target of targets) {
      if (rule.type === 'limit' ? target.type === 'number' : target.type === 'boolean' || target.type === 'enum')
        continue
      yield {
        path: [...path, 'type'],
        message: `a ${rule.type} rule cannot watch "${target.id}", which is of type ${target.type}`,
      }
    }
  }
}

function* checkDetail(
  profile: DeviceProfile,
  { rule, path }: { readonly rule: TargetedRule; readonly path: DocumentPath },
): Generator<Finding> {
  if (rule.detail === undefined) return
  const named = profile.points.map((point) => ({ point, name: rule.point === undefined ? point.quantity : point.id }))
  if (named.some(({ point, name }) => name === rule.detail && point.type === 'text')) return
  const texts = named.flatMap(({ point, name }) => (point.type === 'text' && name !== undefined ? [name] : []))
  const message = `expected a text of this model, got "${rule.detail}"${suggestion(rule.detail, texts)}`
  yield { path: [...path, 'detail'], message }
}

/** Levels, overrides and delays are checked by resolving a unit whose parameters are all given. */
function* checkRules(profile: DeviceProfile, kind: KindProfile): Generator<Finding> {
  // Against a range that is upside down every setpoint is wrong, and the range is told already.
  if (profile.points.some(({ range }) => range !== undefined && range[0] >= range[1])) return
  const parameters = Object.fromEntries(
    Object.entries(profile.parameters ?? {}).map(([id, { default: standard, range }]) => [
      id,
      // Not the 0 of a range that begins there: a scale of a whole unit is never 0.
      standard ?? (range?.[0] || range?.[1]) ?? 1,
    ]),
  )
  const levels = Object.fromEntries(Object.keys(profile.mqtt?.levels ?? {}).map((name) => [name, 'check']))
  const unit = { id: 'check', station: 'check', name: 'check', place: 'check', profile: profile.id, parameters, levels }
  // Where it hangs is not known here; that its schedules make sense is.
  const timetable = { timeZone: 'UTC' }
  const resolution = resolveProfile({ ...unit, timetable }, { profile, kind })
  if ('device' in resolution) return
  for (const { path, message } of resolution.problems) yield ruleFinding({ path, message }, { profile, kind })
}

/** A rule of the kind stands in no line of this file: the point that it watches does, and can make it fit. */
function ruleFinding(
  { path, message }: { readonly path: string; readonly message: string },
  { profile, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
): Finding {
  const [top, id] = path.split('.')
  const ofKind = top === 'rules' && !(profile.rules ?? []).some((rule) => rule.id === id)
  const rule = ofKind ? kind.rules.find((candidate) => candidate.id === id) : undefined
  if (rule === undefined) return { path: documentPath(profile, path), message }
  const quantity = 'quantity' in rule ? rule.quantity : undefined
  const index = profile.points.findIndex((point) => point.quantity !== undefined && point.quantity === quantity)
  const remedy = `${message}; the rule comes from kind ${kind.kind}: change it under "overrides", or the point`
  return { path: index < 0 ? [] : ['points', index, 'range'], message: remedy }
}

/** Rules and their levels are lists in the file, and are told by their ids in a resolution. */
function documentPath(profile: DeviceProfile, path: string): DocumentPath {
  const [top, id, key, level] = path.split('.')
  const index = profile.rules?.findIndex((rule) => rule.id === id) ?? -1
  const rule = profile.rules?.[index]
  if (top !== 'rules' || rule === undefined) return path.split('.')
  if (rule.type !== 'limit' || key !== 'levels') return key === undefined ? ['rules', index] : ['rules', index, key]
  const levelIndex = rule.levels.findIndex((candidate) => candidate.level === level)
  return levelIndex < 0 ? ['rules', index] : ['rules', index, 'levels', levelIndex]
}

function* checkVectors(profile: DeviceProfile): Generator<Finding> {
  const ids = profile.points.map((point) => point.id)
  for (const [i, vector] of (profile.vectors ?? []).entries()) {
    const bodies = [vector.registers, vector.text, vector.hex].filter((body) => body !== undefined)
    if (bodies.length !== 1) {
      yield {
        path: ['vectors', i],
        message: `expected exactly one of "registers", "text" and "hex", got ${bodies.length || 'none'}`,
      }
    }
    for (const id of Object.keys(vector.expect)) {
      if (ids.includes(id)) continue
      const message = `unknown point "${id}"; there are ${ids.join(', ')}${suggestion(id, ids)}`
      yield { path: ['vectors', i, 'expect', id], message }
    }
  }
}
