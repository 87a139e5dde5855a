/**
 * Last wills and the like: somebody who would know says that a device is gone. What says the opposite proves nothing, because
 * brokers keep it and bridges say it of devices that they have not heard; and a kept "offline" is as true as a new one, because
 * "online" would have taken its place.
 */
import { pointerTokens, valueAt } from '../../../device-profiles/codec/json-pointer.ts'
import { parseJson, readText } from '../../../device-profiles/codec/json-text.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import type { MessageReader } from './message-reader.ts'

export type Availability = NonNullable<NonNullable<DeviceProfile['mqtt']>['availability']>[number]

export function createAvailabilityReader(
  deviceId: string,
  { pointer, offline }: Pick<Availability, 'pointer' | 'offline'>,
): MessageReader {
  const tokens = pointer === undefined ? null : pointerTokens(pointer)
  const gone = new Set(offline)
  return {
    read({ topic, payload }) {
      const word = wordOf(payload, tokens)
      if (word === null || !gone.has(word)) return { contents: [] }
      const detail = `"${word}" on ${topic}`
      return { contents: [{ deviceId, content: { type: 'device-failure', reason: 'communication-failure', detail } }] }
    },
  }
}

function wordOf(payload: Uint8Array, tokens: readonly string[] | null): string | null {
  if (tokens === null) return readText(payload)?.trim() ?? null
  const parsed = parseJson(payload)
  const value = 'json' in parsed ? valueAt(parsed.json, tokens) : undefined
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : null
}
