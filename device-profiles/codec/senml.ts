/**
 * SenML in JSON (RFC 8428): a list of records, in which what many have in common stands once, as base fields, and holds from
 * there on. A pack is resolved (4.6) into measurements that say everything themselves.
 */
import type { DeviceProfile } from '../schema.ts'
import type { Parameters } from './conversion.ts'
import { encodeJsonValue, prepareMetricPoint } from './json-value.ts'
import { naming } from './naming.ts'

export interface SenmlMeasurement {
  readonly name: string
  readonly unit: string | null
  /** Null for what no point can be: data (`vd`). */
  readonly value: number | string | boolean | null
  /** Seconds since 1970, or, below 2^28, from now on (4.5.3). */
  readonly time: number
}

interface Base {
  name: string
  time: number
  unit: string | null
  value: number
}

/** More than any device sends; beyond it a pack is an attack or a mistake. */
const MAX_RECORDS = 4096
/** RFC 8428 4.4; no later version says what would have to be done otherwise. */
const VERSION = 10
/** RFC 8428 4.5.1 */
const NAME = /^[A-Za-z0-9][-A-Za-z0-9:./_]*$/
export const RELATIVE_BELOW = 2 ** 28

/** Never throws: a pack that breaks a rule says nothing, because one wrong base field falsifies all that follows. */
export function resolveSenml(json: unknown): readonly SenmlMeasurement[] | { readonly malformed: string } {
  if (!Array.isArray(json)) return { malformed: 'expected a list of SenML records' }
  if (json.length > MAX_RECORDS) return { malformed: `expected at most ${MAX_RECORDS} records, got ${json.length}` }
  const base: Base = { name: '', time: 0, unit: null, value: 0 }
  const measurements: SenmlMeasurement[] = []
  for (const [index, record] of json.entries()) {
    const problem = recordProblem(record)
    if (problem !== null) return { malformed: `record ${index}: ${problem}` }
    const fields = record as Fields
    rebase(base, fields)
    const measurement = measurementOf(base, fields)
    if (measurement === null) continue
    if (!NAME.test(measurement.name)) return { malformed: `record ${index}: "${measurement.name}" is no SenML name` }
    measurements.push(measurement)
  }
  return measurements
}

const TEXTS = ['bn', 'n', 'bu', 'u', 'vs', 'vd'] as const
const NUMBERS = ['bt', 't', 'bv', 'v', 'bs', 's', 'ut', 'bver'] as const
type Fields = Readonly<
  Partial<Record<(typeof TEXTS)[number], string> & Record<(typeof NUMBERS)[number], number>> & { vb?: boolean }
>

function recordProblem(record: unknown): string | null {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'expected an object'
  const fields: Readonly<Record<string, unknown>> = { ...record }
  const text = TEXTS.find((key) => fields[key] !== undefined && typeof fields[key] !== 'string')
  if (text !== undefined) return `expected a text as "${text}"`
  const number = NUMBERS.find((key) => fields[key] !== undefined && !Number.isFinite(fields[key]))
  if (number !== undefined) return `expected a number as "${number}"`
  if (fields.vb !== undefined && typeof fields.vb !== 'boolean') return 'expected true or false as "vb"'
  if (Number(fields.bver ?? VERSION) > VERSION) return `version ${fields.bver} is not understood`
  // RFC 8428 4.4: who does not understand such a field must not use the record.
  const demanded = Object.keys(fields).find((key) => key.endsWith('_'))
  return demanded === undefined ? null : `the field "${demanded}" must be understood, and is not`
}

function rebase(base: Base, { bn, bt, bu, bv }: Fields): void {
  if (bn !== undefined) base.name = bn
  if (bt !== undefined) base.time = bt
  if (bu !== undefined) base.unit = bu
  if (bv !== undefined) base.value = bv
}

/** Null for a record with base fields only, or with nothing but a sum, which is no measurement of a moment. */
function measurementOf(base: Base, { n = '', t = 0, u, v, vs, vb, vd }: Fields): SenmlMeasurement | null {
  const said = { name: base.name + n, unit: u ?? base.unit, time: base.time + t }
  if (v !== undefined) return { ...said, value: base.value + v }
  const value = vs ?? vb
  if (value !== undefined) return { ...said, value }
  return vd === undefined ? null : { ...said, value: null }
}

/** The pack that decodes to `values`. `time` in milliseconds since 1970. */
export function encodeSenml(
  profile: DeviceProfile,
  values: Readonly<Record<string, number | string>>,
  { parameters, time }: { readonly parameters: Parameters; readonly time: number | undefined },
): Uint8Array {
  const records = profile.points.flatMap((point) => {
    const value = values[point.id]
    if (point.metric === undefined || value === undefined) return []
    const { name, unit } = point.metric
    const prepared = prepareMetricPoint(point, point.metric, parameters)
    const raw = naming(point.id, () => encodeJsonValue(prepared, value))
    const key = typeof raw === 'number' ? 'v' : typeof raw === 'boolean' ? 'vb' : 'vs'
    return [{ n: name, ...(unit !== undefined && { u: unit }), [key]: raw }]
  })
  const [first, ...rest] = records
  const pack = first === undefined || time === undefined ? records : [{ bt: time / 1000, ...first }, ...rest]
  return new TextEncoder().encode(JSON.stringify(pack))
}
