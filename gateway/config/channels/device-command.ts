import { type Static, Type } from 'typebox'
import { Id } from '../../../device-profiles/base-schema.ts'
import { commandValue } from '../../../device-profiles/command-value.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { strict } from '../common-schema.ts'
import { knownNames } from '../known-names.ts'
import type { Report } from '../report.ts'
import { channelKeys } from './channel-keys.ts'

const Action = Type.Object(
  {
    /** Id of a command in the profile of the device. */
    command: Id,
    /** Of a command that takes a value. */
    value: Type.Optional(Type.Number()),
    /** In place of value, by how grave the alarm is. */
    values: Type.Optional(
      Type.Object(
        {
          red: Type.Optional(Type.Number()),
          orange: Type.Optional(Type.Number()),
          yellow: Type.Optional(Type.Number()),
          blue: Type.Optional(Type.Number()),
        },
        strict,
      ),
    ),
  },
  strict,
)

/** A siren or a display that calls. */
export const DeviceCommandChannelSection = Type.Object(
  {
    ...channelKeys,
    type: Type.Literal('device-command'),
    device: Id,
    /** While somebody must act. */
    on: Action,
    /** When nobody needs to; nothing is sent if absent. */
    off: Type.Optional(Action),
    /** Whether drills and tests of points move the device too; false if absent. */
    exercises: Type.Optional(Type.Boolean()),
  },
  strict,
)

type Section = Static<typeof DeviceCommandChannelSection>

/** `devices`: as they are resolved; what a device with problems of its own can do is not known. */
export function checkDeviceCommandChannel(
  section: Section,
  {
    devices,
    ids,
    report,
  }: { readonly devices: readonly Device[]; readonly ids: readonly string[]; readonly report: Report },
): void {
  if (!ids.includes(section.device)) {
    report(
      ['device'],
      `expected the id of a device, got "${section.device}"${knownNames('devices', { name: section.device, names: ids })}`,
    )
  }
  const device = devices.find(({ id }) => id === section.device)
  if (device === undefined) return
  for (const key of ['on', 'off'] as const) {
    const action = section[key]
    if (action !== undefined)
      checkAction(action, { device, report: (path, message) => report([key, ...path], message) })
  }
}

function checkAction(
  { command: name, value, values = {} }: Section['on'],
  { device, report }: { readonly device: Device; readonly report: Report },
): void {
  const commands = device.profile.commands ?? []
  const command = commands.find(({ id }) => id === name)
  if (command === undefined) {
    const names = commands.map(({ id }) => id)
    const known = names.length === 0 ? '; it takes none' : knownNames('commands', { name, names })
    report(['command'], `expected a command of "${device.profile.id}", got "${name}"${known}`)
    return
  }
  for (const [colour, given] of Object.entries(values)) {
    const said = commandValue(command, given)
    if ('problem' in said) report(['values', colour], said.problem.en)
  }
  // With a value for each colour none is left over.
  if (value === undefined && Object.keys(values).length === 4) return
  const said = commandValue(command, value ?? null)
  if ('problem' in said) report([...(value === undefined ? [] : ['value'])], said.problem.en)
}
