/** What the commands of a device profile can say wrong although they have the right form. */
import { checkModbus } from './binding-checks.ts'
import { encodeCommandMessage } from './codec/command-message.ts'
import { encodeWrite, readBackOf, writtenBinding } from './codec/command-write.ts'
import { registerCount, registerMask } from './codec/registers.ts'
import type { CommandProfile, Interlock } from './command-schema.ts'
import { extremeValues } from './command-value.ts'
import { checkConfirmation } from './confirmation-checks.ts'
import { parseDuration } from './duration.ts'
import type { Finding } from './finding.ts'
import { checkLorawanSend, checkSend } from './message-checks.ts'
import { noRegister, pointOf, pseudoPoint, unknownPoint } from './profile-points.ts'
import type { DeviceProfile } from './schema.ts'
import type { DocumentPath } from './yaml-document.ts'

export function* checkCommands(profile: DeviceProfile): Generator<Finding> {
  const seen = new Set<string>()
  for (const [i, command] of (profile.commands ?? []).entries()) {
    const path = ['commands', i]
    if (seen.has(command.id)) yield { path: [...path, 'id'], message: `command "${command.id}" is given twice` }
    seen.add(command.id)
    const found = [...checkCommand(profile, command, path)]
    yield* found
    // What is wrong already would only be said again in other words.
    if (found.length === 0) yield* checkValues(profile, command, path)
  }
}

function* checkCommand(profile: DeviceProfile, command: CommandProfile, path: DocumentPath): Generator<Finding> {
  const { protocol } = profile
  const needed = wayOf(profile)
  for (const key of WAYS) {
    if (needed === key && command[key] === undefined) {
      yield { path, message: `command "${command.id}" is missing key "${key}": ${wayText(profile)}` }
    } else if (needed !== key && command[key] !== undefined) {
      yield { path: [...path, key], message: `${wayText(profile)}, so "${key}" is not used; remove it` }
    }
  }
  yield* checkArgument(command, path)
  for (const [i, interlock] of (command.interlock ?? []).entries()) {
    yield* checkInterlock(profile, interlock, [...path, 'interlock', i])
  }
  yield* checkExpiry(command, path)
  if (protocol === 'modbus' && command.modbus !== undefined) yield* checkWrite(profile, command, [...path, 'modbus'])
  if (needed === 'mqtt' && command.mqtt !== undefined) yield* checkSend(profile, command, [...path, 'mqtt'])
  if (needed === 'lorawan' && command.lorawan !== undefined) yield* checkLorawanSend(command, [...path, 'lorawan'])
  yield* checkConfirmation(profile, command, path)
}

const WAYS = ['modbus', 'mqtt', 'lorawan'] as const

/** By which of its keys a command of this model is sent. */
function wayOf({ protocol, mqtt }: DeviceProfile): (typeof WAYS)[number] | null {
  if (protocol === 'self') return null
  return protocol === 'mqtt' && mqtt?.through === 'lorawan' ? 'lorawan' : protocol
}

function wayText(profile: DeviceProfile): string {
  return wayOf(profile) === 'lorawan' ? 'it is reached through lorawan' : `the protocol is ${profile.protocol}`
}

function* checkArgument({ value, argument }: CommandProfile, path: DocumentPath): Generator<Finding> {
  if (argument === undefined) return
  const at = [...path, 'argument']
  if (value !== undefined) yield { path: at, message: 'expected at most one of "value" and "argument"' }
  const { range, states } = argument
  if ((range === undefined) === (states === undefined)) {
    yield { path: at, message: 'expected exactly one of "range" and "states", so that it is known what may be sent' }
  }
  if (range !== undefined && range[0] >= range[1]) {
    yield { path: [...at, 'range'], message: `expected [lowest, highest], got [${range.join(', ')}]` }
  }
}

const TESTS = ['is', 'isNot', 'above', 'below'] as const

function* checkInterlock(profile: DeviceProfile, interlock: Interlock, path: DocumentPath): Generator<Finding> {
  const given = TESTS.filter((key) => interlock[key] !== undefined)
  if (given.length !== 1) {
    yield { path, message: `expected exactly one of ${TESTS.map((key) => `"${key}"`).join(', ')}` }
  }
  const point = pointOf(profile, interlock.point)
  if (point === undefined) {
    yield { path: [...path, 'point'], message: unknownPoint(profile, interlock.point) }
    return
  }
  const isNumber = point.type === 'number'
  if (point.type === 'text') yield { path: [...path, 'point'], message: `"${point.id}" is a text and locks nothing` }
  for (const key of ['above', 'below'] as const) {
    if (interlock[key] === undefined || isNumber) continue
    yield { path: [...path, key], message: `"${point.id}" is of type ${point.type}; say which codes: "is" or "isNot"` }
  }
  for (const key of ['is', 'isNot'] as const) {
    for (const [i, code] of (interlock[key] ?? []).entries()) {
      if (point.states === undefined || Object.hasOwn(point.states, String(code))) continue
      const message = `"${point.id}" has no state ${code}; it has ${Object.keys(point.states).join(', ')}`
      yield { path: [...path, key, i], message }
    }
  }
}

function* checkExpiry({ expiresAfter, revert, confirm }: CommandProfile, path: DocumentPath): Generator<Finding> {
  if ((expiresAfter === undefined) !== (revert === undefined)) {
    yield { path, message: 'expected "expiresAfter" and "revert" together: when, and to what' }
  } else if (expiresAfter !== undefined && confirm?.type === 'none') {
    yield {
      path: [...path, 'revert'],
      message: 'nothing would show whether the revert was done; say how it is confirmed',
    }
  } else if (expiresAfter !== undefined && parseDuration(expiresAfter) < 1000) {
    yield { path: [...path, 'expiresAfter'], message: `expected at least 1s, got ${expiresAfter}` }
  }
}

/** A command writes all of its registers: what shares them with something else would be overwritten unseen. */
function* checkWrite(profile: DeviceProfile, command: CommandProfile, path: DocumentPath): Generator<Finding> {
  const { point, register, function: chosen } = command.modbus ?? {}
  if ((point === undefined) === (register === undefined)) {
    yield { path, message: 'expected exactly one of "point" and "register"' }
    return
  }
  if (command.value === undefined && command.argument === undefined) {
    yield { path: path.slice(0, -1), message: `missing key "value" or "argument": what "${command.id}" writes` }
  }
  const binding = writtenBinding(profile, command)
  const at = [...path, point === undefined ? 'register' : 'point']
  if (binding === undefined) {
    yield { path: at, message: point === undefined ? 'a register is missing' : noRegister(profile, point) }
    return
  }
  if (register !== undefined) yield* checkModbus(profile, pseudoPoint(command, register), at)
  if (binding.table !== 'coil' && binding.table !== 'holding-register') {
    yield { path: at, message: `expected a coil or a holding-register, which can be written, got ${binding.table}` }
  } else if (binding.type === 'string' || binding.map !== undefined) {
    yield { path: at, message: 'a command writes a number: no "type: string" and no "map"' }
  } else if (binding.scaleFactor !== undefined) {
    const message = 'the scale factor is the device\'s to choose, so nobody knows which number to write; use "scale"'
    yield { path: at, message }
  } else if (binding.table === 'holding-register' && registerMask(binding).some((mask) => mask !== 0xffff)) {
    const message = `${binding.type} is a part of its register, whose other bits would be overwritten; write the whole register`
    yield { path: at, message }
  } else if (chosen === 'single' && registerCount(binding) > 1) {
    const message = `${binding.type} takes ${registerCount(binding)} registers, which need "multiple" (function code 16)`
    yield { path: [...path, 'function'], message }
  }
}

/** Whatever the command allows must be possible to send and to recognise. */
function* checkValues(profile: DeviceProfile, command: CommandProfile, path: DocumentPath): Generator<Finding> {
  const parameters = placeholderParameters(profile)
  for (const value of command.modbus === undefined ? valuesOrNone(command) : extremeValues(command)) {
    try {
      if (command.modbus !== undefined && value !== null) tryRegisters({ profile, command, parameters, value })
      if (command.modbus !== undefined) continue
      const places = { value, address: 'address', id: 'id', parameters }
      encodeCommandMessage(command, { ...places, levels: new Array<string>(100).fill('level') })
    } catch (error) {
      const message = `cannot be sent for ${value ?? 'no value'}: ${error instanceof Error ? error.message : String(error)}`
      yield { path, message: `command "${command.id}" ${message}` }
      return
    }
  }
}

function valuesOrNone(command: CommandProfile): readonly (number | null)[] {
  const values = extremeValues(command)
  return values.length === 0 ? [null] : values
}

function tryRegisters(sending: {
  readonly profile: DeviceProfile
  readonly command: CommandProfile
  readonly parameters: Readonly<Record<string, number>>
  readonly value: number
}): void {
  const { command } = sending
  const { words } = encodeWrite(command, sending)
  // Decoding anything tells whether the expected value can stand there.
  const readBack = readBackOf(command, sending)
  readBack?.judge(new Array<number>(Math.max(readBack.count, words.length)).fill(0))
}

function placeholderParameters(profile: DeviceProfile): Readonly<Record<string, number>> {
  const all = Object.entries(profile.parameters ?? {})
  return Object.fromEntries(all.map(([id, { default: standard, range }]) => [id, standard ?? (range?.[1] || 1)]))
}
