/** Commands to devices in the words of the API. */
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import type { Device } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { GatewayConfig } from '../config/config.ts'
import { withinOf } from '../control/carry.ts'
import type { Control } from '../control/control.ts'
import { maxAgeOf } from '../control/interlock.ts'
import type { CommandDescription, CommandsView, InterlockView } from '../http/command-view.ts'
import type { Journal } from '../journal/journal-types.ts'

/** Proxies and people give up after half a minute; what takes longer is asked for by its id. */
const WAIT_MS = 20_000

export interface CommandViewParts {
  readonly control: Control
  readonly journal: Pick<Journal, 'commandEvents'>
  config(): Pick<GatewayConfig, 'devices'>
}

export function createCommandsView({ control, journal, config }: CommandViewParts): CommandsView {
  return {
    of(id) {
      const device = config().devices.find((candidate) => candidate.id === id)
      if (device === undefined) return undefined
      const commands = (device.profile.commands ?? []).map((command) => descriptionOf(command, device))
      return { device: id, commands, open: control.open(id) }
    },
    send: (wish) => control.request({ ...wish, via: 'http' }, { waitMs: WAIT_MS }),
    command: (id) => control.get(id),
    cancel: (id, by) => control.cancel(id, by),
    async events(after, limit) {
      const events = await journal.commandEvents(after, limit)
      return { events, lastSeq: control.lastSeq }
    },
  }
}

function descriptionOf(command: CommandProfile, device: Device): CommandDescription {
  const { id, name, note, expiresAfter, revert } = command
  return {
    id,
    name,
    note: note ?? null,
    argument: argumentOf(command),
    interlocks: (command.interlock ?? []).map((interlock) => interlockOf(interlock, device)),
    confirmation: confirmationOf(command),
    expiry:
      expiresAfter === undefined || revert === undefined ? null : { afterMs: parseDuration(expiresAfter), revert },
  }
}

function argumentOf({ argument }: CommandProfile): CommandDescription['argument'] {
  if (argument === undefined) return null
  const { name, unit, range, states, decimals } = argument
  return { name: name ?? null, unit, range: range ?? null, states: states ?? null, decimals: decimals ?? 0 }
}

function interlockOf(interlock: NonNullable<CommandProfile['interlock']>[number], device: Device): InterlockView {
  const { point, is, isNot, above, below, because } = interlock
  const profile = device.profile.points.find(({ id }) => id === point)
  return {
    point: `${device.id}.${point}`,
    pointName: profile?.name ?? { zh: point, en: point },
    ...{ is: is ?? null, isNot: isNot ?? null, above: above ?? null, below: below ?? null },
    maxAgeMs: maxAgeOf(interlock, device),
    because,
  }
}

function confirmationOf(command: CommandProfile): CommandDescription['confirmation'] {
  const { confirm } = command
  if (confirm?.type === 'none') return { type: 'none', withinMs: null, because: confirm.because }
  return { type: confirm?.type ?? 'read-back', withinMs: withinOf(command), because: null }
}
