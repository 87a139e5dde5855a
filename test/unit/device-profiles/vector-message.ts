import { encodeUplink } from '../../../device-profiles/codec/network-server.ts'
import type { DeviceProfile, Vector } from '../../../device-profiles/schema.ts'

/** The message of a vector as a broker would deliver it; through a network server as that of ChirpStack. */
export function messageOf({ mqtt }: DeviceProfile, { text, hex, fPort }: Vector): Uint8Array {
  const bytes = Buffer.from(hex ?? '', 'hex')
  if (mqtt?.through !== 'lorawan') return text === undefined ? bytes : new TextEncoder().encode(text)
  const object = text === undefined ? undefined : (JSON.parse(text) as unknown)
  return encodeUplink('chirpstack-v4', {
    bytes,
    object,
    fPort: fPort ?? ('fPort' in mqtt.payload ? mqtt.payload.fPort : undefined) ?? 1,
  })
}
