/** Commands to devices, in lines for a terminal. */
import { wantedText } from '../../device-profiles/command-value.ts'
import type { DeviceCommand } from '../device-command.ts'
import type { CommandDescription, DeviceCommandsView } from '../http/command-view.ts'

/** What a device can be told, and what is open. */
export function commandsText({ device, commands, open }: DeviceCommandsView): string {
  if (commands.length === 0) return `${device} can be told nothing: its device profile has no commands\n`
  const described = commands.flatMap((command) => [...describe(command)])
  const waiting = open.map((command) => `  ${endText(command)}`)
  return `${[...described, ...(waiting.length > 0 ? ['', 'open:', ...waiting] : [])].join('\n')}\n`
}

function* describe({ id, name, note, argument, ...more }: CommandDescription): Generator<string> {
  const value = argument === null ? '' : ` VALUE`
  yield `${id}${value}    ${name.en} (${name.zh})`
  if (note !== null) yield `    ${note.en}`
  if (argument !== null) yield `    VALUE: ${wantedText(argumentOf(argument)).en}`
  for (const { pointName, because } of more.interlocks)
    yield `    only where "${pointName.en}" allows it: ${because.en}`
  const { type, withinMs, because } = more.confirmation
  if (type === 'none') yield `    cannot be confirmed, so it counts as failed: ${because?.en}`
  else yield `    confirmed by ${CONFIRMED_BY[type]} within ${seconds(withinMs ?? 0)}`
  if (more.expiry !== null) yield `    after ${seconds(more.expiry.afterMs)} it is reverted to ${more.expiry.revert}`
}

const CONFIRMED_BY = {
  'read-back': 'what is read back',
  point: "a point of the device's own messages",
  message: 'a message of the device',
} as const

function argumentOf({ unit, range, states, decimals }: NonNullable<CommandDescription['argument']>) {
  return {
    ...{ unit, decimals },
    ...(range !== null && { range: [range[0], range[1]] as [number, number] }),
    ...(states !== null && { states }),
  }
}

/** What became of one command, in one line. */
export function endText(command: DeviceCommand): string {
  const { device, name, value, unit, state, reason, revert, id } = command
  const what = `${device} ${name}${value === null ? '' : ` ${value}${unit === '1' ? '' : ` ${unit}`}`}`
  const end = reason === null ? state : `${state}: ${reason.text.en}`
  return `${what}: ${end}${revert === null ? '' : `; ${revertText(revert)}`} [${id}]`
}

function revertText({ state, value, dueAt, reason }: NonNullable<DeviceCommand['revert']>): string {
  switch (state) {
    case 'waiting':
      return `is reverted to ${value} at ${new Date(dueAt).toISOString()}`
    case 'reverting':
      return `is being reverted to ${value}`
    case 'reverted':
      return `was reverted to ${value}`
    case 'failing':
    case 'failed':
      return `cannot be reverted to ${value}: ${reason?.text.en}`
    case 'taken-over':
      return 'a later command took over'
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
