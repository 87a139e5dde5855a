/** The sections about stations, people and places as the registry that answers from them. */
import type { RegistryContent } from '../registry/registry-content.ts'
import type { ConfigFile } from './schema.ts'

/** Of a sound file. */
export function registryContentOf({ station }: ConfigFile): RegistryContent {
  const { id, name, type, address, timeZone = 'Asia/Shanghai' } = station
  const own = { id, name, level: 'station', type, parent: null, address, timeZone, area: null, contacts: [] } as const
  return { own: id, stations: [{ station: own, roster: null }], places: [], placeOfDevice: {} }
}
