/** Points of another tool as ours: ids, units of the list, quantities of the kind in the kind's units. */
import { withoutNoise } from '../../../../device-profiles/codec/conversion.ts'
import type { KindProfile, PointProfile } from '../../../../device-profiles/schema.ts'
import { conversion, converted, unitOf } from '../../../../device-profiles/units.ts'
import { usualQuantity } from '../new/point-questions.ts'
import { idOf } from '../new/readers.ts'
import type { ForeignPoint, Loss } from './foreign-device.ts'

/** What other tools write, in our words. */
const UNITS: Readonly<Record<string, string>> = {
  ...{
    C: '°C',
    degC: '°C',
    '℃': '°C',
    Grad: '°C',
    celsius: '°C',
    'degrees Celsius': '°C',
    F: '°F',
    degF: '°F',
    '℉': '°F',
  },
  ...{
    Watt: 'W',
    Watts: 'W',
    Volt: 'V',
    Volts: 'V',
    Ampere: 'A',
    Amps: 'A',
    Hertz: 'Hz',
    hz: 'Hz',
    Percent: '%',
    percent: '%',
    '%RH': '%',
  },
  ...{
    kWH: 'kWh',
    KWh: 'kWh',
    VAr: 'var',
    kVAr: 'kvar',
    Ohm: 'Ω',
    deg: '°',
    degree: '°',
    m3: 'm³',
    Pascal: 'Pa',
    meter: 'm',
    metre: 'm',
  },
}

export interface ToPointsOptions {
  readonly kind: KindProfile
  /** Quantities by the id of the point, from `--quantity`. */
  readonly quantities: ReadonlyMap<string, string>
  /** Units by the id of the point, from `--unit`; before those of the file. */
  readonly units: ReadonlyMap<string, string>
}

export function toPoints(
  foreign: readonly ForeignPoint[],
  options: ToPointsOptions,
): {
  readonly points: readonly PointProfile[]
  readonly comments: ReadonlyMap<string, readonly string[]>
  readonly losses: readonly Loss[]
} {
  const points: PointProfile[] = []
  const comments = new Map<string, readonly string[]>()
  const losses: Loss[] = []
  for (const found of foreign) {
    const { point, loss } = toPoint(found, freeId(found, points), options)
    if (loss !== null) losses.push({ line: found.line, message: `"${found.name}": ${loss}` })
    const says = [`line ${found.line}: ${found.name}`, ...(found.description === undefined ? [] : [found.description])]
    comments.set(point.id, [says.join(', ').replaceAll(/\s+/g, ' ')])
    points.push(point)
  }
  return { points, comments, losses }
}

function freeId({ name, modbus }: ForeignPoint, points: readonly PointProfile[]): string {
  const id = idOf(name) || `${modbus.table}-${modbus.address}`
  if (points.every((point) => point.id !== id)) return id
  const numbered = [...points.keys()].map((i) => `${id.slice(0, 58)}-${i + 2}`)
  return numbered.find((candidate) => points.every((point) => point.id !== candidate)) ?? id
}

function toPoint(
  { name, type, unit: said, modbus }: ForeignPoint,
  id: string,
  { kind, quantities, units }: ToPointsOptions,
): { readonly point: PointProfile; readonly loss: string | null } {
  const written = units.get(id) ?? said
  const known = written === undefined ? '1' : (UNITS[written] ?? written)
  const unit = unitOf(known) === null ? '1' : known
  const loss =
    unit === known
      ? null
      : `the unit "${written}" is none of the list in device-profiles/README.md; 1 stands in its place`
  const quantity = quantities.get(id) ?? usualQuantity(kind, id)
  const wanted = quantity === undefined ? undefined : kind.quantities[quantity]?.unit
  const way = wanted === undefined || type !== 'number' ? null : conversion(unit, wanted)
  const english = name.charAt(0).toUpperCase() + name.slice(1)
  const common = { id, name: { zh: (quantity && kind.quantities[quantity]?.name.zh) || english, en: english } }
  // Of another dimension it measures something else, whatever it is called.
  if (typeof way === 'string') {
    const why = written === undefined ? `the file says no unit; give it as --unit ${id}=${wanted}` : way
    const point = { ...common, name: { zh: english, en: english }, unit, type, modbus }
    return { point, loss: loss ?? `is not taken as ${quantity}: ${why}` }
  }
  if (quantity === undefined || wanted === undefined) return { point: { ...common, unit, type, modbus }, loss }
  if (way === null || unit === wanted) return { point: { ...common, quantity, unit: wanted, type, modbus }, loss }
  const { scale = 1, offset = 0, ...place } = modbus
  const line = { scale: withoutNoise(Number(scale) * way.times), offset: converted(Number(offset), way) }
  const moved = {
    ...place,
    ...(line.scale !== 1 && { scale: line.scale }),
    ...(line.offset !== 0 && { offset: line.offset }),
  }
  return { point: { ...common, quantity, unit: wanted, type, modbus: moved }, loss }
}
