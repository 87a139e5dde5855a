import type { Scalar } from './base-schema.ts'
import type { BinaryBinding } from './binding-schema.ts'
import type { DeviceProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

const BINDINGS = ['modbus', 'json', 'binary', 'metric'] as const

/** Every number of a profile that may be a parameter instead, and where it stands. */
export function* scalars(profile: DeviceProfile): Generator<{ readonly scalar: Scalar; readonly path: DocumentPath }> {
  for (const [i, point] of profile.points.entries()) {
    const path = ['points', i]
    if (point.derive !== undefined) {
      yield { scalar: point.derive.installationHeight, path: [...path, 'derive', 'installationHeight'] }
    }
    if (point.compute?.type === 'tangent-angle') {
      yield { scalar: point.compute.uniformVelocity, path: [...path, 'compute', 'uniformVelocity'] }
    }
    if (point.compute?.type === 'velocity-ratio') {
      yield { scalar: point.compute.least, path: [...path, 'compute', 'least'] }
    }
    for (const key of BINDINGS) {
      yield* lineOf(point[key], [...path, key])
    }
    for (const key of ['modbus', 'binary'] as const) yield* mapEnds(point[key], [...path, key])
    for (const [j, place] of (point.binary?.also ?? []).entries()) {
      yield* lineOf(place, [...path, 'binary', 'also', j])
      yield* mapEnds(place, [...path, 'binary', 'also', j])
    }
  }
  yield* commandScalars(profile)
}

/** Those of what its commands write, read back and send. */
function* commandScalars(profile: DeviceProfile): ReturnType<typeof scalars> {
  for (const [i, { modbus, mqtt, lorawan, confirm }] of (profile.commands ?? []).entries()) {
    const path = ['commands', i]
    yield* lineOf(modbus?.register, [...path, 'modbus', 'register'])
    yield* lineOf(mqtt?.bytes?.value, [...path, 'mqtt', 'bytes', 'value'])
    yield* lineOf(lorawan?.bytes.value, [...path, 'lorawan', 'bytes', 'value'])
    if (confirm?.type === 'read-back') yield* lineOf(confirm.register, [...path, 'confirm', 'register'])
  }
}

function* lineOf(
  binding: Pick<BinaryBinding, 'scale' | 'offset'> | undefined,
  path: DocumentPath,
): ReturnType<typeof scalars> {
  if (binding?.scale !== undefined) yield { scalar: binding.scale, path: [...path, 'scale'] }
  if (binding?.offset !== undefined) yield { scalar: binding.offset, path: [...path, 'offset'] }
}

function* mapEnds(binding: Pick<BinaryBinding, 'map'> | undefined, path: DocumentPath): ReturnType<typeof scalars> {
  for (const [i, scalar] of (binding?.map?.to ?? []).entries()) yield { scalar, path: [...path, 'map', 'to', i] }
}
