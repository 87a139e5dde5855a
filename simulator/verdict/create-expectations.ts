/** From the `expect` and `gateway` of a scenario file to what is judged, with everything that is wrong about them. */
import type { Device, Rule } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { resolveGroup } from '../../device-profiles/group.ts'
import { resolveDevice } from '../../device-profiles/resolve.ts'
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { StationLine } from '../modbus/station.ts'
import type { SimulatedDevice } from '../scenario.ts'
import type { Profiles } from '../scenario-devices.ts'
import type { Report } from '../scenario-report.ts'
import type { ExpectationEntry, ExpectSection, GatewaySection } from './expect-schema.ts'
import type { Expectation, Expectations, GatewaySetup } from './expectation.ts'

export interface ExpectSurroundings {
  readonly profiles: Profiles
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  /** Devices that are in the file but could not be made; what is wrong with them is said already. */
  readonly unmade: ReadonlySet<string>
  readonly lines: ReadonlyMap<string, StationLine>
  readonly durationSeconds: number
  readonly repeatEverySeconds: number | null
  readonly report: Report
}

interface Known extends ExpectSurroundings {
  /** By device and group, where they are known. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>
  /** A configuration file may have groups that the scenario does not know. */
  readonly hasFile: boolean
}

/** The longest that anything can be awaited. */
const LONGEST_MS = 86_400_000

export function createGatewaySetup(section: GatewaySection | undefined): GatewaySetup {
  if (typeof section === 'string') return { type: 'file', path: section }
  return { type: 'generated', additions: section ?? {} }
}

/** Checks what is added to the generated configuration too, so that its problems stand at their lines of the scenario. */
export function createExpectations(
  { expect, gateway }: { readonly expect?: ExpectSection; readonly gateway?: GatewaySection },
  surroundings: ExpectSurroundings,
): Expectations | null {
  const additions = typeof gateway === 'object' ? gateway : {}
  checkNames(additions, surroundings)
  const devices = gatewayDevices(additions, surroundings)
  const rules = new Map([...devices, ...gatewayGroups(additions, { ...surroundings, resolved: devices })].map(ruleList))
  if (expect === undefined) return null
  const { report, repeatEverySeconds, durationSeconds } = surroundings
  const known: Known = { ...surroundings, rules, hasFile: typeof gateway === 'string' }
  const entries = expect.alarms ?? []
  if (entries.length === 0 && expect.nothingElse !== true) {
    report(['expect'], 'nothing is expected here; add "alarms", or "nothingElse: true"')
  }
  const untilSeconds = expect.until === undefined ? durationSeconds : parseDuration(expect.until) / 1000
  if (repeatEverySeconds !== null && untilSeconds > repeatEverySeconds) {
    const when = `at ${untilSeconds} s the story has begun anew already; "repeatEvery" is ${repeatEverySeconds} s`
    report(['expect', 'until'], when)
  }
  const alarms = entries.map((entry, i) => {
    const at: Report = (path, message, options) => report(['expect', 'alarms', i, ...path], message, options)
    checkForm(entry, { ...known, report: at })
    checkAlarm(entry, { ...known, report: at })
    return expectationOf(entry)
  })
  return { alarms, nothingElse: expect.nothingElse ?? false, untilSeconds, maxSpeed: expect.maxSpeed ?? 1 }
}

function expectationOf(entry: ExpectationEntry): Expectation {
  const { at = '0s', within = '0s', returned, stays, state, never, ...pick } = entry
  if (never === true) return { pick, outcome: { type: 'never' } }
  const window = (from: string, span: string) => ({ atSeconds: seconds(from), withinMs: parseDuration(span) })
  return {
    pick,
    outcome: {
      type: 'raised',
      raised: window(at, within),
      returned: returned === undefined ? null : window(returned.at, returned.within),
      staysActive: stays === true,
      state: state ?? null,
    },
  }
}

const PICKS = ['device', 'rule', 'kind', 'class'] as const
const OUTCOMES = ['at', 'within', 'returned', 'stays', 'state'] as const

function checkForm(entry: ExpectationEntry, { repeatEverySeconds, report }: Known): void {
  if (PICKS.every((key) => entry[key] === undefined)) report([], 'say which alarm: "device", "rule", "kind" or "class"')
  if (entry.never === true) {
    for (const key of OUTCOMES) {
      if (entry[key] !== undefined) report([key], `what is "never" has no "${key}"; remove one of them`)
    }
    return
  }
  if (entry.within === undefined) report([], 'say how long the gateway may take: "within"')
  for (const [path, text] of [
    [['within'], entry.within],
    [['returned', 'within'], entry.returned?.within],
  ] as const) {
    if (text !== undefined && parseDuration(text) > LONGEST_MS) report(path, `expected at most 1d, got ${text}`)
  }
  if (entry.returned !== undefined && entry.stays === true)
    report(['stays'], 'an alarm cannot both return and stay; remove one of them')
  if (entry.returned !== undefined && seconds(entry.returned.at) < seconds(entry.at ?? '0s')) {
    report(['returned', 'at'], `returns at ${entry.returned.at}, before it is raised (${entry.at})`)
  }
  for (const [path, at] of [
    [['at'], entry.at],
    [['returned', 'at'], entry.returned?.at],
  ] as const) {
    if (at === undefined || repeatEverySeconds === null || seconds(at) < repeatEverySeconds) continue
    report(path, `at ${seconds(at)} s the story has begun anew already; "repeatEvery" is ${repeatEverySeconds} s`)
  }
}

/** Names that could never be met. */
function checkAlarm({ device, rule, kind, level }: ExpectationEntry, known: Known): void {
  const { rules, devices, unmade, lines, hasFile, profiles, report } = known
  if (kind !== undefined && kind !== 'group' && !profiles.kinds.has(kind)) {
    report(['kind'], `there is no kind "${kind}"${listed(kind, [...profiles.kinds.keys(), 'group'])}`)
  }
  const health = [...lines.keys()].map((id) => `line-${id}`)
  if (device !== undefined && !rules.has(device)) {
    const names = [...new Set([...devices.keys(), ...unmade, ...rules.keys(), ...health])]
    if (!hasFile && !names.includes(device)) {
      report(['device'], `there is no device or group "${device}"${listed(device, names)}`)
    }
    return
  }
  if (rule === undefined || (device === undefined && (hasFile || unmade.size > 0))) return
  const candidates = device === undefined ? [...rules.values()].flat() : (rules.get(device) ?? [])
  const found = candidates.filter(({ id }) => id === rule)
  const owner = device === undefined ? 'no device here has' : `"${device}" has no`
  if (found.length === 0) {
    const names = [...new Set(candidates.map(({ id }) => id))]
    report(['rule'], `${owner} ${device === undefined ? 'a ' : ''}rule "${rule}"${listed(rule, names)}`)
    return
  }
  const levels = [
    ...new Set(found.flatMap((each) => (each.type === 'limit' ? each.levels.map((one) => one.level) : []))),
  ]
  // How a group votes is a level too, and cannot be known beforehand.
  if (level === undefined || found.some(({ type }) => type === 'vote-degraded') || levels.some((one) => one === level))
    return
  const has = levels.length === 0 ? 'it has none; remove "level"' : `it has ${levels.join(', ')}`
  report(['level'], `rule "${rule}" has no level "${level}"${suggestion(level, levels) || `; ${has}`}`)
}

function listed(word: string, words: readonly string[]): string {
  return suggestion(word, words) || `; expected one of ${words.join(', ')}`
}

function checkNames(
  { devices = {}, lines = {} }: Exclude<GatewaySection, string>,
  { devices: made, unmade, lines: stations, report }: ExpectSurroundings,
): void {
  for (const id of Object.keys(devices)) {
    if (made.has(id) || unmade.has(id)) continue
    report(['gateway', 'devices', id], `there is no device "${id}"${suggestion(id, made.keys())}`, { at: 'key' })
  }
  for (const id of Object.keys(lines)) {
    if (!stations.has(id))
      report(['gateway', 'lines', id], `there is no line "${id}"${suggestion(id, stations.keys())}`, { at: 'key' })
  }
}

function gatewayDevices(
  additions: Exclude<GatewaySection, string>,
  { devices, profiles, report }: ExpectSurroundings,
): ReadonlyMap<string, Device> {
  const resolved = new Map<string, Device>()
  for (const { id, profile, parameters, connection } of devices.values()) {
    const { rules, interval, pollInterval } = additions.devices?.[id] ?? {}
    const own = interval ?? pollInterval
    const spoken = connection.type === 'mqtt' ? connection.intervalMs : undefined
    const intervalMs = own === undefined ? spoken : parseDuration(own)
    // Schedules are told apart by the gateway; here only what alarms there are is asked.
    const place = { station: 'scenario', name: id, place: id }
    const installation = { id, ...place, profile: profile.id, parameters, rules, intervalMs }
    const resolution = resolveDevice(installation, profiles)
    if ('device' in resolution) resolved.set(id, resolution.device)
    else if (additions.schedules === undefined) {
      for (const { path, message } of resolution.problems) {
        if (path.startsWith('rules')) report(['gateway', 'devices', id, ...path.split('.')], message)
      }
    }
  }
  return resolved
}

function gatewayGroups(
  { groups = [], schedules }: Exclude<GatewaySection, string>,
  { resolved, unmade, report }: ExpectSurroundings & { readonly resolved: ReadonlyMap<string, Device> },
): ReadonlyMap<string, Device> {
  // A problem with a member or a named schedule would be said of the group again.
  const isWhole = unmade.size === 0 && schedules === undefined
  return new Map(
    groups.map((group, i) => {
      const at: Report = (path, message) => isWhole && report(['gateway', 'groups', i, ...path], message)
      return [group.id, resolveGroup(group, { station: 'scenario', language: 'en', devices: resolved, report: at })]
    }),
  )
}

function ruleList([id, { rules }]: readonly [string, Device]): readonly [string, readonly Rule[]] {
  return [id, rules]
}

function seconds(duration: string): number {
  return parseDuration(duration) / 1000
}
