/** What a new profile says of the model as a whole. */
import type { Catalogue } from '../../../../device-profiles/catalogue.ts'
import type { WrittenProfile } from '../../../../device-profiles/schema.ts'
import type { Interview, Read } from './interview.ts'
import { idOf, optional, readChoice, readDuration, readId, readText, readWhole } from './readers.ts'

/** Every point is still missing. */
export type ProfileHead = Omit<WrittenProfile, 'points' | 'vectors' | 'computed'>

/** Flags of `outpost profiles new`: the keys of the questions below. */
export const HEAD_KEYS = [
  ...['vendor', 'model', 'id', 'name-zh', 'name-en', 'kind', 'protocol', 'status', 'source', 'source-url'],
  ...['poll-interval', 'baud-rate', 'parity', 'stop-bits', 'unit-id'],
  ...['topic', 'interval', 'format', 'byte-order', 'f-port'],
] as const

const TRY_FIRST = {
  zh: '未经核实：使用前须与已知值对照。',
  en: 'Unverified. Compare it with a known value before use.',
}

export async function askHead(
  interview: Interview,
  { kinds, profiles }: Pick<Catalogue, 'kinds' | 'profiles'>,
): Promise<ProfileHead> {
  const { ask, tell } = interview
  const vendor = await ask({ key: 'vendor', text: 'Maker', read: readText })
  const model = await ask({ key: 'model', text: 'Model, as on its plate', read: readText })
  const id = await ask({
    ...{ key: 'id', text: 'Id, which is the name of the file', standard: idOf(`${vendor} ${model}`) },
    read: (answer) => {
      const read = readId(answer)
      if ('wrong' in read || !profiles.has(read.value)) return read
      return { wrong: `there is a profile "${answer}" already; "outpost profiles show ${answer}" shows it` }
    },
  })
  const en = await ask({ key: 'name-en', text: 'Name in English', standard: `${vendor} ${model}`, read: readText })
  const zh = await ask({ key: 'name-zh', text: 'Name in Chinese', standard: en, read: readText })
  const choices = [...kinds.values()].filter(({ kind }) => kind !== 'gateway')
  tell(`kinds: ${choices.map(({ kind, name }) => `${kind} (${name.zh})`).join(', ')}`)
  const kind = await ask({ key: 'kind', text: 'Kind', read: readChoice(choices.map((choice) => choice.kind)) })
  const protocol = await ask({ key: 'protocol', text: 'Protocol, modbus or mqtt', ...choiceOf(['modbus', 'mqtt']) })
  const statuses = ['from-manual', 'verified', 'unverified'] as const
  const status = await ask({ key: 'status', text: `Status (${statuses.join(', ')})`, ...choiceOf(statuses) })
  const title = await ask({ key: 'source', text: 'Where its facts come from (title and page)', read: readText })
  const url = await ask({ key: 'source-url', text: 'Address of that', standard: '', read: optional(readText) })
  const caveats = status === 'unverified' ? { caveats: [TRY_FIRST] } : {}
  const sources = [{ title, ...(url !== undefined && { url }) }]
  const wire = protocol === 'modbus' ? { modbus: await askModbus(interview) } : { mqtt: await askMqtt(interview) }
  return { id, vendor, model, name: { zh, en }, kind, protocol, status, sources, ...caveats, ...wire }
}

function choiceOf<const T extends string>(
  words: readonly T[],
): { readonly standard: string; readonly read: (answer: string) => Read<T> } {
  return { standard: words[0] ?? '', read: readChoice(words) }
}

async function askModbus({ ask }: Interview): Promise<NonNullable<WrittenProfile['modbus']>> {
  const pollInterval = await ask({ key: 'poll-interval', text: 'Read every', standard: '5s', read: readDuration })
  const baudRate = await ask({
    ...{ key: 'baud-rate', text: 'Baud rate from the factory (- without a serial line)', standard: '9600' },
    read: optional(readWhole(300, 4_000_000)),
  })
  if (baudRate === undefined) return { pollInterval }
  const parity = await ask({ key: 'parity', text: 'Parity', ...choiceOf(['none', 'even', 'odd']) })
  const stopBits = await ask({ key: 'stop-bits', text: 'Stop bits', standard: '1', read: readWhole(1, 2) })
  const unitId = await ask({ key: 'unit-id', text: 'Unit id from the factory', standard: '1', read: readWhole(1, 247) })
  return { pollInterval, serial: { baudRate, parity, stopBits: stopBits === 2 ? 2 : 1, unitId } }
}

async function askMqtt({ ask }: Interview): Promise<NonNullable<WrittenProfile['mqtt']>> {
  const text = 'Topic of its messages with {address} where the unit is named, or lorawan'
  const topic = await ask({ key: 'topic', text, read: readTopic })
  const through = topic === 'lorawan' ? ({ through: 'lorawan' } as const) : { topic }
  const interval = await ask({ key: 'interval', text: 'It speaks every', standard: '10m', read: readDuration })
  const format = await ask({ key: 'format', text: 'Its messages are json or binary', ...choiceOf(['json', 'binary']) })
  const fPort =
    topic === 'lorawan'
      ? await ask({ key: 'f-port', text: 'LoRaWAN port', standard: '-', read: optional(readWhole(1, 255)) })
      : undefined
  const port = fPort === undefined ? {} : { fPort }
  if (format === 'json') return { ...through, interval, payload: { format, ...port } }
  const order = 'Its numbers have the high byte first (ABCD) or the low byte (DCBA)'
  const byteOrder = await ask({ key: 'byte-order', text: order, ...choiceOf(['ABCD', 'DCBA']) })
  return { ...through, interval, payload: { format, ...port, byteOrder } }
}

function readTopic(answer: string) {
  if (answer === 'lorawan' || answer.split('/').includes('{address}')) return { value: answer }
  return { wrong: `expected a topic with a level {address}, as sensors/{address}/up, or lorawan, got "${answer}"` }
}
