import type { Scalar } from './base-schema.ts'
import type { DeviceProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

const BINDINGS = ['modbus', 'json', 'binary'] as const

/** Every number of a profile that may be a parameter instead, and where it stands. */
export function* scalars(profile: DeviceProfile): Generator<{ readonly scalar: Scalar; readonly path: DocumentPath }> {
  for (const [i, point] of profile.points.entries()) {
    const path = ['points', i]
    if (point.derive !== undefined) {
      yield { scalar: point.derive.installationHeight, path: [...path, 'derive', 'installationHeight'] }
    }
    for (const key of BINDINGS) {
      const binding = point[key]
      if (binding?.scale !== undefined) yield { scalar: binding.scale, path: [...path, key, 'scale'] }
      if (binding?.offset !== undefined) yield { scalar: binding.offset, path: [...path, key, 'offset'] }
    }
    for (const [j, place] of (point.binary?.also ?? []).entries()) {
      if (place.scale !== undefined) yield { scalar: place.scale, path: [...path, 'binary', 'also', j, 'scale'] }
      if (place.offset !== undefined) yield { scalar: place.offset, path: [...path, 'binary', 'also', j, 'offset'] }
    }
  }
}
