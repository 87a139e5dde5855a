/** From the timeline of a scenario file to ramps, faults and story lines, with everything that is wrong about them. */
import { parseDuration } from '../device-profiles/duration.ts'
import { suggestion } from '../device-profiles/suggestion.ts'
import type { UnitFault } from './modbus/unit-fault.ts'
import type { FaultSpan, Ramp, SimulatedDevice, StoryLine, Track } from './scenario.ts'
import { pointOf, type Report, unknownPoint, valueProblem } from './scenario-devices.ts'
import type { StepEntry } from './scenario-schema.ts'

export interface Timeline {
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  readonly story: readonly StoryLine[]
  readonly durationSeconds: number
}

export interface TimelineSurroundings {
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  /** Devices that are in the file but could not be made; what is wrong with them is said already. */
  readonly unmade: ReadonlySet<string>
  readonly repeatEverySeconds: number | null
  readonly report: Report
}

/** A step with its place in the file and its times. */
interface Placed {
  readonly index: number
  readonly step: StepEntry
  readonly start: number
  readonly end: number
}

const LATE_MS = 2000
/** Modbus application protocol 7: server device failure. */
const DEVICE_FAILURE = 4

export function createTimeline(steps: readonly StepEntry[], surroundings: TimelineSurroundings): Timeline {
  const { report, repeatEverySeconds } = surroundings
  const placed = steps
    .map((step, index) => placedAt(step, index))
    .sort((a, b) => a.start - b.start || a.index - b.index)
  for (const each of placed) {
    checkForm(each, report)
    checkEnd(each, { repeatEverySeconds, report })
  }
  const devices = new Map<string, SimulatedDevice>()
  for (const device of surroundings.devices.values()) {
    const own = placed.filter(({ step }) => step.device === device.id)
    devices.set(device.id, { ...device, tracks: withRamps(device, own, report), faults: faultsOf(device, own, report) })
  }
  for (const { index, step } of placed) {
    if (step.device === undefined || devices.has(step.device) || surroundings.unmade.has(step.device)) continue
    const near = suggestion(step.device, [...devices.keys(), ...surroundings.unmade])
    report([index, 'device'], `there is no device "${step.device}"${near}`)
  }
  const story = placed.flatMap(({ step, start }) =>
    step.say === undefined ? [] : [{ atSeconds: start, say: step.say }],
  )
  const durationSeconds = Math.max(0, ...placed.map(({ start, end }) => (Number.isFinite(end) ? end : start)))
  return { devices, story, durationSeconds }
}

function placedAt(step: StepEntry, index: number): Placed {
  const start = parseDuration(step.at) / 1000
  const lasts = step.fault === undefined ? (step.over ?? '0s') : step.for
  return { index, step, start, end: lasts === undefined ? Infinity : start + parseDuration(lasts) / 1000 }
}

/** A step changes a value (`device`, `point`, `to`), brings a fault (`device`, `fault`), or only says something. */
function checkForm({ index, step }: Placed, report: Report): void {
  const given = (keys: readonly (keyof StepEntry)[]) => keys.filter((key) => step[key] !== undefined)
  const isChange = given(['point', 'to', 'over']).length > 0
  const isFault = given(['fault', 'for', 'by', 'code']).length > 0
  if (isChange && isFault) {
    report([index], 'a step either changes a value ("point", "to") or brings a fault ("fault"), not both')
  } else if (isChange || isFault) {
    const needed = isChange ? (['device', 'point', 'to'] as const) : (['device', 'fault'] as const)
    const missing = needed.filter((key) => step[key] === undefined)
    const what = isChange ? 'a change of a value' : 'a fault'
    if (missing.length > 0) report([index], `${what} needs ${missing.map((key) => `"${key}"`).join(' and ')}`)
  } else if (step.device !== undefined) report([index], 'say what happens to the device: "point" and "to", or "fault"')
  else if (step.say === undefined)
    report([index], 'nothing happens here; add "device", "point" and "to", a "fault", or "say"')
  if (step.by !== undefined && step.fault !== 'late') report([index, 'by'], '"by" belongs to the fault late only')
  if (step.code !== undefined && step.fault !== 'exception') {
    report([index, 'code'], '"code" belongs to the fault exception only')
  }
}

function checkEnd(
  { index, step, start, end }: Placed,
  { repeatEverySeconds: every, report }: Pick<TimelineSurroundings, 'repeatEverySeconds' | 'report'>,
): void {
  if (every === null) return
  if (start >= every)
    report([index, 'at'], `at ${start} s the story has begun anew already; "repeatEvery" is ${every} s`)
  else if (Number.isFinite(end) && end > every) {
    const key = step.fault === undefined ? 'over' : 'for'
    report([index, key], `ends at ${end} s, after the story has begun anew; "repeatEvery" is ${every} s`)
  }
}

function withRamps(device: SimulatedDevice, steps: readonly Placed[], report: Report): ReadonlyMap<string, Track> {
  const changes = steps.filter(({ step }) => step.point !== undefined && step.to !== undefined)
  const tracks = new Map(device.tracks)
  for (const [id, group] of Map.groupBy(changes, ({ step }) => step.point ?? '')) {
    const track = tracks.get(id)
    if (track === undefined) {
      for (const { index } of group) report([index, 'point'], noTrack(device, id))
      continue
    }
    for (const each of group) checkChange(each, { device, track, report })
    checkOverlaps(group, { what: `${device.id}.${id}`, key: 'at', report })
    const ramps = group.map(
      ({ step, start, end }): Ramp => ({ startSeconds: start, endSeconds: end, to: step.to ?? 0 }),
    )
    tracks.set(id, { ...track, ramps })
  }
  return tracks
}

function noTrack({ id: device, profile, tracks }: SimulatedDevice, id: string): string {
  const point = pointOf(profile, id)
  if (point === undefined) return unknownPoint(profile, id)
  const other = profile.points.find(
    ({ id: each, derive }) => tracks.has(each) && (derive?.distance === id || point.derive?.distance === each),
  )
  if (other !== undefined) return `device "${device}" gives its values as "${other.id}"; change that instead of "${id}"`
  return `"${id}" has no value to start from; add it to the values of device "${device}"`
}

function checkChange(
  { index, step, start, end }: Placed,
  { device, track, report }: { readonly device: SimulatedDevice; readonly track: Track; readonly report: Report },
): void {
  const problem = valueProblem(device, { track, value: step.to ?? 0 })
  if (problem !== null) report([index, 'to'], problem)
  const { id, type } = track.point
  if (end > start && type !== 'number')
    report([index, 'over'], `"${id}" is no number and changes at once; remove "over"`)
}

function faultsOf(device: SimulatedDevice, steps: readonly Placed[], report: Report): readonly FaultSpan[] {
  const faults = steps.filter(({ step }) => step.fault !== undefined)
  for (const { index, step } of faults) {
    if (device.connection.type === 'mqtt' && step.fault !== 'silent') {
      report([index, 'fault'], `expected silent, the only fault of an MQTT device, got ${step.fault}`)
    }
  }
  checkOverlaps(faults, { what: `the faults of ${device.id}`, key: 'at', report })
  return faults.map(({ step, start, end }) => ({ startSeconds: start, endSeconds: end, fault: faultOf(step) }))
}

function faultOf({ fault = 'silent', by, code }: StepEntry): UnitFault {
  if (fault === 'late') return { type: fault, ms: by === undefined ? LATE_MS : parseDuration(by) }
  if (fault === 'exception') return { type: fault, code: code ?? DEVICE_FAILURE }
  return { type: fault }
}

/** What follows at the very end of the one before is no overlap; two at the same instant are. */
function checkOverlaps(
  steps: readonly Placed[],
  { what, key, report }: { readonly what: string; readonly key: string; readonly report: Report },
): void {
  for (const [i, { index, start }] of steps.entries()) {
    const before = steps[i - 1]
    if (before === undefined || (start >= before.end && start > before.start)) continue
    const span = before.end > before.start ? `${before.start} s to ${endText(before.end)}` : `${before.start} s`
    report([index, key], `overlaps timeline[${before.index}], which changes ${what} already (${span})`)
  }
}

function endText(end: number): string {
  return Number.isFinite(end) ? `${end} s` : 'the end; give it "for"'
}
