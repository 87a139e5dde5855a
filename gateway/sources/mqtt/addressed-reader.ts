/** Messages in which a field names the device: one, or of several readings each its own. */
import { pointerTokens, valueAt } from '../../../device-profiles/codec/json-pointer.ts'
import { parseJson } from '../../../device-profiles/codec/json-text.ts'
import type { MessageDocument } from '../../model.ts'
import type { DeviceContent, MessageReader, MqttMessage, ReadMessage } from './message-reader.ts'

export interface AddressedForm {
  readonly addressIn: string
  /** Where the list of readings stands; absent: the message is one. */
  readonly each?: string | undefined
}

const MAX_ITEMS = 4096
const MAX_NAME = 64

/** `units`: the devices by the address that such a message calls them. */
export function createAddressedReader(
  { addressIn, each }: AddressedForm,
  units: ReadonlyMap<string, string>,
): MessageReader {
  const address = pointerTokens(addressIn)
  const list = each === undefined ? null : pointerTokens(each)
  return {
    read(message) {
      const parsed = parseJson(message.payload)
      if ('malformed' in parsed) return { contents: [], unknown: [parsed.malformed] }
      const items = list === null ? [parsed.json] : valueAt(parsed.json, list)
      if (!Array.isArray(items)) return { contents: [], unknown: [`no list at ${each}`] }
      if (items.length > MAX_ITEMS) return { contents: [], unknown: [`more than ${MAX_ITEMS} readings`] }
      return byDevice(items, { address, units, message })
    },
  }
}

function byDevice(
  items: readonly unknown[],
  {
    address,
    units,
    message,
  }: {
    readonly address: readonly string[]
    readonly units: ReadonlyMap<string, string>
    readonly message: MqttMessage
  },
): ReadMessage {
  const documents = new Map<string, MessageDocument[]>()
  const unknown = new Set<string>()
  for (const json of items) {
    const name = valueAt(json, address)
    const deviceId = units.get(String(name))
    if (deviceId === undefined) unknown.add(typeof name === 'object' ? 'no address' : String(name).slice(0, MAX_NAME))
    else {
      const own = documents.get(deviceId) ?? []
      own.push({ json, time: null })
      documents.set(deviceId, own)
    }
  }
  const { retained } = message
  const contents = [...documents].map(
    ([deviceId, own]): DeviceContent => ({ deviceId, content: { type: 'documents', documents: own, retained } }),
  )
  return unknown.size === 0 ? { contents } : { contents, unknown: [...unknown] }
}
