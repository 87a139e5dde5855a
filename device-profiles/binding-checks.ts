/** Where points stand on the wire: what the form alone cannot tell. */

import type { ModbusBinding } from './binding-schema.ts'
import { bindingOf } from './codec/message.ts'
import type { Finding } from './finding.ts'
import { checkBinary, checkLayout } from './layout-checks.ts'
import { scalars } from './scalars.ts'
import { checkScaleFactor, checkSharedFactors, checkSpan } from './scale-factor-checks.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'
import { checkFalseWhen, checkType, strayTrueWhen } from './type-checks.ts'
import type { DocumentPath } from './yaml-document.ts'

const BINDINGS = ['modbus', 'json', 'binary', 'metric', 'link'] as const

export function* checkBindings(profile: DeviceProfile): Generator<Finding> {
  const needed = neededBinding(profile)
  // Without its section there is nothing to judge the bindings by, and that it is missing has been said.
  const isKnown = needed !== null || profile.protocol === 'self'
  for (const [i, point] of profile.points.entries()) {
    const path = ['points', i]
    const isComputed = point.compute !== undefined
    if ((point.derive !== undefined || isComputed) && BINDINGS.some((binding) => point[binding] !== undefined)) {
      const key = isComputed ? 'compute' : 'derive'
      yield {
        path: [...path, key],
        message: `a ${isComputed ? 'computed' : 'derived'} point has no place on the wire; remove one of the two`,
      }
    }
    const isLink = point.link !== undefined && profile.mqtt?.through === 'lorawan'
    if (needed !== null && point.derive === undefined && !isComputed && point[needed] === undefined && !isLink) {
      yield { path, message: `point "${point.id}" is missing key "${needed}" (or "derive" or "compute")` }
    }
    if (isLink) yield* checkLink(point, path)
    for (const binding of BINDINGS) {
      if (point[binding] === undefined || binding === needed || !isKnown) continue
      if (binding === 'link' && isLink) continue
      yield {
        path: [...path, binding],
        message: `this model's points are bound by ${needed ?? 'nothing'}, not by "${binding}"`,
      }
    }
    if (point.modbus !== undefined) yield* checkModbus(profile, point, [...path, 'modbus'])
    if (point.binary !== undefined) yield* checkBinary(profile, point, [...path, 'binary'])
    for (const key of ['json', 'metric'] as const) {
      if (point[key]?.trueWhen !== undefined && point.type !== 'boolean') yield strayTrueWhen(point, [...path, key])
      yield* checkFalseWhen(point[key] ?? {}, [...path, key])
    }
  }
  if (profile.mqtt?.payload.format === 'binary') yield* checkLayout(profile.mqtt.payload)
  yield* checkSharedFactors(profile)
  yield* checkParameters(profile)
}

function* checkLink(point: PointProfile, path: DocumentPath): Generator<Finding> {
  if (point.type !== 'number') {
    yield { path: [...path, 'link'], message: `"link" makes numbers, and ${point.id} is of type ${point.type}` }
  }
  if (point.json !== undefined || point.binary !== undefined) {
    yield { path: [...path, 'link'], message: 'the network server says this, not the device; remove one of the two' }
  }
}

function neededBinding(profile: DeviceProfile): 'modbus' | 'json' | 'binary' | 'metric' | null {
  if (profile.protocol === 'modbus') return 'modbus'
  return profile.mqtt === undefined ? null : bindingOf(profile.mqtt.payload)
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
  const message = `${address} looks like a reference number of a manual; its zero-based PDU address would be ${address - base}: write that`
  yield { path: [...path, 'address'], message, isAdvice: true }
}

function* checkParameters(profile: DeviceProfile): Generator<Finding> {
  const known = Object.keys(profile.parameters ?? {})
  const used = new Set(setpointParameters(profile))
  for (const { scalar, path } of scalars(profile)) {
    if (typeof scalar === 'number') {
      if (scalar === 0 && path.at(-1) === 'scale')
        yield { path, message: 'expected a scale other than 0, got 0, which makes every value 0' }
      continue
    }
    used.add(scalar.parameter)
    if (known.includes(scalar.parameter)) continue
    const has = known.length === 0 ? 'there are none; add it under "parameters"' : `there are ${known.join(', ')}`
    yield {
      path: [...path, 'parameter'],
      message: `unknown parameter "${scalar.parameter}"; ${has}${suggestion(scalar.parameter, known)}`,
    }
  }
  for (const id of known) {
    if (!used.has(id))
      yield {
        path: ['parameters', id],
        message: `parameter "${id}" is used by no point; name it in a scale or an offset, or remove it`,
      }
  }
}

/** Those that its rules take setpoints from. */
function* setpointParameters({ rules = [], overrides = {} }: DeviceProfile): Generator<string> {
  const limits = rules.flatMap((rule) => (rule.type === 'limit' ? rule.levels : []))
  const changes = Object.values(overrides).flatMap(({ levels = {} }) => Object.values(levels))
  for (const { above, below } of [...limits, ...changes]) {
    const setpoint = above ?? below
    if (typeof setpoint === 'object' && 'parameter' in setpoint) yield setpoint.parameter
  }
}
