/** The computed points that a model takes over from its kind, and what can be wrong with computed points. */
import { inputsOf } from './calculation.ts'
import type { Computation } from './computed-schema.ts'
import type { Finding } from './finding.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

/**
 * The model with the points that it lists under `computed`. In them the quantities of the kind are replaced by the model's
 * points, of which each must be the only one of its quantity. A point is appended once its inputs are there.
 */
export function withComputed(
  profile: DeviceProfile,
  kind: KindProfile | undefined,
): { readonly profile: DeviceProfile; readonly findings: readonly Finding[] } {
  if (profile.computed === undefined || kind === undefined) return { profile, findings: [] }
  const points = [...profile.points]
  const findings: Finding[] = []
  const templates = kind.computed ?? []
  for (const [i, id] of profile.computed.entries()) {
    const template = templates.find((candidate) => candidate.id === id)
    const result = template === undefined ? unknown(id, templates) : placed(template, points)
    if (typeof result === 'string') findings.push({ path: ['computed', i], message: result })
    else points.push(result)
  }
  return { profile: { ...profile, points }, findings }
}

function unknown(id: string, templates: readonly PointProfile[]): string {
  const ids = templates.map((template) => template.id)
  return `unknown computed point "${id}" of this kind; there are ${ids.join(', ') || 'none'}${suggestion(id, ids)}`
}

function placed(template: PointProfile, points: readonly PointProfile[]): PointProfile | string {
  const { compute } = template
  if (compute === undefined) return `"${template.id}" of the kind has no "compute"`
  const names = new Map<string, string>()
  for (const quantity of inputsOf(compute)) {
    const [source, ...more] = points.filter((point) => point.quantity === quantity)
    if (source === undefined)
      return `"${template.id}" is computed from ${quantity}, which no point here measures before it`
    if (more.length > 0)
      return `several points measure ${quantity}; write "${template.id}" as a point of its own, with "compute"`
    names.set(quantity, source.id)
  }
  return { ...template, compute: renamed(compute, names) }
}

function renamed(computation: Computation, names: ReadonlyMap<string, string>): Computation {
  const entries = Object.entries(computation).map(([key, value]) => {
    const isName = typeof value === 'string' && INPUT_KEYS.has(key)
    return [key, isName ? (names.get(value) ?? value) : value]
  })
  return Object.fromEntries(entries) as Computation
}

const INPUT_KEYS: ReadonlySet<string> = new Set(['of', 'temperature', 'velocity', 'baseline'])

/** Inputs are numbers, and stand before what is computed from them, so that one pass computes all. */
export function* checkComputed({ points }: Pick<DeviceProfile, 'points'>): Generator<Finding> {
  for (const [i, { id, type, compute }] of points.entries()) {
    if (compute === undefined) continue
    const path = ['points', i]
    if (type !== 'number') yield { path: [...path, 'type'], message: `"${id}" is computed, so it is a number` }
    for (const input of inputsOf(compute)) {
      const place = points.findIndex((point) => point.id === input)
      const ids = points.map((point) => point.id)
      if (place < 0) {
        const message = `unknown point "${input}"; there are ${ids.join(', ')}${suggestion(input, ids)}`
        yield { path: [...path, 'compute'], message }
      } else if (place >= i) {
        yield { path: [...path, 'compute'], message: `"${input}" must stand before "${id}", which is computed from it` }
      } else if (points[place]?.type !== 'number') {
        yield {
          path: [...path, 'compute'],
          message: `expected a number, but "${input}" is of type ${points[place]?.type}`,
        }
      }
    }
    const problem = unitProblem(points, compute)
    if (problem !== null) yield { path: [...path, 'compute'], message: problem }
  }
}

/** The gas law needs a gauge pressure in kPa and degrees Celsius; other units would give wrong numbers in silence. */
function unitProblem(points: readonly PointProfile[], compute: Computation): string | null {
  if (compute.type !== 'pressure-at-20') return null
  const unit = (id: string): string | undefined => points.find((point) => point.id === id)?.unit
  if (unit(compute.of) !== 'kPa') return `"${compute.of}" must be in kPa, above atmosphere`
  return unit(compute.temperature) === '°C' ? null : `"${compute.temperature}" must be in °C`
}
