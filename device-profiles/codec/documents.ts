/** Documents that were made of a message already, one for each reading: by a codec, from a batch, from Sparkplug. */
import type { LinkFact } from '../binding-schema.ts'
import type { DeviceProfile } from '../schema.ts'
import type { Parameters } from './conversion.ts'
import type { Decoded, DecodedMessage, Doubt, FurtherRecord } from './decoded.ts'
import { createReadingDecoder } from './json-message.ts'
import { createLinkDecoder } from './link-points.ts'
import { newestOfEach } from './message-records.ts'

export interface MessageDocument {
  readonly json: unknown
  /** Milliseconds since 1970, where the document itself has none. */
  readonly time: number | null
  readonly late?: boolean
  readonly link?: Readonly<Partial<Record<LinkFact, number>>>
  readonly doubt?: Doubt
}

/** From all documents of one message to what it says. Never throws for what a device sends. */
export function createDocumentsDecoder(
  profile: DeviceProfile,
  parameters: Parameters,
): (documents: readonly MessageDocument[]) => DecodedMessage {
  const payload = profile.mqtt?.payload
  const form = payload?.format === 'json' || payload?.format === 'codec' ? payload : {}
  const decode = createReadingDecoder(profile, form, parameters)
  const addLink = createLinkDecoder(profile)
  const read = (document: MessageDocument): DecodedMessage => {
    const decoded = decode(document.json)
    if ('malformed' in decoded) return decoded
    const points = doubted(addLink(decoded.points, document.link ?? {}), document.doubt)
    return { ...decoded, points, time: decoded.time ?? document.time }
  }
  return (documents) => {
    const [only] = documents
    if (only !== undefined && documents.length === 1 && only.late !== true) return read(only)
    const records: FurtherRecord[] = []
    for (const document of documents) {
      const decoded = read(document)
      if ('malformed' in decoded) return decoded
      const late = document.late === true
      records.push(...(decoded.further ?? []), { points: decoded.points, time: decoded.time, late })
    }
    return newestOfEach(records)
  }
}

function doubted(points: ReadonlyMap<string, Decoded>, doubt: Doubt | undefined): ReadonlyMap<string, Decoded> {
  if (doubt === undefined) return points
  return new Map([...points].map(([id, decoded]) => [id, 'value' in decoded ? { ...decoded, doubt } : decoded]))
}
