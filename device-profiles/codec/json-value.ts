/** One point in a JSON message. */
import type { JsonBinding, MetricBinding } from '../binding-schema.ts'
import type { PointProfile } from '../schema.ts'
import { type Conversion, type Parameters, prepareConversion, refuseSentinel, toRaw, toValue } from './conversion.ts'
import type { Decoded } from './decoded.ts'
import { pointerTokens } from './json-pointer.ts'

export interface JsonPoint {
  readonly id: string
  readonly type: PointProfile['type']
  readonly pointer: string
  readonly tokens: readonly string[]
  readonly words: ReadonlyMap<string, number> | null
  /** While the member there equals this, the message says nothing about the point. */
  readonly unless: { readonly tokens: readonly string[]; readonly equals: boolean | number | string } | null
  readonly conversion: Conversion
}

/** Longer texts are no reading; the limit keeps a mad device from filling the journal. */
const MAX_TEXT_LENGTH = 256

export function prepareJsonPoint(point: PointProfile, binding: JsonBinding, parameters: Parameters): JsonPoint {
  return {
    id: point.id,
    type: point.type,
    pointer: binding.pointer,
    tokens: pointerTokens(binding.pointer),
    words: binding.words === undefined ? null : new Map(Object.entries(binding.words)),
    unless:
      binding.unless === undefined
        ? null
        : { tokens: pointerTokens(binding.unless.pointer), equals: binding.unless.equals },
    conversion: prepareConversion(binding, parameters),
  }
}

/** A metric is a member of the document that its source makes of a Sparkplug or SenML message. */
export function prepareMetricPoint(
  point: PointProfile,
  { name, unit: _, ...binding }: MetricBinding,
  parameters: Parameters,
): JsonPoint {
  return { ...prepareJsonPoint(point, { ...binding, pointer: '' }, parameters), pointer: name, tokens: [name] }
}

/** `json` is what stands at the point's pointer. JSON null is a device's way to say that it has no value. */
export function decodeJsonValue(point: JsonPoint, json: unknown): Decoded {
  if (json === null) return { fault: 'sentinel', detail: `null at ${point.pointer}` }
  if (point.type === 'text') return decodeText(point, json)
  const raw = rawNumber(point, json)
  if (raw === undefined) return malformed(point, json)
  // JSON has no infinity, but 1e999 is parsed to one: not a code of the device, just not a number.
  if (!Number.isFinite(raw)) return malformed(point, json)
  if (point.type === 'boolean' && !isBooleanRaw(point, raw)) return malformed(point, json)
  return toValue(point.conversion, raw)
}

/** Throws a RangeError for a value that the message cannot say. */
export function encodeJsonValue(point: JsonPoint, value: number | string): unknown {
  if (point.type === 'text') {
    if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return value
    throw new RangeError(`expected a text of at most ${MAX_TEXT_LENGTH} characters, got ${describe(value)}`)
  }
  if (typeof value !== 'number') throw new RangeError(`expected a number, got ${describe(value)}`)
  if (point.type === 'boolean' && value !== 0 && value !== 1) {
    throw new RangeError(`expected 0 or 1 for a boolean, got ${value}`)
  }
  const raw = refuseSentinel(point.conversion, tidy(toRaw(point.conversion, value)))
  if (point.words !== null) {
    for (const [word, number] of point.words) if (number === raw) return word
  }
  return point.type === 'boolean' && (raw === 0 || raw === 1) ? raw === 1 : raw
}

function decodeText(point: JsonPoint, json: unknown): Decoded {
  if (typeof json === 'string' && json.length <= MAX_TEXT_LENGTH) return { value: json }
  return malformed(point, json)
}

function rawNumber(point: JsonPoint, json: unknown): number | undefined {
  if (typeof json === 'number') return json
  if (typeof json === 'string') return point.words?.get(json)
  if (typeof json === 'boolean' && point.type !== 'number') return json ? 1 : 0
  return undefined
}

function isBooleanRaw(point: JsonPoint, raw: number): boolean {
  return point.conversion.trueWhen !== null || raw === 0 || raw === 1 || point.conversion.sentinels.includes(raw)
}

function malformed(point: JsonPoint, json: unknown): Decoded {
  return {
    fault: 'malformed',
    detail: `expected ${expectation(point)} at ${point.pointer || 'the top'}, got ${describe(json)}`,
  }
}

function expectation(point: JsonPoint): string {
  if (point.type === 'text') return `a text of at most ${MAX_TEXT_LENGTH} characters`
  const words = point.words === null ? '' : ` or one of ${[...point.words.keys()].join(', ')}`
  return `${point.type === 'boolean' ? 'true or false' : 'a number'}${words}`
}

/** A short description of any JSON value for an error message. */
export function describe(json: unknown): string {
  if (json === undefined) return 'nothing'
  if (Array.isArray(json)) return 'a list'
  if (typeof json === 'object' && json !== null) return 'an object'
  if (typeof json === 'string') return `the text ${JSON.stringify(json.length > 40 ? `${json.slice(0, 40)}…` : json)}`
  return String(json)
}

/** Shortest decimal that means the same: a scenario's 0.30000000000000004 would make messages that no device sends. */
function tidy(raw: number): number {
  if (!Number.isFinite(raw)) throw new RangeError('the value is too large for its scale')
  const short = Number(raw.toPrecision(15))
  return Number.isFinite(short) ? short : raw
}
