/** The devices of the configuration against their profiles. */
import type { Catalogue } from '../../device-profiles/catalogue.ts'
import type { Device } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { resolveGroup } from '../../device-profiles/group.ts'
import { pastTheLast, pointsIn, rangeText } from '../../device-profiles/must-not-read.ts'
import type { NetworkServer } from '../../device-profiles/payload-schema.ts'
import { type Installation, resolveDevice } from '../../device-profiles/resolve.ts'
import type { Timetable } from '../../device-profiles/scheduled-rules.ts'
import type { DeviceProfile } from '../../device-profiles/schema.ts'
import { foreignSetpointProblems } from '../../device-profiles/setpoints.ts'
import {
  channelDeviceId,
  childDeviceId,
  DISPATCH_DEVICE,
  lineDeviceId,
  type ResolvedDevices,
  sinkDeviceId,
} from './config.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile, DeviceSection } from './schema.ts'

/** The gateway, its sinks, its lines, gateways below, and dispatch with its channels are devices like others. */
export const SELF_PROFILES = {
  ...{ gateway: 'outpost-gateway', sink: 'outpost-sink', line: 'outpost-line', child: 'outpost-child' },
  ...{ channel: 'outpost-channel', dispatch: 'outpost-dispatch' },
} as const

/** Gives one device per section, in order; where one has problems they are reported and it is left out. */
export function resolveDevices(
  file: ConfigFile,
  { catalogue, report }: { readonly catalogue: Catalogue; readonly report: Report },
): ResolvedDevices {
  const whereabouts = whereaboutsOf(file)
  const devices = file.devices.flatMap((section, index) => {
    checkBinding(section, { catalogue, report: (key, message) => report(['devices', index, ...key], message) })
    const interval = section.pollInterval ?? section.interval
    return resolve(
      {
        id: section.id,
        name: section.name ?? section.id,
        ...whereabouts(section.place),
        profile: section.profile,
        parameters: section.parameters,
        rules: section.rules,
        store: section.store,
        intervalMs: interval === undefined ? undefined : parseDuration(interval),
        networkServer: networkServerOf(file, section),
        levels: section.levels,
        timetable: timetableOf(file),
      },
      { catalogue, report, at: ['devices', index] },
    )
  })
  checkSetpoints(devices, { file, report })
  return { devices, groups: groupDevices(file, { devices, report }), self: selfDevices(file, { catalogue, report }) }
}

function checkSetpoints(
  devices: readonly Device[],
  { file, report }: { readonly file: ConfigFile; readonly report: Report },
): void {
  // What a device with problems of its own has is not known.
  if (devices.length < file.devices.length) return
  const byId = new Map(devices.map((device) => [device.id, device]))
  for (const [index, device] of devices.entries()) {
    for (const { rule, message } of foreignSetpointProblems(device, byId)) {
      const own = file.devices[index]?.rules?.[rule] !== undefined
      report(['devices', index, ...(own ? ['rules', rule] : [])], `rule "${rule}": ${message}`)
    }
  }
}

function groupDevices(
  file: ConfigFile,
  { devices, report }: { readonly devices: readonly Device[]; readonly report: Report },
): readonly Device[] {
  const { station, gateway, devices: sections, groups = [] } = file
  // What its members' rules are is not known before they are sound.
  if (groups.length === 0 || devices.length < sections.length) return []
  const byId = new Map(devices.map((device) => [device.id, device]))
  const whereabouts = whereaboutsOf(file)
  return groups.map((group, index) => ({
    ...resolveGroup(group, {
      ...{ station: station.id, language: gateway.language ?? 'zh', devices: byId },
      timetable: timetableOf(file),
      report: (path, message) => report(['groups', index, ...path], message),
    }),
    ...whereabouts(group.place),
  }))
}

type Whereabouts = Pick<Device, 'station' | 'place' | 'placeId'>

/** A place of the list has a name for people, an id for machines and a station of its own. */
function whereaboutsOf({ station, places = [], gateway }: ConfigFile): (place: string) => Whereabouts {
  const known = new Map(places.map((place) => [place.id, place]))
  return (words) => {
    const place = known.get(words)
    if (place === undefined) return { station: station.id, place: words }
    return { station: place.station ?? station.id, place: place.name[gateway.language ?? 'zh'], placeId: place.id }
  }
}

/** The way from a sensor to us is the same for all that come over one broker connection. */
function networkServerOf({ broker, brokers = [] }: ConfigFile, section: DeviceSection): NetworkServer | undefined {
  if (section.broker === 'embedded') return broker?.networkServer
  return brokers.find(({ id }) => id === section.broker)?.networkServer
}

function resolve(
  installation: Installation,
  { catalogue, report, at }: { readonly catalogue: Catalogue; readonly report: Report; readonly at: ConfigPath },
): readonly Device[] {
  const resolution = resolveDevice(installation, catalogue)
  if ('device' in resolution) return [resolution.device]
  for (const { path, message } of resolution.problems) report([...at, ...documentPath(path)], message)
  return []
}

/** Schedules of a rule are a list. */
function documentPath(path: string): ConfigPath {
  const parts = path.split('.')
  return parts.map((part, i) => (parts[i - 1] === 'scheduled' ? Number(part) : part))
}

function timetableOf({ station, schedules }: ConfigFile): Timetable {
  return { timeZone: station.timeZone, schedules }
}

/** What the protocol of the profile asks of the section, and what has no place in it. */
function checkBinding(
  section: DeviceSection,
  { catalogue, report }: { readonly catalogue: Catalogue; readonly report: Report },
): void {
  const profile = catalogue.profiles.get(section.profile)
  if (profile === undefined) return
  const { protocol } = profile
  if (protocol === 'self') {
    report(
      ['profile'],
      `expected the profile of a field device, got "${section.profile}", which Outpost uses for itself`,
    )
    return
  }
  const wanted = protocol === 'modbus' ? (['line', 'unitId'] as const) : (['broker', 'address'] as const)
  const foreign =
    protocol === 'modbus'
      ? (['broker', 'address', 'interval', 'levels'] as const)
      : (['line', 'unitId', 'pollInterval', 'mustNotRead'] as const)
  for (const key of wanted) {
    if (section[key] === undefined) {
      report([], `expected ${key}, because the profile "${section.profile}" speaks ${protocol}; got none`)
    }
  }
  for (const key of foreign) {
    if (section[key] !== undefined) {
      report([key], `expected no ${key}, because the profile "${section.profile}" speaks ${protocol}`)
    }
  }
  checkMustNotRead(section, { profile, report })
}

function checkMustNotRead(
  { mustNotRead = [] }: DeviceSection,
  { profile, report }: { readonly profile: DeviceProfile; readonly report: Report },
): void {
  for (const [index, range] of mustNotRead.entries()) {
    const past = pastTheLast(range)
    if (past !== null) report(['mustNotRead', index], past)
    const [point] = pointsIn(range, profile.points)
    if (point === undefined) continue
    const expected = `expected registers that no point of the profile "${profile.id}" needs`
    report(['mustNotRead', index], `${expected}, got ${rangeText(range)}, with which "${point.id}" is read`)
  }
}

/** The gateway, its sinks and its lines as devices of the kind `gateway`, so that their trouble becomes ordinary alarms. */
function selfDevices(
  file: ConfigFile,
  { catalogue, report }: { readonly catalogue: Catalogue; readonly report: Report },
): readonly Device[] {
  const shared = { station: file.station.id, place: file.station.address }
  const at: ConfigPath = ['gateway']
  const gateway = resolve(
    { ...shared, id: file.gateway.id, name: file.gateway.id, profile: SELF_PROFILES.gateway },
    { catalogue, report, at },
  )
  const sinks = (file.sinks ?? []).flatMap((sink) =>
    resolve(
      { ...shared, id: sinkDeviceId(sink.id), name: sink.id, profile: SELF_PROFILES.sink },
      { catalogue, report, at },
    ),
  )
  // Of a line without units there is nothing to measure, and nothing to miss.
  const polled = (file.lines ?? []).filter(({ id }) => file.devices.some(({ line }) => line === id))
  const lines = polled.flatMap((line) =>
    resolve(
      { ...shared, id: lineDeviceId(line.id), name: line.id, profile: SELF_PROFILES.line },
      { catalogue, report, at },
    ),
  )
  const children = (file.children ?? []).flatMap(({ id }) =>
    resolve({ ...shared, id: childDeviceId(id), name: id, profile: SELF_PROFILES.child }, { catalogue, report, at }),
  )
  const dispatch = file.dispatch === undefined ? [] : dispatchDevices(file.dispatch)
  return [
    ...[...gateway, ...sinks, ...lines, ...children],
    ...dispatch.flatMap((installation) => resolve({ ...shared, ...installation }, { catalogue, report, at })),
  ]
}

function dispatchDevices({ channels }: NonNullable<ConfigFile['dispatch']>) {
  return [
    { id: DISPATCH_DEVICE, name: DISPATCH_DEVICE, profile: SELF_PROFILES.dispatch },
    ...channels.map(({ id }) => ({ id: channelDeviceId(id), name: id, profile: SELF_PROFILES.channel })),
  ]
}
