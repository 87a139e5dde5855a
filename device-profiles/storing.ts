/** From what a model and an installed unit say about storing to what is stored of each point. */
import { withoutNoise } from './codec/conversion.ts'
import type { OnChange } from './device.ts'
import { parseDuration } from './duration.ts'
import type { RuleProblem } from './rules.ts'
import type { PointProfile } from './schema.ts'
import type { StoreProfile } from './store-schema.ts'
import { suggestion } from './suggestion.ts'

export type StoreOverrides = Readonly<Record<string, StoreProfile>>

export interface StoreProblem {
  readonly key: 'deadband' | 'maxInterval'
  readonly message: string
}

/** Undefined: every reading. What the unit says of a point takes the place of what the model says. */
export function storingOf(point: PointProfile, overrides: StoreOverrides): OnChange | undefined {
  const store = (Object.hasOwn(overrides, point.id) ? overrides[point.id] : undefined) ?? point.store
  if (store === undefined || store.type === 'every') return undefined
  return { deadband: store.deadband ?? 0, maxIntervalMs: parseDuration(store.maxInterval) }
}

export function storeOverrideProblems(
  points: readonly PointProfile[],
  { overrides, intervalMs }: { readonly overrides: StoreOverrides; readonly intervalMs: number },
): readonly RuleProblem[] {
  return Object.entries(overrides).flatMap(([id, store]) => {
    const point = points.find((candidate) => candidate.id === id)
    if (point !== undefined) {
      const problems = storeProblems(point, { store, intervalMs })
      return problems.map(({ key, message }) => ({ path: `store.${id}.${key}`, message }))
    }
    const ids = points.map((candidate) => candidate.id)
    const message = `no point "${id}" here; the points are ${ids.join(', ')}${suggestion(id, ids)}`
    return [{ path: `store.${id}`, message }]
  })
}

/** `intervalMs`: how often the device speaks. */
export function storeProblems(
  { id, type, unit, range }: PointProfile,
  { store, intervalMs }: { readonly store: StoreProfile; readonly intervalMs: number },
): readonly StoreProblem[] {
  if (store.type === 'every') return []
  const problems: StoreProblem[] = []
  const { deadband, maxInterval } = store
  if (deadband !== undefined && type !== 'number') {
    const message = `only numbers have a deadband, and "${id}" is of type ${type}: every change of it is stored`
    problems.push({ key: 'deadband', message })
  } else if (deadband !== undefined && range !== undefined && deadband >= range[1] - range[0]) {
    const span = withoutNoise(range[1] - range[0])
    const message = `expected less than ${span} ${unit}, the whole range of "${id}", got ${deadband}`
    problems.push({ key: 'deadband', message })
  }
  if (parseDuration(maxInterval) < intervalMs) {
    const message = `expected at least the ${intervalMs / 1000} s between two readings of the device, got ${maxInterval}`
    problems.push({ key: 'maxInterval', message })
  }
  return problems
}
