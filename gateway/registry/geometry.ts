/** Positions and areas on the ground, for areas of a city and not of a continent. */
import type { Area, Position } from '../registry-model.ts'

/** The mean radius of the earth. */
const EARTH_METRES = 6_371_008.8

/** Along the great circle; within half a percent of what a surveyor measures. */
export function distanceMetres(a: Position, b: Position): number {
  const [north, south] = [radians(a.latitude), radians(b.latitude)]
  const half = Math.sin((south - north) / 2) ** 2
  const side = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(half + Math.cos(north) * Math.cos(south) * side)))
}

/** A border belongs to the area or not, as the numbers fall. */
export function isInArea(position: Position, area: Area): boolean {
  if (area.type === 'circle') return distanceMetres(position, area.centre) <= area.radiusMetres
  const { latitude, longitude } = position
  let inside = false
  for (const [index, corner] of area.corners.entries()) {
    const before = area.corners.at(index - 1) as Position
    if (corner.latitude > latitude === before.latitude > latitude) continue
    const share = (latitude - corner.latitude) / (before.latitude - corner.latitude)
    if (longitude < corner.longitude + share * (before.longitude - corner.longitude)) inside = !inside
  }
  return inside
}

/** The middle of a circle; of a polygon the mean of its corners. */
export function middleOf(area: Area): Position {
  if (area.type === 'circle') return area.centre
  const { corners } = area
  const mean = (of: (corner: Position) => number): number => corners.reduce((sum, c) => sum + of(c), 0) / corners.length
  return { latitude: mean(({ latitude }) => latitude), longitude: mean(({ longitude }) => longitude) }
}

function radians(degrees: number): number {
  return (degrees / 180) * Math.PI
}
