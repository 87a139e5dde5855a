/** Messages in JSON: points in one document, or in each of a list of them. */
import type { JsonPayload } from '../payload-schema.ts'
import type { DeviceProfile, PointProfile } from '../schema.ts'
import type { Parameters } from './conversion.ts'
import type { Decoded, DecodedMessage, DecodedRecord } from './decoded.ts'
import { pointerTokens, valueAt, withValueAt } from './json-pointer.ts'
import {
  decodeJsonValue,
  describe,
  encodeJsonValue,
  type JsonPoint,
  prepareJsonPoint,
  prepareMetricPoint,
} from './json-value.ts'
import { newestOfEach } from './message-records.ts'
import { encodeTime, prepareTime } from './message-time.ts'
import { naming } from './naming.ts'

/** More readings than any device keeps; beyond it a message is an attack or a mistake. */
const MAX_ITEMS = 4096

type Values = Readonly<Record<string, number | string>>

/** From a parsed message to what it says. Never throws for what a device sends. */
export function createJsonDecoder(
  profile: DeviceProfile,
  payload: JsonPayload,
  parameters: Parameters,
): (json: unknown) => DecodedMessage {
  const decode = createReadingDecoder(profile, payload, parameters)
  if (payload.each === undefined) return decode
  const { each } = payload
  const tokens = pointerTokens(each)
  return (json) => {
    const items = valueAt(json, tokens)
    if (!Array.isArray(items)) return { malformed: `expected a list at ${each || 'the top'}, got ${describe(items)}` }
    if (items.length > MAX_ITEMS) return { malformed: `expected at most ${MAX_ITEMS} readings, got ${items.length}` }
    const decoded = items.map(decode)
    const records = decoded.flatMap((item) => ('malformed' in item ? [] : [{ ...item, late: false }]))
    const [first] = decoded
    // A damaged item costs itself only; where nothing else is there, it is what the message says.
    if (records.length === 0 && first !== undefined) return first
    return withDropped(newestOfEach(records), items.length - records.length)
  }
}

function withDropped(message: DecodedMessage, count: number): DecodedMessage {
  if (count === 0 || 'malformed' in message) return message
  return { ...message, dropped: (message.dropped ?? 0) + count }
}

/** From one reading of a message, or a message that is one. Earlier readings that it brings along are late. */
export function createReadingDecoder(
  profile: DeviceProfile,
  { time, history }: Pick<JsonPayload, 'time' | 'history'>,
  parameters: Parameters,
): (json: unknown) => DecodedMessage {
  const points = profile.points.flatMap((point) => preparePoint(point, parameters))
  const readTime = time === undefined ? () => null : prepareTime(time)
  const whole = points.every((point) => point.tokens.length === 0)
  const decode = (json: unknown): DecodedRecord | { readonly malformed: string } => {
    if (!whole && (typeof json !== 'object' || json === null))
      return { malformed: `expected an object, got ${describe(json)}` }
    const decoded = new Map<string, Decoded>()
    for (const point of points) {
      const value = valueAt(json, point.tokens)
      if (value !== undefined && !isExcepted(point, json)) decoded.set(point.id, decodeJsonValue(point, value))
    }
    return { points: decoded, time: readTime(json) }
  }
  if (history === undefined) return decode
  const tokens = pointerTokens(history)
  return (json) => {
    const now = decode(json)
    const items = valueAt(json, tokens)
    if ('malformed' in now || !Array.isArray(items)) return now
    const earlier = items.slice(0, MAX_ITEMS).flatMap((item) => {
      const decoded = decode(item)
      return 'malformed' in decoded ? [] : [{ ...decoded, late: true }]
    })
    return withDropped(newestOfEach([...earlier, { ...now, late: false }]), items.length - earlier.length)
  }
}

function preparePoint(point: PointProfile, parameters: Parameters): readonly JsonPoint[] {
  if (point.json !== undefined) return [prepareJsonPoint(point, point.json, parameters)]
  return point.metric === undefined ? [] : [prepareMetricPoint(point, point.metric, parameters)]
}

function isExcepted({ unless }: JsonPoint, json: unknown): boolean {
  return unless !== null && valueAt(json, unless.tokens) === unless.equals
}

/** The document that decodes to `values`. */
export function encodeDocument(
  profile: DeviceProfile,
  values: Values,
  {
    payload,
    parameters,
    time,
  }: { readonly payload: JsonPayload; readonly parameters: Parameters; readonly time: number | undefined },
): unknown {
  let document: unknown
  for (const point of profile.points) {
    const value = values[point.id]
    if (point.json === undefined || value === undefined) continue
    const prepared = prepareJsonPoint(point, point.json, parameters)
    document = withValueAt(
      document,
      prepared.tokens,
      naming(point.id, () => encodeJsonValue(prepared, value)),
    )
  }
  if (payload.time !== undefined && time !== undefined) {
    document = withValueAt(document, pointerTokens(payload.time.pointer), encodeTime(payload.time, time))
  }
  if (payload.each === undefined) return document ?? {}
  return withValueAt(undefined, pointerTokens(payload.each), [document ?? {}])
}
