/** What must be so before a story begins, or its verdict would say nothing: the gateway knows its devices and hears them. */
import { setTimeout as delay } from 'node:timers/promises'
import { suggestion } from '../../device-profiles/suggestion.ts'
import { faultAt, lineFaultAt, type Scenario } from '../scenario.ts'
import type { GatewayClient } from './gateway-client.ts'
import { GatewayError } from './gateway-error.ts'
import { listOf, numberOf, readAlarm, record, type ToldAlarm, textOf } from './told-event.ts'

export interface Ground {
  /** Number of the last alarm event before the story. */
  readonly lastSeq: number
  /** Active already. */
  readonly before: readonly ToldAlarm[]
  /** Ids of the devices and groups in which nothing else may happen. */
  readonly judged: ReadonlySet<string>
}

interface PreflightOptions {
  readonly client: GatewayClient
  readonly scenario: Scenario
  /** On the clock of the gateway: what was heard before is of another run. */
  readonly since: number
  /** Why nothing more is to be awaited; null: go on. */
  readonly ending: () => string | null
}

const HEARD_WITHIN_MS = 60_000
/** Faults of the start, of devices that the gateway asked before they were there. */
const QUIET_WITHIN_MS = 30_000
const POLL_MS = 200

/** Throws a GatewayError for devices that the gateway does not know, or does not hear. */
export async function preflight(options: PreflightOptions): Promise<Ground> {
  const judged = await judgedDevices(options)
  await heard(options)
  const deadline = performance.now() + QUIET_WITHIN_MS
  for (;;) {
    const ground = { ...(await openAlarms(options.client, judged)), judged }
    if (ground.before.length === 0 || performance.now() > deadline) return ground
    await pause(options)
  }
}

/** The clock of the gateway, ms since 1970. */
export async function gatewayNow(client: GatewayClient): Promise<number> {
  return numberOf(await client.get('/api/alarms?open=true'), 'now')
}

async function openAlarms(client: GatewayClient, judged: ReadonlySet<string>): Promise<Omit<Ground, 'judged'>> {
  const answer = await client.get('/api/alarms?open=true')
  const alarms = listOf(answer, 'alarms').map(readAlarm)
  const before = alarms.filter(({ active, device }) => active && judged.has(device))
  return { lastSeq: numberOf(answer, 'lastSeq'), before }
}

async function judgedDevices({ client, scenario }: PreflightOptions): Promise<ReadonlySet<string>> {
  const devices = listOf(await client.get('/api/devices'), 'devices').map((value) => record(value, 'a device'))
  const known = new Set(devices.map((device) => textOf(device, 'id')))
  const expected = (scenario.expect?.alarms ?? []).flatMap(({ pick }) => pick.device ?? [])
  const unknown = [...new Set([...scenario.devices.keys(), ...expected])].filter((id) => !known.has(id))
  if (unknown.length > 0) {
    const names = unknown.map((id) => `"${id}"${suggestion(id, known)}`).join(', ')
    throw new GatewayError(`${client.url} has no device or group ${names}`)
  }
  const groups = devices.flatMap(({ id, members }) =>
    Array.isArray(members) && members.some((member) => scenario.devices.has(String(member))) ? [String(id)] : [],
  )
  return new Set([...scenario.devices.keys(), ...groups, ...expected])
}

async function heard(options: PreflightOptions): Promise<void> {
  const { client, scenario, since } = options
  const deadline = performance.now() + HEARD_WITHIN_MS
  for (;;) {
    const devices = listOf(await client.get('/api/devices'), 'devices').map((value) => record(value, 'a device'))
    const silent = devices.filter(
      ({ id, state, lastHeardAt }) =>
        isToSpeak(scenario, String(id)) && !(state === 'ok' && typeof lastHeardAt === 'number' && lastHeardAt >= since),
    )
    if (silent.length === 0) return
    if (performance.now() > deadline) {
      const names = silent.map(({ id, state, detail }) => `${id} (${state}${detail ? `: ${detail}` : ''})`)
      throw new GatewayError(`the gateway did not hear within ${HEARD_WITHIN_MS / 1000} s: ${names.join(', ')}`)
    }
    await pause(options)
  }
}

/** What has a fault from the first moment on cannot be awaited. */
function isToSpeak(scenario: Scenario, id: string): boolean {
  const device = scenario.devices.get(id)
  if (device === undefined || device.tracks.size === 0 || faultAt(scenario, { device: id, seconds: 0 }) !== null)
    return false
  const { connection } = device
  return connection.type === 'mqtt' || lineFaultAt(scenario, { line: connection.line, seconds: 0 }) === null
}

async function pause({ ending }: PreflightOptions): Promise<void> {
  await delay(POLL_MS)
  const why = ending()
  if (why !== null) throw new GatewayError(why)
}
