/** The sections about stations, people and places as the registry that answers from them. */
import { wgs84FromGcj02 } from '../registry/gcj02.ts'
import type { RegistryContent, StationContent } from '../registry/registry-content.ts'
import type { Area, Place, Position } from '../registry-model.ts'
import { type DutySurroundings, personOf, rosterOf } from './duty.ts'
import type { AreaSection, DutySection, PlaceSection, PositionSection } from './registry-schema.ts'
import type { ConfigFile, StationNode } from './schema.ts'

/** Of a station that has no clock of its own and asks for none. */
export const USUAL_TIME_ZONE = 'Asia/Shanghai'

/** This gateway's own station and those around it, with the way to each in the file. */
export function stationNodes({ station, stations = [] }: ConfigFile): readonly {
  readonly node: StationNode
  readonly at: readonly (string | number)[]
}[] {
  const others = stations.map((node, index) => ({ node, at: ['stations', index] }))
  return [{ node: { level: 'station', ...station }, at: ['station'] }, ...others]
}

/** Of a sound file. */
export function registryContentOf(file: ConfigFile): RegistryContent {
  const people = new Map((file.people ?? []).map((section) => [section.id, personOf(section)]))
  const surroundings = { people, calendars: file.calendars ?? {} }
  const known = new Set((file.places ?? []).map(({ id }) => id))
  const hung = [...file.devices, ...(file.groups ?? [])].filter(({ place }) => known.has(place))
  return {
    own: file.station.id,
    stations: stationNodes(file).map(({ node }) =>
      stationOf(node, { ...surroundings, timeZone: file.station.timeZone ?? USUAL_TIME_ZONE }),
    ),
    places: (file.places ?? []).map((place) => placeOf(place, file.station.id)),
    placeOfDevice: Object.fromEntries(hung.map(({ id, place }) => [id, place])),
  }
}

function stationOf(
  node: StationNode,
  { timeZone, ...surroundings }: DutySurroundings & { readonly timeZone: string },
): StationContent {
  const { id, name, level, type = null, parent = null, address, area, contacts = [], duty } = node
  return {
    station: {
      ...{ id, name, level, type, parent, address, timeZone: node.timeZone ?? timeZone },
      area: area === undefined ? null : areaOf(area),
      contacts: contacts.map((person) => surroundings.people.get(person)).filter((person) => person !== undefined),
    },
    roster: hasRoster(duty) ? rosterOf(duty, surroundings) : null,
  }
}

function hasRoster(duty: DutySection | undefined): duty is Extract<DutySection, { type: 'roster' }> {
  return duty?.type === 'roster'
}

function placeOf({ position, station, ...place }: PlaceSection, own: string): Place {
  return { ...place, position: position === undefined ? null : positionOf(position), station: station ?? own }
}

/** In WGS-84, whatever it was given in. */
export function positionOf({ latitude, longitude, datum }: PositionSection): Position {
  if (datum !== 'gcj-02') return { latitude, longitude }
  return { ...wgs84FromGcj02({ latitude, longitude }), convertedFrom: 'gcj-02' }
}

export function areaOf(area: AreaSection): Area {
  const turn = (position: PositionSection) => positionOf({ ...position, ...(area.datum && { datum: area.datum }) })
  if (area.type === 'circle') {
    return { type: 'circle', centre: turn(area.centre), radiusMetres: area.radiusMetres }
  }
  return { type: 'polygon', corners: openCorners(area.corners).map(turn) }
}

/** Without a last corner that repeats the first, as other formats want it. */
export function openCorners<T extends PositionSection>(corners: readonly T[]): readonly T[] {
  const [first, last] = [corners[0], corners.at(-1)]
  const isClosed = corners.length > 1 && first?.latitude === last?.latitude && first?.longitude === last?.longitude
  return isClosed ? corners.slice(0, -1) : corners
}
