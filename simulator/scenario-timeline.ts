/** From the timeline of a scenario file to moves, faults and story lines, with everything that is wrong about them. */
import { suggestion } from '../device-profiles/suggestion.ts'
import type { DeviceFault } from './message-fault.ts'
import type { StationLine } from './modbus/station.ts'
import type { LineFault } from './modbus/unit-fault.ts'
import { recordingEnd } from './recording.ts'
import type { SimulatedDevice, StoryLine } from './scenario.ts'
import { checkFault, deviceFaultOf, type FaultyStep, lineFaultOf } from './scenario-faults.ts'
import { movedTracks } from './scenario-moves.ts'
import type { Report } from './scenario-report.ts'
import { isPointFaultType, type StepEntry } from './scenario-schema.ts'
import { checkEnd, checkForm, checkOverlaps, type Placed, placedSteps } from './scenario-steps.ts'
import type { Span } from './track.ts'

export interface Timeline {
  readonly lineFaults: ReadonlyMap<string, readonly Span<LineFault>[]>
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

export function createTimeline(steps: readonly StepEntry[], given: TimelineSurroundings): Timeline {
  const surroundings = { ...given, report: once(given.report) }
  const { report } = surroundings
  const placed = placedSteps(steps)
  for (const each of placed) {
    checkForm(each, report)
    checkEnd(each, surroundings)
  }
  const devices = new Map<string, SimulatedDevice>()
  for (const device of surroundings.devices.values()) {
    const own = placed.filter(({ step }) => concerns(step, device))
    const faults = faultsOf(own, { ...surroundings, device })
    devices.set(device.id, { ...device, tracks: movedTracks(device, own, report), faults })
  }
  const lineFaults = new Map<string, readonly Span<LineFault>[]>()
  for (const line of surroundings.lines.keys()) {
    const own = placed.filter(({ step }) => step.line === line)
    lineFaults.set(line, lineFaultsOf(own, { ...surroundings, line }))
  }
  checkNames(placed, surroundings)
  const story = placed.flatMap(({ step, start }) =>
    step.say === undefined ? [] : [{ atSeconds: start, say: step.say }],
  )
  const recorded = [...devices.values()].flatMap(({ tracks }) =>
    [...tracks.values()].map(({ recording }) => (recording === null ? 0 : recordingEnd(recording))),
  )
  const ends = placed.map(({ start, end }) => (Number.isFinite(end) ? end : start))
  return { devices, lineFaults, story, durationSeconds: [...recorded, ...ends].reduce((a, b) => Math.max(a, b), 0) }
}

/** A step that concerns several devices is wrong once. */
function once(report: Report): Report {
  const told = new Set<string>()
  return (path, message, options) => {
    const key = `${path.join('.')} ${message}`
    if (told.has(key)) return
    told.add(key)
    report(path, message, options)
  }
}

function concerns({ device, devices }: StepEntry, { id, connection }: SimulatedDevice): boolean {
  if (device === id || devices === 'all') return true
  return devices === 'mqtt' ? connection.type === 'mqtt' : (devices?.includes(id) ?? false)
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
    if (!Array.isArray(step.devices)) continue
    for (const [i, name] of step.devices.entries()) {
      if (known.device.includes(name)) continue
      report([index, 'devices', i], `there is no device "${name}"${suggestion(name, known.device)}`)
    }
  }
}

interface PlacedFault extends Placed {
  readonly step: FaultyStep
}

function faultsOf(
  steps: readonly Placed[],
  { device, lines, report }: Pick<TimelineSurroundings, 'lines' | 'report'> & { readonly device: SimulatedDevice },
): readonly Span<DeviceFault>[] {
  const sound = steps.filter(hasFault).filter((each) => isSound(each, { device, lines, report }))
  checkOverlaps(sound, { what: `the faults of ${device.id}`, key: 'at', report })
  return sound.map(({ step, start, end }) => ({
    ...{ startSeconds: start, endSeconds: end, fault: deviceFaultOf(step, device) },
  }))
}

function lineFaultsOf(
  steps: readonly Placed[],
  { line, lines, report }: Pick<TimelineSurroundings, 'lines' | 'report'> & { readonly line: string },
): readonly Span<LineFault>[] {
  const sound = steps.filter(hasFault).filter((each) => isSound(each, { line, lines, report }))
  checkOverlaps(sound, { what: `the faults of line ${line}`, key: 'at', report })
  return sound.map(({ step, start, end }) => ({ startSeconds: start, endSeconds: end, fault: lineFaultOf(step) }))
}

/** Faults of points belong to their tracks. */
function hasFault(placed: Placed): placed is PlacedFault {
  return placed.step.fault !== undefined && !isPointFaultType(placed.step.fault)
}

function isSound(
  { index, step }: PlacedFault,
  { report, ...target }: { readonly report: Report } & Omit<Parameters<typeof checkFault>[1], 'report'>,
): boolean {
  let isFit = true
  checkFault(step, {
    ...target,
    report: (key, message) => {
      if (key === 'fault') isFit = false
      report([index, key], message)
    },
  })
  return isFit
}
