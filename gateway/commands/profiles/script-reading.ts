/** Messages that only their maker's script understands, read as the gateway reads them, in the same engine. */
import { createDocumentsDecoder } from '../../../device-profiles/codec/documents.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import type { MessageReading } from '../../../device-profiles/vector-check.ts'
import { systemClock } from '../../clock.ts'
import { CodecEngine } from '../../sources/mqtt/codec/codec-engine.ts'
import { createCodecReader } from '../../sources/mqtt/codec/codec-reader.ts'

export const readWithCodec: MessageReading = async (profile: DeviceProfile, message, parameters) => {
  const engine = new CodecEngine()
  const reader = createCodecReader(
    { id: 'vector', profile, ...(profile.mqtt?.through !== undefined && { networkServer: 'chirpstack-v4' }) },
    { run: (call) => engine.run(call), clock: systemClock },
  )
  const { contents } = await reader.read({ topic: '', payload: message, retained: false })
  const content = contents[0]?.content
  if (content?.type !== 'documents') return { malformed: 'the script says nothing' }
  if (content.problem !== undefined) return { malformed: content.problem }
  return createDocumentsDecoder(profile, parameters)(content.documents)
}
