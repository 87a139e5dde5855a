/** What is said of a device that is gone, and of one that is back: by its last will, as a bridge says it of its devices. */
import { pointerTokens, withValueAt } from '../device-profiles/codec/json-pointer.ts'
import type { DeviceProfile } from '../device-profiles/schema.ts'
import type { SpokenMessage } from './speech.ts'

export interface Availability {
  readonly gone: SpokenMessage
  readonly back: SpokenMessage
}

/** Any word that does not mean "gone". */
const BACK = 'online'

/** Null for a model of which nobody says it. What a bridge says of all its devices is not said here. */
export function availabilityOf({ mqtt }: Pick<DeviceProfile, 'mqtt'>, address: string): Availability | null {
  const own = mqtt?.availability?.find(({ topic }) => topic.includes('{address}'))
  if (own === undefined) return null
  const topic = own.topic.replaceAll('{address}', address)
  const said = (word: string): SpokenMessage => ({ topic, payload: payloadOf(word, own.pointer), qos: 1, retain: true })
  return { gone: said(own.offline[0] ?? 'offline'), back: said(BACK) }
}

function payloadOf(word: string, pointer: string | undefined): Uint8Array {
  const text = pointer === undefined ? word : JSON.stringify(withValueAt(undefined, pointerTokens(pointer), word))
  return new TextEncoder().encode(text)
}
