/** Messages whose bytes only their maker's script understands. */
import { createOpener } from '../../../../device-profiles/codec/open-message.ts'
import type { OpenedMessage } from '../../../../device-profiles/codec/opened-message.ts'
import type { Device } from '../../../../device-profiles/device.ts'
import type { Clock, MessageDocument, SampleContent } from '../../../model.ts'
import type { MessageReader } from '../message-reader.ts'
import type { CodecAnswer, CodecApi, CodecCall } from './codec-call.ts'

/** Where nobody says a port: the first that LoRaWAN gives to applications. */
const ANY_PORT = 1
const MAX_DETAIL = 300

type Documents = Omit<Extract<SampleContent, { type: 'documents' }>, 'type' | 'retained'>

/** The device's profile must have the format `codec`. */
export function createCodecReader(
  { id: deviceId, profile, networkServer }: Pick<Device, 'id' | 'profile' | 'networkServer'>,
  { run, clock }: { readonly run: (call: CodecCall) => Promise<CodecAnswer>; readonly clock: Pick<Clock, 'now'> },
): MessageReader {
  const payload = profile.mqtt?.payload
  const { codec } = profile
  if (payload?.format !== 'codec' || codec === undefined) throw new Error(`profile ${profile.id} has no codec`)
  const open = createOpener(profile, networkServer)
  const { api, file } = payload
  const decode = async ({ bytes, fPort, time, link }: OpenedMessage): Promise<Documents> => {
    if (bytes === null) return { documents: [{ json: {}, time, link }] }
    const receivedAt = time ?? clock.now().wall
    const call = { source: codec.source, fileName: file, api, bytes, fPort: fPort ?? ANY_PORT, receivedAt }
    const answer = documentOf(await run(call), api)
    return 'problem' in answer ? { documents: [], ...answer } : { documents: [{ ...answer, time, link }] }
  }
  return {
    async read({ payload: message, retained }) {
      const opened = open(message)
      const said =
        opened === null
          ? { documents: [] }
          : 'malformed' in opened
            ? { documents: [], problem: opened.malformed }
            : await decode(opened)
      return { contents: [{ deviceId, content: { type: 'documents', ...said, retained } }] }
    },
  }
}

/** What the entry point returned: of the LoRaWAN API data, warnings and errors, of the older ones the data itself. */
function documentOf(
  answer: CodecAnswer,
  api: CodecApi,
): Pick<MessageDocument, 'json' | 'doubt'> | { readonly problem: string } {
  if ('problem' in answer) return answer
  const returned: unknown = JSON.parse(answer.json)
  if (typeof returned !== 'object' || returned === null) return { problem: 'the codec returns no object' }
  if (api !== 'lorawan') return { json: returned }
  const { data, warnings, errors } = returned as Readonly<Record<string, unknown>>
  const problem = listed(errors)
  if (problem !== null) return { problem: `the codec says: ${problem}` }
  if (typeof data !== 'object' || data === null) return { problem: 'the codec returns an object without "data"' }
  const warning = listed(warnings)
  if (warning === null) return { json: data }
  return { json: data, doubt: { reason: 'decoder-warning', detail: `the codec warns: ${warning}` } }
}

/** Null where there is nothing in the list. */
function listed(said: unknown): string | null {
  const items = Array.isArray(said) ? said : said === undefined || said === null || said === '' ? [] : [said]
  if (items.length === 0) return null
  return items
    .map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
    .join('; ')
    .slice(0, MAX_DETAIL)
}
