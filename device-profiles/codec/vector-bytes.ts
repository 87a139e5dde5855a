/** What a model says that only its maker's script understands: nobody here can write it, but its vectors are known. */
import type { DeviceProfile } from '../schema.ts'
import { bytesFromHex } from './text-bytes.ts'

type Values = Readonly<Record<string, number | string>>

/** The bytes of the first vector that says all these values. Throws a RangeError that names what could be said. */
export function bytesOfVector(
  { id, vectors = [] }: Pick<DeviceProfile, 'id' | 'vectors'>,
  values: Values,
): { readonly bytes: Uint8Array; readonly fPort: number | undefined } {
  const known = vectors.filter(({ hex }) => hex !== undefined)
  const found = known.find(({ expect }) => Object.entries(values).every(([point, value]) => expect[point] === value))
  const bytes = found?.hex === undefined ? null : bytesFromHex(found.hex)
  if (found !== undefined && bytes !== null) return { bytes, fPort: found.fPort }
  const said = known.map(({ expect }) => JSON.stringify(expect)).join(' or ')
  throw new RangeError(
    `only the script of its maker understands profile ${id}, so it can say what its vectors say and no more: ` +
      `${said || 'it has none with "hex"'}, got ${JSON.stringify(values)}`,
  )
}
