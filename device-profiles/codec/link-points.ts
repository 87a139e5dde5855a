/** Points of which the network server speaks: how well it hears the device. */
import type { LinkFact } from '../binding-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import type { Decoded } from './decoded.ts'

type Link = Readonly<Partial<Record<LinkFact, number>>>

/** Gives the points with those of the link added. */
export function createLinkDecoder(
  profile: DeviceProfile,
): (points: ReadonlyMap<string, Decoded>, link: Link) => ReadonlyMap<string, Decoded> {
  const bound = profile.points.flatMap(({ id, link }) => (link === undefined ? [] : [{ id, link }]))
  if (bound.length === 0) return (points) => points
  return (points, link) => {
    const all = new Map(points)
    for (const { id, link: fact } of bound) {
      const value = link[fact]
      if (value !== undefined) all.set(id, { value })
    }
    return all
  }
}
