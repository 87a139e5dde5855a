/** The points of a device with their values, their sensors and what is played back, and everything that is wrong about them. */

import { sourceValues } from '../device-profiles/codec/derive.ts'
import { parseDuration } from '../device-profiles/duration.ts'
import type { DeviceProfile, PointProfile } from '../device-profiles/schema.ts'
import { suggestion } from '../device-profiles/suggestion.ts'
import { createSpeech } from './create-speech.ts'
import { createBank, writeValues } from './modbus/device-registers.ts'
import { parseRecordings } from './recorded-file.ts'
import type { SimulatedDevice } from './scenario.ts'
import type { Report } from './scenario-report.ts'
import type { DeviceEntry } from './scenario-schema.ts'
import { PERFECT, type Sensor, type Track } from './track.ts'

export type ReadText = (file: string) => string

interface TrackSurroundings {
  readonly device: SimulatedDevice
  readonly readText: ReadText
  readonly report: Report
}

export function tracksOf(entry: DeviceEntry, surroundings: TrackSurroundings): ReadonlyMap<string, Track> {
  const tracks = new Map<string, Track>()
  for (const [id, initial] of Object.entries(entry.values)) {
    const track = trackOf(entry, { id, initial, ...surroundings })
    if (track !== null) tracks.set(id, track)
  }
  for (const track of recordedTracks(entry, surroundings)) tracks.set(track.point.id, track)
  checkSensors(entry, { tracks, ...surroundings })
  return tracks
}

function trackOf(
  entry: DeviceEntry,
  { id, initial, device, report }: TrackSurroundings & { readonly id: string; readonly initial: number },
): Track | null {
  const point = pointOf(device.profile, id)
  if (point === undefined) {
    report(['values', id], unknownPoint(device.profile, id), { at: 'key' })
    return null
  }
  const source = point.derive?.distance
  if (source !== undefined && entry.values[source] !== undefined) {
    report(['values', id], `"${id}" is computed from "${source}"; give one of them, not both`)
  }
  const track: Track = { point, initial, sensor: sensorOf(entry, point), moves: [], recording: null, faults: [] }
  const problem = valueProblem(device, { track, value: initial })
  if (problem !== null) report(['values', id], problem)
  return track
}

function recordedTracks(entry: DeviceEntry, { device, readText, report }: TrackSurroundings): readonly Track[] {
  if (entry.recorded === undefined) return []
  const told: Report = (path, message, options) => report(['recorded', ...path], message, options)
  const recordings = parseRecordings(entry.recorded, { readText, report: told })
  return Object.keys(entry.recorded.points).flatMap((id) => {
    const point = pointOf(device.profile, id)
    if (point === undefined) {
      told(['points', id], unknownPoint(device.profile, id), { at: 'key' })
      return []
    }
    const others = point.derive === undefined ? [id] : [id, point.derive.distance]
    const twice = others.find((other) => entry.values[other] !== undefined)
    if (twice !== undefined) told(['points', id], `"${twice}" has a value in "values" already; remove one of them`)
    const recording = recordings?.get(id)
    if (recording === undefined) return []
    const bare = { point, initial: 0, sensor: sensorOf(entry, point), moves: [], faults: [] }
    const problem = firstProblem(recording.values, (value) => valueProblem(device, { track: bare, value }))
    if (problem !== null) told(['points', id], problem)
    return [{ ...bare, recording }]
  })
}

/** All are looked at through their extremes, and states one by one. */
function firstProblem(values: readonly (number | null)[], problemOf: (value: number) => string | null): string | null {
  for (const value of new Set(values)) {
    const problem = value === null ? null : problemOf(value)
    if (problem !== null) return problem
  }
  return null
}

const SENSOR_KEYS = ['noise', 'driftPerHour', 'resolution', 'sticking'] as const

function sensorOf(entry: DeviceEntry, { id, type }: PointProfile): Sensor {
  if (type !== 'number') return PERFECT
  const sticking = entry.sticking?.[id]
  return {
    noise: entry.noise?.[id] ?? 0,
    driftPerHour: entry.driftPerHour?.[id] ?? 0,
    resolution: entry.resolution?.[id] ?? 0,
    stickingSeconds: sticking === undefined ? 0 : parseDuration(sticking) / 1000,
  }
}

function checkSensors(
  entry: DeviceEntry,
  { device, tracks, report }: TrackSurroundings & { readonly tracks: ReadonlyMap<string, Track> },
): void {
  for (const key of SENSOR_KEYS) {
    for (const [id, amount] of Object.entries(entry[key] ?? {})) {
      const point = pointOf(device.profile, id)
      if (point === undefined) report([key, id], unknownPoint(device.profile, id), { at: 'key' })
      else if (!tracks.has(id))
        report([key, id], `there is no value to which ${key} could be added; add "${id}" to values`)
      else if (point.type !== 'number' && amount !== 0) report([key, id], `"${id}" is no number and cannot waver`)
    }
  }
}

export function pointOf(profile: DeviceProfile, id: string): PointProfile | undefined {
  return profile.points.find((point) => point.id === id)
}

export function unknownPoint(profile: DeviceProfile, id: string): string {
  const ids = profile.points.flatMap((point) => (point.compute === undefined ? [point.id] : []))
  const near = suggestion(id, ids)
  return `profile ${profile.id} has no point "${id}"${near === '' ? `; it has ${ids.join(', ')}` : near}`
}

/** Why the device cannot be given this value; null when it can. */
export function valueProblem(
  device: SimulatedDevice,
  { track, value }: { readonly track: Pick<Track, 'point' | 'sensor'>; readonly value: number },
): string | null {
  const { point } = track
  const { noise } = track.sensor
  const problem = rangeProblem(point, value) ?? sourceProblem(device, { point, value })
  if (problem !== null) return problem
  const [low, high] = point.range ?? [-Infinity, Infinity]
  const extremes = new Set([value, Math.max(value - noise, low), Math.min(value + noise, high)])
  for (const extreme of extremes) {
    const failure = encodingProblem(device, { [point.id]: extreme })
    if (failure !== null) return failure
  }
  return null
}

function rangeProblem({ type, range, states, unit }: PointProfile, value: number): string | null {
  if (type === 'boolean' && value !== 0 && value !== 1) return `expected 0 or 1, got ${value}`
  if (type === 'enum' && states !== undefined && states[String(value)] === undefined) {
    const codes = Object.entries(states).map(([code, name]) => `${code} (${name.en})`)
    return `expected one of ${codes.join(', ')}, got ${value}`
  }
  if (range === undefined || (value >= range[0] && value <= range[1])) return null
  return `expected ${range[0]} to ${range[1]} ${unit}, got ${value}`
}

/** A derived value may lie in its own range and still need a source that the sensor cannot measure. */
function sourceProblem(
  { profile, parameters }: SimulatedDevice,
  { point, value }: { readonly point: PointProfile; readonly value: number },
): string | null {
  const source = point.derive && pointOf(profile, point.derive.distance)
  if (source === undefined) return null
  const needed = Number(sourceValues(profile, parameters, { [point.id]: value })[source.id])
  const problem = rangeProblem(source, needed)
  return problem === null ? null : `${point.id} ${value} needs a ${source.id} that cannot be measured: ${problem}`
}

export function encodingProblem(
  { profile, parameters, connection }: SimulatedDevice,
  values: Readonly<Record<string, number>>,
): string | null {
  try {
    if (connection.type === 'mqtt') createSpeech({ profile, parameters, ...connection }).hello(values)
    else writeValues(createBank(profile), { profile, parameters, values })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
