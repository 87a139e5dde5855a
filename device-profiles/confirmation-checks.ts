/** How a command is confirmed: what the form alone cannot tell. */
import { checkModbus } from './binding-checks.ts'
import { writtenBinding } from './codec/command-write.ts'
import { registerSpan } from './codec/registers.ts'
import type { CommandProfile, Confirmation } from './command-schema.ts'
import { parseDuration } from './duration.ts'
import type { Finding } from './finding.ts'
import { commandTopicProblem } from './message-checks.ts'
import { overlap, rangeText } from './must-not-read.ts'
import { noRegister, pointOf, pseudoPoint, unknownPoint } from './profile-points.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

const ALLOWED: Readonly<Record<'modbus' | 'mqtt', readonly Confirmation['type'][]>> = {
  modbus: ['read-back', 'none'],
  mqtt: ['point', 'message', 'none'],
}

export function* checkConfirmation(
  profile: DeviceProfile,
  command: CommandProfile,
  path: DocumentPath,
): Generator<Finding> {
  const { protocol } = profile
  if (protocol === 'self') return
  const confirm = command.confirm ?? (protocol === 'modbus' ? { type: 'read-back' as const } : undefined)
  if (confirm === undefined) {
    yield { path, message: `command "${command.id}" is missing key "confirm": how it is known that the device did it` }
    return
  }
  const at = command.confirm === undefined ? path : [...path, 'confirm']
  if (!ALLOWED[protocol].includes(confirm.type)) {
    const message = `expected one of ${ALLOWED[protocol].join(', ')} for a device that speaks ${protocol}, got ${confirm.type}`
    yield { path: [...at, 'type'], message }
    return
  }
  if ('within' in confirm && confirm.within !== undefined && parseDuration(confirm.within) <= 0) {
    yield { path: [...at, 'within'], message: `expected a duration above 0, got ${confirm.within}` }
  }
  if (confirm.type === 'read-back') yield* checkReadBack({ profile, command, confirm }, at)
  if (confirm.type === 'point') yield* checkPoint({ profile, command, confirm }, at)
  if (confirm.type === 'message') yield* checkMessage({ profile, command, confirm }, at)
}

interface Confirming<Type extends Confirmation['type']> {
  readonly profile: DeviceProfile
  readonly command: CommandProfile
  readonly confirm: Extract<Confirmation, { type: Type }>
}

function* checkReadBack(
  { profile, command, confirm }: Confirming<'read-back'>,
  path: DocumentPath,
): Generator<Finding> {
  const { point, register } = confirm
  if (point !== undefined && register !== undefined) {
    yield { path, message: 'expected at most one of "point" and "register"' }
  }
  if (register !== undefined) yield* checkModbus(profile, pseudoPoint(command, register), [...path, 'register'])
  const pointBinding = point === undefined ? undefined : pointOf(profile, point)?.modbus
  if (point !== undefined && pointBinding === undefined) {
    yield { path: [...path, 'point'], message: noRegister(profile, point) }
  }
  const elsewhere = register ?? pointBinding
  const binding = elsewhere ?? writtenBinding(profile, command)
  if (binding !== undefined) yield* checkMayBeRead(profile, binding, path)
  if (elsewhere?.type === 'string') yield { path, message: 'a text is no number to be compared with the value' }
  if (elsewhere?.scaleFactor !== undefined && confirm.tolerance === undefined) {
    const message = 'missing key "tolerance": with a scale factor nobody knows the steps in which the device counts'
    yield { path, message }
  }
}

function* checkMayBeRead(
  { modbus }: DeviceProfile,
  binding: NonNullable<PointProfile['modbus']>,
  path: DocumentPath,
): Generator<Finding> {
  const span = { ...registerSpan(binding), table: binding.table }
  const forbidding = modbus?.mustNotRead?.findIndex((range) => overlap(range, span)) ?? -1
  if (forbidding < 0) return
  const message = `${rangeText(span)} would be read back, which modbus.mustNotRead[${forbidding}] forbids; confirm it otherwise`
  yield { path, message }
}

function* checkPoint({ profile, command, confirm }: Confirming<'point'>, path: DocumentPath): Generator<Finding> {
  const point = pointOf(profile, confirm.point)
  if (point === undefined) yield { path: [...path, 'point'], message: unknownPoint(profile, confirm.point) }
  else if (point.type === 'text') {
    yield { path: [...path, 'point'], message: `"${point.id}" is a text and no number to be compared with the value` }
  }
  if (confirm.shows === undefined && command.value === undefined && command.argument === undefined) {
    yield { path, message: 'missing key "shows": the command has no value that the point could show' }
  }
}

function* checkMessage({ profile, command, confirm }: Confirming<'message'>, path: DocumentPath): Generator<Finding> {
  const problem = confirm.topic === undefined ? null : commandTopicProblem(profile, confirm.topic)
  if (problem !== null) yield { path: [...path, 'topic'], message: problem }
  const hasValue = command.value !== undefined || command.argument !== undefined
  for (const key of ['where', 'refusedWhere'] as const) {
    for (const [i, { equals }] of (confirm[key] ?? []).entries()) {
      if (hasValue || !JSON.stringify(equals)?.includes('{value}')) continue
      yield { path: [...path, key, i, 'equals'], message: 'the command has no value for {value}' }
    }
  }
}
