/** Where commands to one device go, and which of its commands there are. */
import type { RegisterRange } from '../../device-profiles/binding-schema.ts'
import { writtenBinding } from '../../device-profiles/codec/command-write.ts'
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import type { Device } from '../../device-profiles/device.ts'

export interface ModbusRoute {
  readonly type: 'modbus'
  /** Id of the line. */
  readonly line: string
  readonly unitId: number
  /** Registers that no read may touch, beside those of the profile. */
  readonly mustNotRead: readonly RegisterRange[]
}

export interface MqttRoute {
  readonly type: 'mqtt'
  /** `embedded`, or the id of an outside broker. */
  readonly broker: string
  /** The device's own part of its topics. */
  readonly address: string
}

export interface ControlTarget {
  readonly device: Device
  readonly route: ModbusRoute | MqttRoute
}

export function commandsOf({ device }: ControlTarget): readonly CommandProfile[] {
  return device.profile.commands ?? []
}

export function commandNamed(target: ControlTarget, name: string): CommandProfile | undefined {
  return commandsOf(target).find(({ id }) => id === name)
}

/** What a command changes: two commands with one key overrule each other. */
export function targetKey({ device }: ControlTarget, command: CommandProfile): string {
  const binding = writtenBinding(device.profile, command)
  if (binding !== undefined) return `${device.id} ${binding.table} ${binding.address}`
  const { topic = '', json, text, bytes } = command.mqtt ?? {}
  const { fPort, bytes: downlink } = command.lorawan ?? {}
  return `${device.id} ${fPort ?? topic} ${JSON.stringify(json ?? text ?? (bytes ?? downlink)?.hex)}`
}
