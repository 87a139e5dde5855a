/** Values of vectors that are written in another unit than the point's, as a manual has them. */
import type { Finding } from './finding.ts'
import type { DeviceProfile, Vector, WrittenProfile, WrittenVector } from './schema.ts'
import { conversion, converted } from './units.ts'

/** The model with every expected value in the unit of its point. What cannot be converted is left out, and told. */
export function withPlainVectors(written: WrittenProfile): {
  readonly profile: DeviceProfile
  readonly findings: readonly Finding[]
} {
  const { vectors, ...rest } = written
  if (vectors === undefined) return { profile: rest, findings: [] }
  const findings: Finding[] = []
  const plain = vectors.map((vector, i) => {
    const { problems, ...made } = plainVector(vector, written.points)
    for (const { id, message } of problems) findings.push({ path: ['vectors', i, 'expect', id], message })
    return made.vector
  })
  return { profile: { ...rest, vectors: plain }, findings }
}

function plainVector(
  { expect, ...vector }: WrittenVector,
  points: WrittenProfile['points'],
): { readonly vector: Vector; readonly problems: readonly { readonly id: string; readonly message: string }[] } {
  const values: Record<string, number | string> = {}
  const problems: { readonly id: string; readonly message: string }[] = []
  for (const [id, given] of Object.entries(expect)) {
    const unit = points.find((point) => point.id === id)?.unit
    const way = typeof given === 'object' && unit !== undefined ? conversion(given.unit, unit) : { times: 1, plus: 0 }
    if (typeof way === 'string') problems.push({ id, message: way })
    else values[id] = typeof given === 'object' ? converted(given.value, way) : given
  }
  return { vector: { ...vector, expect: values }, problems }
}
