/** Messages in which a member names the device, because its topic does not. */
import { pointerTokens, valueAt, withValueAt } from '../device-profiles/codec/json-pointer.ts'
import type { DeviceProfile } from '../device-profiles/schema.ts'

/** The same message where its topic names the device. */
export function withName(
  payload: Uint8Array,
  {
    profile: { mqtt },
    address,
  }: { readonly profile: Pick<DeviceProfile, 'mqtt'>; readonly address?: string | undefined },
): Uint8Array {
  if (mqtt?.addressIn === undefined || address === undefined) return payload
  const document: unknown = JSON.parse(new TextDecoder().decode(payload))
  const each = mqtt.payload.format === 'json' ? mqtt.payload.each : undefined
  const list = each === undefined ? [document] : valueAt(document, pointerTokens(each))
  for (const item of Array.isArray(list) ? list : []) withValueAt(item, pointerTokens(mqtt.addressIn), address)
  return new TextEncoder().encode(JSON.stringify(document))
}
