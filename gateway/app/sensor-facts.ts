/** The devices in the field as ledgers know them: where they hang, who answers for them, what they say now. */
import type { GatewayConfig } from '../config/config.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Inspection, InspectionType } from '../ledger-model.ts'
import type { EquipmentFacts } from '../ledgers/equipment.ts'
import type { SensorFacts } from '../ledgers/sensor-tables.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { PointStatus } from '../pipeline/status.ts'
import type { Registry } from '../registry-model.ts'
import type { Period } from '../statistics/alarm-statistics.ts'

/** Trends that are asked for at once. */
const AT_ONCE = 32
/** Stretches into which a period is cut to find its lowest and highest value. */
const STRETCHES = 200
const MOST_INSPECTIONS = 10_000

type Watched = Pick<Pipeline, 'devices' | 'alarms' | 'points'>

/** Neither the gateway itself, nor groups. */
export function sensorsOf(pipeline: Pick<Pipeline, 'devices'>, registry: Registry): SensorFacts[] {
  const field = Iterator.from(pipeline.devices()).filter(({ device }) => device.profile.protocol !== 'self')
  return [
    ...field.map(({ device, state }) => ({
      ...{ device: device.id, deviceName: device.name, kind: device.kind, place: device.place },
      ...{ station: registry.responsibleFor(device.id).id, placeId: registry.placeOf(device.id)?.id ?? null },
      working: state === 'ok',
    })),
  ]
}

export async function equipmentOf(
  { pipeline, journal }: { readonly pipeline: Watched; readonly journal: Pick<Journal, 'histories' | 'latestEntries'> },
  {
    config,
    registry,
    period,
  }: { readonly config: GatewayConfig; readonly registry: Registry; readonly period: Period },
): Promise<EquipmentFacts[]> {
  const units = sensorsOf(pipeline, registry).filter(({ kind }) => config.equipment.kinds.includes(kind))
  const wanted = new Set(units.map(({ device }) => device))
  const points = Map.groupBy(
    Iterator.from(pipeline.points()).filter(({ device }) => wanted.has(device.id)),
    ({ device }) => device.id,
  )
  const inspections = inspectionsByDevice((await journal.latestEntries('inspection', MOST_INSPECTIONS)) as Inspection[])
  const extremes = await extremesOf(journal, { points, period })
  const statuses = new Map(Iterator.from(pipeline.devices()).map((status) => [status.device.id, status]))
  const rows = Map.groupBy(pipeline.alarms(), ({ device }) => device)
  return units.map(({ working: heard, ...unit }) => {
    const own = points.get(unit.device) ?? []
    const pressure = pressureOf(own)
    const alarms = (rows.get(unit.device) ?? []).filter(({ mark }) => mark === null)
    const status = statuses.get(unit.device)
    const present = quantityOf(own, 'present')
    return {
      ...{
        device: unit.device,
        deviceName: unit.deviceName,
        kind: unit.kind,
        station: unit.station,
        place: unit.place,
      },
      crowded: registry.placeOf(unit.device)?.kind === 'crowded-place',
      ...{ pressure: goodNumber(pressure), pressureUnit: pressure?.point.profile.unit ?? '' },
      ...(extremes.get(unit.device) ?? { lowest: null, highest: null }),
      lossPerDay: quantityOf(own, 'leak-rate'),
      ...{ present: present === null ? null : present === 1, heard, lastHeardAt: status?.lastHeardAt ?? null },
      outOfService: alarms.some(({ outOfService }) => outOfService !== null && outOfService.by !== null),
      open: alarms.filter(({ state }) => state !== 'normal').length,
      inspections: inspections.get(unit.device) ?? {},
    }
  })
}

type Extremes = { readonly lowest: number | null; readonly highest: number | null }

async function extremesOf(
  journal: Pick<Journal, 'histories'>,
  { points, period }: { readonly points: ReadonlyMap<string, readonly PointStatus[]>; readonly period: Period },
): Promise<ReadonlyMap<string, Extremes>> {
  const asked = [...points].flatMap(([device, own]) => {
    const pressure = pressureOf(own)
    return pressure === null ? [] : [{ device, point: pressure.point.id }]
  })
  const found = new Map<string, Extremes>()
  for (let start = 0; start < asked.length; start += AT_ONCE) {
    const some = asked.slice(start, start + AT_ONCE)
    const queries = some.map(({ point }) => ({ point, ...period, maxPoints: STRETCHES }))
    for (const [i, rows] of (await journal.histories(queries)).entries()) {
      const lows = rows.flatMap(({ min }) => (min === null ? [] : [min]))
      const highs = rows.flatMap(({ max }) => (max === null ? [] : [max]))
      const device = some[i]?.device ?? ''
      if (lows.length > 0) found.set(device, { lowest: Math.min(...lows), highest: Math.max(...highs) })
    }
  }
  return found
}

function inspectionsByDevice(all: readonly Inspection[]) {
  const byDevice = new Map<string, Partial<Record<InspectionType, Inspection>>>()
  for (const one of all) byDevice.set(one.device, { ...byDevice.get(one.device), [one.type]: one })
  return byDevice
}

function pressureOf(points: readonly PointStatus[]): PointStatus | null {
  return points.find(({ point }) => point.profile.quantity === 'pressure') ?? null
}

function quantityOf(points: readonly PointStatus[], quantity: string): number | null {
  return goodNumber(points.find(({ point }) => point.profile.quantity === quantity) ?? null)
}

/** What cannot be believed is not written in a ledger. */
function goodNumber(status: PointStatus | null): number | null {
  const reading = status?.reading
  return reading?.quality === 'good' && typeof reading.value === 'number' ? reading.value : null
}
