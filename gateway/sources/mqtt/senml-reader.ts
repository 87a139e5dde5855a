/**
 * SenML packs of one device. What a measurement is called may begin with the name of the device (urn:dev:mac:…:level) or not; a
 * point says how it ends. Times in a pack may be counted from now on, so a clock is needed.
 */
import { parseJson } from '../../../device-profiles/codec/json-text.ts'
import { RELATIVE_BELOW, resolveSenml, type SenmlMeasurement } from '../../../device-profiles/codec/senml.ts'
import type { Device } from '../../../device-profiles/device.ts'
import type { Clock, MessageDocument } from '../../model.ts'
import type { MessageReader } from './message-reader.ts'

interface Named {
  readonly name: string
  readonly unit: string | null
}

interface Part {
  readonly point: Named
  /** What stands before the point's name. */
  readonly prefix: string
  readonly measurement: SenmlMeasurement
}

export function createSenmlReader(device: Device, clock: Pick<Clock, 'now'>): MessageReader {
  // The longest name first: `level` must not take what is called `tank/level` where there is such a point.
  const points = device.profile.points
    .flatMap(({ metric }) => (metric === undefined ? [] : [{ name: metric.name, unit: metric.unit ?? null }]))
    .sort((a, b) => b.name.length - a.name.length)
  return {
    read({ payload, retained }) {
      const documents = documentsOf(payload, { points, now: clock.now().wall })
      const content = 'malformed' in documents ? { documents: [], problem: documents.malformed } : { documents }
      return { contents: [{ deviceId: device.id, content: { type: 'documents', retained, ...content } }] }
    },
  }
}

function documentsOf(
  payload: Uint8Array,
  { points, now }: { readonly points: readonly Named[]; readonly now: number },
): readonly MessageDocument[] | { readonly malformed: string } {
  const parsed = parseJson(payload)
  if ('malformed' in parsed) return parsed
  const measurements = resolveSenml(parsed.json)
  if ('malformed' in measurements) return measurements
  const parts = measurements.flatMap((measurement) => partOf(measurement, points))
  const stranger = parts.find(({ prefix }) => prefix !== parts[0]?.prefix)
  if (stranger !== undefined) {
    return { malformed: `the pack is about two devices, "${parts[0]?.prefix}" and "${stranger.prefix}"` }
  }
  // Where all of it is about now, the moment of receipt is known better than by a sum of numbers.
  const isAllNow = parts.every(({ measurement }) => measurement.time === 0)
  const groups = Map.groupBy(parts, ({ measurement }) => measurement.time)
  if (groups.size === 0) return [{ json: {}, time: null }]
  return [...groups].map(([time, group]) => ({
    json: Object.fromEntries(group.map(({ point, measurement }) => [point.name, memberOf(measurement, point)])),
    time: isAllNow ? null : time < RELATIVE_BELOW ? now + time * 1000 : time * 1000,
  }))
}

function partOf(measurement: SenmlMeasurement, points: readonly Named[]): readonly Part[] {
  const { name } = measurement
  for (const point of points) {
    if (!name.endsWith(point.name)) continue
    const prefix = name.slice(0, name.length - point.name.length)
    if (prefix === '' || /[:/.]$/.test(prefix)) return [{ point, prefix, measurement }]
  }
  return []
}

/** A number in another unit is written as it came: a text is no number, and what is wrong can be read in it. */
function memberOf({ value, unit }: SenmlMeasurement, { unit: wanted }: Named): unknown {
  if (value === null) return {}
  return wanted === null || unit === wanted ? value : `${value} ${unit ?? 'without a unit'}`
}
