/** Where points stand on the wire: what the form alone cannot tell. */

import type { BinaryBinding, ModbusBinding } from './binding-schema.ts'
import { wireSize } from './codec/wire.ts'
import type { Finding } from './finding.ts'
import { scalars } from './scalars.ts'
import { checkScaleFactor, checkSharedFactors, checkSpan } from './scale-factor-checks.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import { checkType, strayTrueWhen } from './type-checks.ts'
import type { DocumentPath } from './yaml-document.ts'

type Place = Omit<BinaryBinding, 'also'>
const BINDINGS = ['modbus', 'json', 'binary'] as const

export function* checkBindings(profile: DeviceProfile): Generator<Finding> {
  const needed = neededBinding(profile)
  // Without its section there is nothing to judge the bindings by, and that it is missing has been said.
  const isKnown = needed !== null || profile.protocol === 'self'
  for (const [i, point] of profile.points.entries()) {
    const path = ['points', i]
    if (point.derive !== undefined && BINDINGS.some((binding) => point[binding] !== undefined)) {
      yield { path: [...path, 'derive'], message: 'a derived point has no place on the wire; remove one of the two' }
    }
    if (needed !== null && point.derive === undefined && point[needed] === undefined) {
      yield { path, message: `point "${point.id}" is missing key "${needed}" (or "derive")` }
    }
    for (const binding of BINDINGS) {
      if (point[binding] === undefined || binding === needed || !isKnown) continue
      yield {
        path: [...path, binding],
        message: `this model's points are bound by ${needed ?? 'nothing'}, not by "${binding}"`,
      }
    }
    if (point.modbus !== undefined) yield* checkModbus(profile, point, [...path, 'modbus'])
    if (point.binary !== undefined) yield* checkBinary(profile, point, [...path, 'binary'])
    if (point.json?.trueWhen !== undefined && point.type !== 'boolean') yield strayTrueWhen(point, [...path, 'json'])
  }
  yield* checkSharedFactors(profile)
  yield* checkParameters(profile)
}

function neededBinding(profile: DeviceProfile): (typeof BINDINGS)[number] | null {
  if (profile.protocol === 'modbus') return 'modbus'
  return profile.mqtt?.payload.format ?? null
}

export function* checkModbus(profile: DeviceProfile, point: PointProfile, path: DocumentPath): Generator<Finding> {
  const binding = point.modbus
  if (binding === undefined) return
  const { table, type } = binding
  const isBitTable = table === 'coil' || table === 'discrete-input'
  if (isBitTable && (type !== 'bit' || binding.bit !== undefined)) {
    yield { path: [...path, 'type'], message: `a ${table} is one bit: expected type bit and no "bit", got ${type}` }
  } else {
    // The bit of a coil has no number; everything else that is said of a type holds for it too.
    yield* checkType(point, isBitTable ? { ...binding, bit: 0 } : binding, { path, unit: 'registers' })
    yield* checkScaleFactor(binding, path)
    const isWord = type !== 'bit' && binding.bits?.count !== 1 && binding.trueWhen === undefined
    if (point.type === 'boolean' && isWord) {
      const message =
        'a boolean in a register needs "trueWhen" or type bit (use type enum where other codes are possible)'
      yield { path, message }
    }
    yield* checkSpan(binding, { profile, path })
  }
  yield* referenceNumberAdvice(binding, path)
}

/** Many manuals write 40001 for holding register 0 (Modbus AP 4.4 numbers from 0 on the wire). */
function* referenceNumberAdvice({ table, address }: ModbusBinding, path: DocumentPath): Generator<Finding> {
  const base = { coil: 1, 'discrete-input': 10001, 'input-register': 30001, 'holding-register': 40001 }[table]
  if (table === 'coil' || address < base || address > base + 9998) return
  const message = `${address} looks like a reference number of a manual; its zero-based PDU address would be ${address - base}`
  yield { path: [...path, 'address'], message, isAdvice: true }
}

function* checkBinary(profile: DeviceProfile, point: PointProfile, path: DocumentPath): Generator<Finding> {
  const { also = [], ...main } = point.binary ?? { at: 0, type: 'uint8' as const }
  for (const [place, at] of [
    [main, path] as const,
    ...also.map((other, i) => [other, [...path, 'also', i]] as const),
  ]) {
    if (profile.mqtt?.payload.format === 'binary') yield* checkType(point, place, { path: at, unit: 'bytes' })
    yield* checkPlace(profile, place, at)
  }
}

function* checkPlace(profile: DeviceProfile, place: Place, path: DocumentPath): Generator<Finding> {
  const payload = profile.mqtt?.payload
  if (payload?.format !== 'binary') return
  const { type, bit } = place
  const end = place.at + (type === 'string' ? (place.length ?? 0) : wireSize({ type, bit }))
  if (payload.records === undefined) {
    if (place.record !== undefined)
      yield { path: [...path, 'record'], message: 'this model has no "records" in its payload' }
    const longest = Math.max(...(payload.lengths ?? [Number.POSITIVE_INFINITY]))
    if (end > longest)
      yield { path: [...path, 'at'], message: `ends at byte ${end} of a message of ${longest} bytes at most` }
    return
  }
  const known = Object.keys(payload.records)
  if (place.record === undefined) yield { path, message: `missing key "record"; the records are ${known.join(', ')}` }
  else if (!Object.hasOwn(payload.records, place.record)) {
    const message = `unknown record "${place.record}"; the records are ${known.join(', ')}${suggestion(place.record, known)}`
    yield { path: [...path, 'record'], message }
  } else if (end > (payload.records[place.record] ?? 0)) {
    const message = `ends at byte ${end} of record ${place.record}, which has ${payload.records[place.record]} bytes of data`
    yield { path: [...path, 'at'], message }
  }
}

function* checkParameters(profile: DeviceProfile): Generator<Finding> {
  const known = Object.keys(profile.parameters ?? {})
  const used = new Set<string>()
  for (const { scalar, path } of scalars(profile)) {
    if (typeof scalar === 'number') {
      if (scalar === 0 && path.at(-1) === 'scale') yield { path, message: 'expected a scale other than 0' }
      continue
    }
    used.add(scalar.parameter)
    if (known.includes(scalar.parameter)) continue
    const has = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`
    yield {
      path: [...path, 'parameter'],
      message: `unknown parameter "${scalar.parameter}"; ${has}${suggestion(scalar.parameter, known)}`,
    }
  }
  for (const id of known) {
    if (!used.has(id)) yield { path: ['parameters', id], message: `parameter "${id}" is used by no point` }
  }
}
