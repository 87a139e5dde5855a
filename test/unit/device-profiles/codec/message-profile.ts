import type { Decoded } from '../../../../device-profiles/codec/decoded.ts'
import { createMessageDecoder } from '../../../../device-profiles/codec/message.ts'
import type { NetworkServer, Payload } from '../../../../device-profiles/payload-schema.ts'
import type { DeviceProfile, PointProfile } from '../../../../device-profiles/schema.ts'

const name = { zh: '名', en: 'name' }

export type BarePoint = Partial<PointProfile> & Pick<PointProfile, 'id'>

/** A profile of nothing but messages; points are numbers where they do not say otherwise. */
export function profileOf(
  payload: Payload,
  points: readonly BarePoint[],
  mqtt: Partial<NonNullable<DeviceProfile['mqtt']>> = { topic: 'device/{address}' },
): DeviceProfile {
  return {
    ...{ id: 'device', vendor: 'vendor', model: 'model', name, kind: 'kind', protocol: 'mqtt', status: 'reference' },
    sources: [{ title: 'test' }],
    mqtt: { interval: '1m', payload, ...mqtt },
    points: points.map((point) => ({ name, unit: '1', type: 'number', ...point })),
  }
}

/** What a message says, as plain data; what is wrong with all of it as a text. */
export function said(profile: DeviceProfile, message: Uint8Array | string, networkServer?: NetworkServer) {
  const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message
  const decoded = createMessageDecoder(profile, {}, { networkServer })(bytes)
  if ('malformed' in decoded) return decoded.malformed
  const { points, time, further = [], ...rest } = decoded
  const records = further.map((record) => ({ ...record, points: plain(record.points) }))
  return { points: plain(points), time, ...(records.length > 0 && { further: records }), ...rest }
}

function plain(points: ReadonlyMap<string, Decoded>) {
  return Object.fromEntries([...points].map(([id, found]) => [id, 'value' in found ? found.value : found.fault]))
}
