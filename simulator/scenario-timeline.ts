/** From the timeline of a scenario file to ramps, faults and story lines, with everything that is wrong about them. */
import { parseDuration } from '../device-profiles/duration.ts'
import { suggestion } from '../device-profiles/suggestion.ts'
import type { StationLine } from './modbus/station.ts'
import { isPortFault, type LineFault, type UnitFault } from './modbus/unit-fault.ts'
import type { FaultSpan, Ramp, SimulatedDevice, StoryLine, Track } from './scenario.ts'
import { pointOf, type Report, unknownPoint, valueProblem } from './scenario-devices.ts'
import { checkFault, checkFaultKeys, FAULT_KEYS, faultOf } from './scenario-faults.ts'
import type { StepEntry } from './scenario-schema.ts'

export interface Timeline {
  readonly lineFaults: ReadonlyMap<string, readonly FaultSpan<LineFault>[]>
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  readonly story: readonly StoryLine[]
  readonly durationSeconds: number
}

export interface TimelineSurroundings {
  readonly lines: ReadonlyMap<string, StationLine>
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
    const faults = faultsOf(own, { ...surroundings, device })
    devices.set(device.id, { ...device, tracks: withRamps(device, own, report), faults })
  }
  const lineFaults = new Map<string, readonly FaultSpan<LineFault>[]>()
  for (const line of surroundings.lines.keys()) {
    lineFaults.set(
      line,
      lineFaultsOf(
        placed.filter(({ step }) => step.line === line),
        { ...surroundings, line },
      ),
    )
  }
  checkNames(placed, surroundings)
  const story = placed.flatMap(({ step, start }) =>
    step.say === undefined ? [] : [{ atSeconds: start, say: step.say }],
  )
  const durationSeconds = Math.max(0, ...placed.map(({ start, end }) => (Number.isFinite(end) ? end : start)))
  return { devices, lineFaults, story, durationSeconds }
}

function checkNames(
  steps: readonly Placed[],
  { devices, unmade, lines, report }: Pick<TimelineSurroundings, 'devices' | 'unmade' | 'lines' | 'report'>,
): void {
  const known = { device: [...devices.keys(), ...unmade], line: [...lines.keys()] }
  for (const { index, step } of steps) {
    for (const key of ['device', 'line'] as const) {
      const name = step[key]
      if (name === undefined || known[key].includes(name)) continue
      report([index, key], `there is no ${key} "${name}"${suggestion(name, known[key])}`)
    }
  }
}

function placedAt(step: StepEntry, index: number): Placed {
  const start = parseDuration(step.at) / 1000
  const lasts = step.fault === undefined ? (step.over ?? '0s') : step.for
  return { index, step, start, end: lasts === undefined ? Infinity : start + parseDuration(lasts) / 1000 }
}

/** A step changes a value (`device`, `point`, `to`), brings a fault (`device` or `line`, `fault`), or only says something. */
function checkForm({ index, step }: Placed, report: Report): void {
  const isGiven = (key: keyof StepEntry): boolean => step[key] !== undefined
  const isChange = (['point', 'to', 'over'] as const).some(isGiven)
  const isFault = FAULT_KEYS.some(isGiven)
  if (isChange && isFault) {
    report([index], 'a step either changes a value ("point", "to") or brings a fault ("fault"), not both')
  } else if (isChange) {
    const missing = (['device', 'point', 'to'] as const).filter((key) => !isGiven(key)).map((key) => `"${key}"`)
    if (missing.length > 0) report([index], `a change of a value needs ${missing.join(' and ')}`)
  } else if (isFault) {
    const missing = [
      ...(isGiven('device') || isGiven('line') ? [] : ['"device" or "line"']),
      ...(isGiven('fault') ? [] : ['"fault"']),
    ]
    if (missing.length > 0) report([index], `a fault needs ${missing.join(', and ')}`)
  } else if (isGiven('device')) report([index], 'say what happens to the device: "point" and "to", or "fault"')
  else if (!isGiven('line') && !isGiven('say'))
    report([index], 'nothing happens here; add "device", "point" and "to", a "fault", or "say"')
  if (isGiven('line') && isGiven('device')) report([index, 'line'], 'give "device" or "line", not both')
  else if (isGiven('line') && !isFault) report([index], 'say what happens to the line: "fault"')
  checkFaultKeys(step, (key, message) => report([index, key], message))
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

function faultsOf(
  steps: readonly Placed[],
  { device, lines, report }: Pick<TimelineSurroundings, 'lines' | 'report'> & { readonly device: SimulatedDevice },
): readonly FaultSpan[] {
  const faults = steps.filter(({ step }) => step.fault !== undefined)
  for (const { index, step } of faults) {
    checkFault(step, { device, lines, report: (key, message) => report([index, key], message) })
  }
  checkOverlaps(faults, { what: `the faults of ${device.id}`, key: 'at', report })
  return spansOf(faults).flatMap((span) => (isUnitFaultSpan(span) ? [span] : []))
}

function lineFaultsOf(
  steps: readonly Placed[],
  { line, lines, report }: Pick<TimelineSurroundings, 'lines' | 'report'> & { readonly line: string },
): readonly FaultSpan<LineFault>[] {
  const faults = steps.filter(({ step }) => step.fault !== undefined)
  for (const { index, step } of faults) {
    checkFault(step, { line, lines, report: (key, message) => report([index, key], message) })
  }
  checkOverlaps(faults, { what: `the faults of line ${line}`, key: 'at', report })
  return spansOf(faults)
}

function spansOf(steps: readonly Placed[]): readonly FaultSpan<LineFault>[] {
  return steps.flatMap(({ step: { fault, ...step }, start, end }) =>
    fault === undefined ? [] : [{ startSeconds: start, endSeconds: end, fault: faultOf({ ...step, fault }) }],
  )
}

function isUnitFaultSpan(span: FaultSpan<LineFault>): span is FaultSpan<UnitFault> {
  return !isPortFault(span.fault)
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
