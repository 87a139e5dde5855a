/**
 * GCJ-02, the system of Chinese maps, and the way back from it. The offset is a public approximation (a polynomial with waves,
 * scaled on the Krasovsky 1940 ellipsoid); it has no inverse in closed form, so the way back goes by steps.
 */
import type { Position } from '../registry-model.ts'

type Degrees = Pick<Position, 'latitude' | 'longitude'>

/** Krasovsky 1940: half the long axis in metres, and the square of the eccentricity. */
const AXIS_METRES = 6_378_245
const ECCENTRICITY_2 = 0.006_693_421_622_965_943
/** The transform is made for a rectangle around China, and leaves the world outside as it is. */
const BOUNDS = { south: 0.8293, north: 55.8271, west: 72.004, east: 137.8347 }
/** Far below a millimetre. */
const NEAR_DEGREES = 1e-10
/** Each step leaves about a thousandth of the error before it. */
const MAX_STEPS = 12

/** Whether it lies in the rectangle in which the two systems differ. */
export function hasGcj02({ latitude, longitude }: Degrees): boolean {
  return latitude > BOUNDS.south && latitude < BOUNDS.north && longitude > BOUNDS.west && longitude < BOUNDS.east
}

/** Of a position outside China: the same position. */
export function gcj02FromWgs84(wgs84: Degrees): Degrees {
  if (!hasGcj02(wgs84)) return wgs84
  const { latitude, longitude } = offsetAt(wgs84)
  return { latitude: wgs84.latitude + latitude, longitude: wgs84.longitude + longitude }
}

/** Within a millimetre of the position whose GCJ-02 is given. Of a position outside China: the same position. */
export function wgs84FromGcj02(gcj02: Degrees): Degrees {
  if (!hasGcj02(gcj02)) return gcj02
  let found = gcj02
  for (let step = 0; step < MAX_STEPS; step++) {
    const offset = offsetAt(found)
    const next = { latitude: gcj02.latitude - offset.latitude, longitude: gcj02.longitude - offset.longitude }
    const moved = Math.abs(next.latitude - found.latitude) + Math.abs(next.longitude - found.longitude)
    found = next
    if (moved < NEAR_DEGREES) break
  }
  return found
}

function offsetAt({ latitude, longitude }: Degrees): Degrees {
  const [x, y] = [longitude - 105, latitude - 35]
  const radians = (latitude / 180) * Math.PI
  const flattened = 1 - ECCENTRICITY_2 * Math.sin(radians) ** 2
  const meridian = (AXIS_METRES * (1 - ECCENTRICITY_2)) / flattened ** 1.5
  const parallel = (AXIS_METRES / Math.sqrt(flattened)) * Math.cos(radians)
  return {
    latitude: (northMetres(x, y) * 180) / (meridian * Math.PI),
    longitude: (eastMetres(x, y) * 180) / (parallel * Math.PI),
  }
}

function northMetres(x: number, y: number): number {
  const slope = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
  return (
    slope +
    fineWaves(x) +
    waves(y, [
      [1, 20],
      [1 / 3, 40],
      [1 / 12, 160],
      [1 / 30, 320],
    ])
  )
}

function eastMetres(x: number, y: number): number {
  const slope = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
  return (
    slope +
    fineWaves(x) +
    waves(x, [
      [1, 20],
      [1 / 3, 40],
      [1 / 12, 150],
      [1 / 30, 300],
    ])
  )
}

function fineWaves(x: number): number {
  return waves(x, [
    [6, 20],
    [2, 20],
  ])
}

/** Pairs of frequency and height. */
function waves(at: number, parts: readonly (readonly [number, number])[]): number {
  return (parts.reduce((sum, [frequency, height]) => sum + height * Math.sin(frequency * at * Math.PI), 0) * 2) / 3
}
