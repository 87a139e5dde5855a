/** From a message to the device's own bytes, or to what somebody has made of them, whatever stands around them. */
import type { NetworkServer } from '../payload-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import { DEFAULT_NETWORK_SERVER, prepareUplink } from './network-server.ts'
import type { OpenedMessage } from './opened-message.ts'
import { prepareUnwrapping } from './payload-bytes.ts'

export type Opened = OpenedMessage | { readonly malformed: string } | null

/** Null for a message of another kind, which says nothing at all. What is on another port has neither bytes nor object. */
export function createOpener(
  { mqtt }: DeviceProfile,
  networkServer: NetworkServer = DEFAULT_NETWORK_SERVER,
): (message: Uint8Array) => Opened {
  const payload = mqtt?.payload ?? { format: 'json' }
  if (mqtt?.through === 'lorawan') {
    const open = prepareUplink(networkServer)
    const port = 'fPort' in payload ? payload.fPort : undefined
    return (message) => {
      const uplink = open(message)
      if (uplink === null || 'malformed' in uplink || port === undefined || uplink.fPort === port) return uplink
      return { ...uplink, bytes: null, object: undefined }
    }
  }
  const unwrap = prepareUnwrapping(payload.format === 'binary' || payload.format === 'codec' ? payload : {})
  return (message) => {
    const unwrapped = unwrap(message)
    if (unwrapped === null || 'malformed' in unwrapped) return unwrapped
    return { bytes: unwrapped.bytes, object: undefined, fPort: null, time: null, link: {} }
  }
}
