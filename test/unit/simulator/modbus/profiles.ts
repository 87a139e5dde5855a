/** The product's profiles, and a bank with a point in every table. */
import { loadCatalogue } from '../../../../device-profiles/catalogue.ts'
import type { DeviceProfile, PointProfile } from '../../../../device-profiles/schema.ts'

export const catalogue = loadCatalogue()

export function profileOf(id: string): DeviceProfile {
  const profile = catalogue.profiles.get(id)
  if (profile === undefined) throw new Error(`no profile ${id}`)
  return profile
}

function point(id: string, modbus: NonNullable<PointProfile['modbus']>): PointProfile {
  return { id, name: { zh: id, en: id }, unit: '1', type: 'number', modbus }
}

/** Coils 10 to 12, discrete input 5, input register 7, holding registers 0, 1, (gap 2, 3), 4 and, far away, 100. */
export const everyTable: DeviceProfile = {
  id: 'every-table',
  vendor: 'test',
  model: 'test',
  name: { zh: 'test', en: 'test' },
  kind: 'smoke',
  protocol: 'modbus',
  status: 'unverified',
  sources: [{ title: 'made for this test' }],
  modbus: { pollInterval: '1s', maxGap: 2 },
  points: [
    point('coil-a', { table: 'coil', address: 10, type: 'bit' }),
    point('coil-b', { table: 'coil', address: 11, type: 'bit' }),
    point('coil-c', { table: 'coil', address: 12, type: 'bit' }),
    point('contact', { table: 'discrete-input', address: 5, type: 'bit' }),
    point('input', { table: 'input-register', address: 7, type: 'int16', scale: 0.1 }),
    point('long', { table: 'holding-register', address: 0, type: 'uint32', byteOrder: 'CDAB' }),
    point('low', { table: 'holding-register', address: 4, type: 'bit', bit: 0 }),
    point('high', { table: 'holding-register', address: 4, type: 'bit', bit: 15 }),
    point('far', { table: 'holding-register', address: 100, type: 'uint16', sentinels: [65535], scale: 0.1 }),
  ],
}
