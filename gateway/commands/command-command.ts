/** `outpost command`: tells a device of a running gateway to do something. */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type DeviceCommand, isUnderWay } from '../device-command.ts'
import type { DeviceCommandsView } from '../http/command-view.ts'
import { commandsText, endText } from './command-text.ts'
import { ApiFailure, GatewayApi, recordIn, refusalText } from './gateway-api.ts'
import { DEFAULT_GATEWAY, GATEWAY_OPTIONS, requireGateway } from './one-question.ts'
import { UsageError } from './usage-error.ts'

export const COMMAND_HELP = `outpost command: tell a device to do something, through the gateway that runs

  outpost command DEVICE                                      what it can be told
  outpost command DEVICE NAME [VALUE] --by PERSON [--comment TEXT] [--key KEY]

  --by PERSON      who wants it; it is recorded
  --comment TEXT   why
  --key KEY        what you call this wish: sent again, it is not carried out again
  --gateway URL    ${DEFAULT_GATEWAY} if absent
  --json           the record as JSON

A negative VALUE stands behind --, after all options: outpost command crack zero --by … -- -5
Where the gateway asks for a token, it is taken from the variable OUTPOST_TOKEN.
It waits until the device shows that it was done, however long its profile allows that to take. Ctrl-C ends only the waiting.
Exit codes: 0 confirmed, 1 the gateway cannot be asked or does not take it, 2 the command line is wrong, 3 it was not confirmed.
`

const LOOK_AGAIN_MS = 1000
const UNCONFIRMED = 3

interface Wanted {
  readonly device: string
  /** Null: only say what there is. */
  readonly name: string | null
  readonly wish: object
  readonly gateway: string
  readonly json: boolean
}

/** Gives the exit code. Throws where the command line is wrong. */
export async function commandCommand(args: readonly string[]): Promise<number> {
  const wanted = parse(args)
  if (wanted === null) {
    process.stdout.write(COMMAND_HELP)
    return 0
  }
  const api = new GatewayApi(wanted.gateway, process.env.OUTPOST_TOKEN)
  try {
    return wanted.name === null ? await list(api, wanted) : await send(api, { ...wanted, name: wanted.name })
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    process.stderr.write(`outpost command: ${error.message}\n`)
    return 1
  }
}

async function list(api: GatewayApi, { device, json }: Wanted): Promise<number> {
  const answer = await api.ask(`/api/devices/${encodeURIComponent(device)}/commands`)
  if (answer.status !== 200) throw new ApiFailure(refusalText(answer))
  const view = answer.body as DeviceCommandsView
  process.stdout.write(json ? `${JSON.stringify(view, null, 2)}\n` : commandsText(view))
  return 0
}

async function send(
  api: GatewayApi,
  { device, name, wish, json }: Wanted & { readonly name: string },
): Promise<number> {
  const path = `/api/devices/${encodeURIComponent(device)}/commands/${encodeURIComponent(name)}`
  const answer = await api.ask(path, wish)
  const first = recordIn(answer)
  if (first === null) throw new ApiFailure(refusalText(answer))
  const record = isUnderWay(first) ? await ended(api, first) : first
  process.stdout.write(json ? `${JSON.stringify(record, null, 2)}\n` : `${endText(record)}\n`)
  return record.state === 'confirmed' ? 0 : UNCONFIRMED
}

async function ended(api: GatewayApi, first: DeviceCommand): Promise<DeviceCommand> {
  process.stderr.write(`${endText(first)}; waiting for its end\n`)
  for (let record = first; ; ) {
    if (!isUnderWay(record)) return record
    await setTimeout(LOOK_AGAIN_MS)
    const answer = await api.ask(`/api/commands/${record.id}`)
    if (answer.status !== 200) throw new ApiFailure(refusalText(answer))
    record = answer.body as DeviceCommand
  }
}

function parse(args: readonly string[]): Wanted | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...GATEWAY_OPTIONS,
      by: { type: 'string' },
      comment: { type: 'string' },
      key: { type: 'string' },
    },
  })
  if (values.help) return null
  const [device, name = null, value, ...more] = positionals
  if (device === undefined || more.length > 0) {
    throw new UsageError(`expected "outpost command DEVICE [NAME [VALUE]]", got ${positionals.length} words`)
  }
  const { by, comment, key, gateway, json } = values
  requireGateway(gateway)
  if (name !== null && (by === undefined || by.trim() === ''))
    throw new UsageError('--by is needed: it is recorded who wants it')
  const number = value === undefined ? {} : { value: numberOf(value) }
  const wish = { by, ...number, ...(comment !== undefined && { comment }), ...(key !== undefined && { key }) }
  return { device, name, wish, gateway, json }
}

function numberOf(text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return number
  throw new UsageError(`expected a number as VALUE, got "${text}"`)
}
