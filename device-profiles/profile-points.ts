/** The points of a profile by their ids, and what is said where there is none. */
import type { CommandProfile } from './command-schema.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import { suggestion } from './suggestion.ts'

export function pointOf(profile: DeviceProfile, id: string): PointProfile | undefined {
  return profile.points.find((point) => point.id === id)
}

export function unknownPoint(profile: DeviceProfile, id: string): string {
  const ids = profile.points.map((point) => point.id)
  return `unknown point "${id}"; there are ${ids.join(', ')}${suggestion(id, ids)}`
}

export function noRegister(profile: DeviceProfile, id: string): string {
  const point = pointOf(profile, id)
  return point === undefined ? unknownPoint(profile, id) : `"${id}" is derived and has no register`
}

/** The checks of a place on the wire are made for points. */
export function pseudoPoint(command: CommandProfile, modbus: NonNullable<PointProfile['modbus']>): PointProfile {
  return { id: command.id, name: command.name, unit: command.argument?.unit ?? '1', type: 'number', modbus }
}
