/** That stations are a tree, that people and places are there, and that positions are where they can be. */

import { hasGcj02 } from '../registry/gcj02.ts'
import { distanceMetres, middleOf } from '../registry/geometry.ts'
import type { Area } from '../registry-model.ts'
import { checkDuty } from './duty-checks.ts'
import { knownNames } from './known-names.ts'
import { areaOf, openCorners, positionOf, stationNodes } from './registry.ts'
import type { AreaSection, PositionSection } from './registry-schema.ts'
import type { ConfigPath, Report } from './report.ts'
import type { ConfigFile, StationNode } from './schema.ts'

/** A parent is of a higher level; a bureau may be under another one. */
const RANK = { station: 0, centre: 1, bureau: 2 } as const
/** No station looks after a place so far away. */
const FARTHEST_METRES = 100_000
const LARGEST_AREA_METRES = 1_000_000

export function checkRegistry(file: ConfigFile, report: Report): void {
  checkIds(file, report)
  checkLevels(file, report)
  checkParents(file, report)
  checkOneTop(file, report)
  checkContacts(file, report)
  checkAreas(file, report)
  checkPlaces(file, report)
  checkDevicePlaces(file, report)
  checkDuty(file, report)
}

function checkIds({ station, stations = [], people = [], places = [] }: ConfigFile, report: Report): void {
  for (const [section, items] of Object.entries({ stations, people, places })) {
    const first = new Map<string, string>(section === 'stations' ? [[station.id, 'station']] : [])
    for (const [index, { id }] of items.entries()) {
      const before = first.get(id)
      if (before === undefined) first.set(id, `${section}[${index}]`)
      else report([section, index, 'id'], `expected an id of its own, got "${id}", which ${before} has too`)
    }
  }
}

function checkLevels(file: ConfigFile, report: Report): void {
  for (const { node, at } of stationNodes(file)) {
    if (node.level === 'station' && node.type === undefined) {
      report([...at], 'expected a type: community, industrial-park or street; got none')
    }
    if (node.level !== 'station' && node.type !== undefined) {
      report([...at, 'type'], `expected no type, because it is a ${node.level}; got "${node.type}"`)
    }
  }
}

type Nodes = ReadonlyMap<string, StationNode>

function nodesOf(file: ConfigFile): Nodes {
  return new Map(stationNodes(file).map(({ node }) => [node.id, node]))
}

function checkParents(file: ConfigFile, report: Report): void {
  const nodes = nodesOf(file)
  const told = new Set<string>()
  for (const { node, at } of stationNodes(file)) {
    if (node.parent === undefined) continue
    const parent = nodes.get(node.parent)
    const where = [...at, 'parent']
    if (parent === undefined) {
      const hint = knownNames('stations', { name: node.parent, names: [...nodes.keys()] })
      report(where, `expected the id of a station, got "${node.parent}"${hint}`)
      continue
    }
    const circle = circleFrom(node, nodes)
    if (circle !== null) {
      // Told once, at the first of its stations.
      if (!circle.some((id) => told.has(id))) {
        report(where, `expected a tree of stations, got a circle: ${[...circle, circle[0]].join(' → ')}`)
      }
      for (const id of circle) told.add(id)
      continue
    }
    const isHigher = RANK[parent.level] > RANK[node.level] || node.level === 'bureau'
    if (!isHigher || RANK[parent.level] < RANK[node.level]) {
      const above = node.level === 'station' ? 'a centre or a bureau' : 'a bureau'
      report(where, `expected ${above} above a ${node.level}, got "${parent.id}", which is a ${parent.level}`)
    }
  }
}

/** The stations of the circle in which it stands, from it on; null: it stands in none. */
function circleFrom({ id }: StationNode, nodes: Nodes): readonly string[] | null {
  const way: string[] = []
  for (let next: string | undefined = id; next !== undefined; next = nodes.get(next)?.parent) {
    if (next === id && way.length > 0) return way
    if (way.includes(next)) return null
    way.push(next)
  }
  return null
}

/** An alarm climbs to the top; from a station that hangs in the air it climbs nowhere. */
function checkOneTop(file: ConfigFile, report: Report): void {
  const tops = stationNodes(file).filter(({ node }) => node.parent === undefined)
  const highest = tops.toSorted((a, b) => RANK[b.node.level] - RANK[a.node.level])[0]
  for (const { node, at } of tops) {
    if (highest === undefined || node.id === highest.node.id) continue
    report(
      [...at],
      `expected a parent for "${node.id}", because "${highest.node.id}" is at the top of the tree; got none`,
    )
  }
}

function checkContacts(file: ConfigFile, report: Report): void {
  const names = (file.people ?? []).map(({ id }) => id)
  const known = new Set(names)
  for (const { node, at } of stationNodes(file)) {
    for (const [index, name] of (node.contacts ?? []).entries()) {
      if (known.has(name)) continue
      report(
        [...at, 'contacts', index],
        `expected the id of a person, got "${name}"${knownNames('people', { name, names })}`,
      )
    }
  }
}

function checkAreas(file: ConfigFile, report: Report): void {
  for (const { node, at } of stationNodes(file)) {
    if (node.area !== undefined) checkArea(node.area, (path, message) => report([...at, 'area', ...path], message))
  }
}

function checkArea(area: AreaSection, report: Report): void {
  const datum = area.datum === undefined ? {} : { datum: area.datum }
  if (area.type === 'circle') {
    checkPosition({ ...area.centre, ...datum }, (path, message) => report(['centre', ...path], message))
    if (area.radiusMetres > LARGEST_AREA_METRES) {
      report(['radiusMetres'], `expected at most ${LARGEST_AREA_METRES} metres, got ${area.radiusMetres}`)
    }
    return
  }
  const corners = openCorners(area.corners)
  if (corners.length < 3) {
    const closed = corners.length < area.corners.length ? ' (the last one repeats the first)' : ''
    report(['corners'], `expected at least three corners, got ${corners.length}${closed}; or use { type: circle, … }`)
  }
  for (const [index, corner] of area.corners.entries()) {
    checkPosition({ ...corner, ...datum }, (path, message) => report(['corners', index, ...path], message))
  }
}

/** True where it can be. */
function checkPosition(position: PositionSection, report: Report): boolean {
  const { latitude, longitude, datum } = position
  const isLatitude = Math.abs(latitude) <= 90
  if (!isLatitude || Math.abs(longitude) > 180) {
    const areExchanged = !isLatitude && Math.abs(latitude) <= 180 && Math.abs(longitude) <= 90
    const hint = areExchanged ? '; latitude and longitude are probably exchanged' : ''
    const [key, range, value] = isLatitude
      ? (['longitude', '-180 to 180', longitude] as const)
      : (['latitude', '-90 to 90', latitude] as const)
    report([key], `expected a ${key} from ${range} degrees, got ${value}${hint}`)
    return false
  }
  if (latitude === 0 && longitude === 0) {
    report([], 'expected a position, got 0, 0, which is in the sea; leave it out where it is not known')
    return false
  }
  if (datum === 'gcj-02' && !hasGcj02(position)) {
    report(['datum'], `expected wgs-84 outside China, got gcj-02 at ${latitude}, ${longitude}`)
    return false
  }
  return true
}

function checkPlaces(file: ConfigFile, report: Report): void {
  const nodes = nodesOf(file)
  for (const [index, { station = file.station.id, position }] of (file.places ?? []).entries()) {
    const node = nodes.get(station)
    if (node === undefined) {
      const hint = knownNames('stations', { name: station, names: [...nodes.keys()] })
      report(['places', index, 'station'], `expected the id of a station, got "${station}"${hint}`)
    }
    if (position === undefined) continue
    const at: ConfigPath = ['places', index, 'position']
    const isPossible = checkPosition(position, (path, message) => report([...at, ...path], message))
    if (isPossible && node?.area !== undefined) checkDistance(position, { station, area: node.area, at, report })
  }
}

interface Near {
  readonly station: string
  readonly area: AreaSection
  readonly at: ConfigPath
  readonly report: Report
}

function checkDistance(position: PositionSection, { station, area: section, at, report }: Near): void {
  const area: Area = areaOf(section)
  if (area.type === 'polygon' && area.corners.length === 0) return
  const metres = distanceMetres(positionOf(position), middleOf(area)) - (area.type === 'circle' ? area.radiusMetres : 0)
  if (metres <= FARTHEST_METRES) return
  const expected = `expected a position near the area of "${station}"`
  report([...at], `${expected}, got one that is ${Math.round(metres / 1000)} km away from it`)
}

/** Free words stay possible; what looks like an id is meant as one as soon as there are places. */
function checkDevicePlaces({ places = [], devices, groups = [] }: ConfigFile, report: Report): void {
  if (places.length === 0) return
  const names = places.map(({ id }) => id)
  const known = new Set(names)
  for (const [section, items] of Object.entries({ devices, groups })) {
    for (const [index, { place }] of items.entries()) {
      if (known.has(place) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(place)) continue
      report(
        [section, index, 'place'],
        `expected the id of a place, or words with a capital or a space, got "${place}"${knownNames('places', { name: place, names })}`,
      )
    }
  }
}
