/** From the steps that change or spoil a point to what its track does, with everything that is wrong about them. */
import type { SimulatedDevice } from './scenario.ts'
import { pointFaultOf } from './scenario-faults.ts'
import { checkGenerator, createCourse, extremesOf } from './scenario-generators.ts'
import type { Report } from './scenario-report.ts'
import { isPointFaultType } from './scenario-schema.ts'
import { checkOverlaps, type Placed } from './scenario-steps.ts'
import { encodingProblem, pointOf, unknownPoint, valueProblem } from './scenario-tracks.ts'
import { type Move, movedTo, type PointFault, type Span, type Track } from './track.ts'

/** The tracks of a device, with what the steps do to them. */
export function movedTracks(
  device: SimulatedDevice,
  steps: readonly Placed[],
  report: Report,
): ReadonlyMap<string, Track> {
  const tracks = new Map(device.tracks)
  const known = steps.filter(({ step }) => step.point !== undefined)
  for (const [id, group] of Map.groupBy(known, ({ step }) => step.point ?? '')) {
    const track = tracks.get(id)
    if (track === undefined) {
      for (const { index } of group) report([index, 'point'], noTrack(device, id))
      continue
    }
    const moved = { ...track, moves: movesOf(group.filter(isChange), { device, track, report }) }
    tracks.set(id, { ...moved, faults: pointFaultsOf(group, { device, track: moved, report }) })
  }
  return tracks
}

function isChange({ step }: Placed): boolean {
  return step.fault === undefined && (step.to !== undefined || step.generate !== undefined)
}

interface Moved {
  readonly device: SimulatedDevice
  readonly track: Track
  readonly report: Report
}

function movesOf(changes: readonly Placed[], { device, track, report }: Moved): readonly Move[] {
  if (track.recording !== null) {
    for (const { index } of changes)
      report([index, 'point'], `"${track.point.id}" is played back from "recorded"; it cannot be changed too`)
    return []
  }
  // What is generated without an end goes on until something else happens to the point.
  const spans = changes.map((each, i) => ({
    ...each,
    end: each.step.generate !== undefined && each.end === Infinity ? (changes[i + 1]?.start ?? Infinity) : each.end,
  }))
  checkOverlaps(spans, { what: `${device.id}.${track.point.id}`, key: 'at', report })
  const moves: Move[] = []
  for (const span of spans) {
    const before = movedTo(track.initial, { moves, seconds: span.start })
    const move = moveOf(span, { device, track, report, before })
    if (move !== null) moves.push(move)
  }
  return moves
}

function moveOf(
  { index, step, start, end }: Placed,
  { device, track, report, before }: Moved & { readonly before: number },
): Move | null {
  const { id, type } = track.point
  const times = { startSeconds: start, endSeconds: end }
  if (step.generate === undefined) {
    const problem = valueProblem(device, { track, value: step.to ?? 0 })
    if (problem !== null) report([index, 'to'], problem)
    if (end > start && type !== 'number')
      report([index, 'over'], `"${id}" is no number and changes at once; remove "over"`)
    return { type: 'ramp', ...times, to: step.to ?? 0 }
  }
  if (type !== 'number') {
    report([index, 'generate'], `"${id}" is no number; give "to"`)
    return null
  }
  const surroundings = { before, seconds: end - start }
  let isSound = true
  checkGenerator(step.generate, surroundings, (path, message) => {
    isSound = false
    report([index, 'generate', ...path], message)
  })
  if (!isSound) return null
  const valueAt = createCourse(step.generate, surroundings)
  for (const value of new Set(extremesOf(valueAt, step.generate, surroundings.seconds))) {
    const problem = valueProblem(device, { track, value })
    if (problem !== null) report([index, 'generate'], `it comes to ${rounded(value)}: ${problem}`)
  }
  return { type: 'course', ...times, valueAt }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
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

function pointFaultsOf(steps: readonly Placed[], { device, track, report }: Moved): readonly Span<PointFault>[] {
  const faults = steps.flatMap((each) => {
    const { fault } = each.step
    return fault !== undefined && isPointFaultType(fault) ? [{ ...each, step: { ...each.step, fault } }] : []
  })
  checkOverlaps(faults, { what: `the faults of ${device.id}.${track.point.id}`, key: 'at', report })
  return faults.map(({ index, step, start, end }) => {
    const fault = pointFaultOf(step)
    const problem = pointFaultProblem(fault, { device, track })
    if (problem !== null) report([index, 'fault'], problem)
    return { startSeconds: start, endSeconds: end, fault }
  })
}

/** Why the device cannot say what the fault makes of its values; null when it can. */
function pointFaultProblem(fault: PointFault, { device, track }: Pick<Moved, 'device' | 'track'>): string | null {
  const { id, type } = track.point
  switch (fault.type) {
    case 'stuck':
    case 'missing':
      return null
    case 'spikes':
      if (type !== 'number') return `"${id}" is no number and has no spikes`
      return encodingProblem(device, { [id]: fault.to })
    case 'other-unit': {
      if (type !== 'number') return `"${id}" is no number and has no unit`
      const problems = valuesOf(track).map((value) =>
        encodingProblem(device, { [id]: value * fault.factor + fault.plus }),
      )
      return problems.find((problem) => problem !== null) ?? null
    }
  }
}

/** All to which a track comes, as closely as its moves tell; the range of its point where noise may drive it there. */
function valuesOf({ initial, moves, recording, sensor, point }: Track): readonly number[] {
  const own = recording?.values.filter((value) => value !== null) ?? [
    initial,
    ...moves.flatMap((move) => (move.type === 'ramp' ? [move.to] : looksAt(move))),
  ]
  const extremes = [own.reduce((a, b) => Math.min(a, b), Infinity), own.reduce((a, b) => Math.max(a, b), -Infinity)]
  if (sensor.noise === 0 && sensor.driftPerHour === 0) return extremes
  return [...extremes, ...(point.range ?? [])]
}

const LOOKS = 200

function looksAt({ startSeconds, endSeconds, valueAt }: Extract<Move, { type: 'course' }>): readonly number[] {
  const length = Number.isFinite(endSeconds) ? endSeconds - startSeconds : 86_400
  return Array.from({ length: LOOKS + 1 }, (_, look) => valueAt((length * look) / LOOKS))
}
