/** Bytes of the manual, what they decode to, and what the manual says that they mean. */

import type { ModbusBinding } from '../../../../device-profiles/binding-schema.ts'
import type { Decoded, DecodedMessage } from '../../../../device-profiles/codec/decoded.ts'
import { createMessageDecoder } from '../../../../device-profiles/codec/message.ts'
import type { PointProfile, Vector } from '../../../../device-profiles/schema.ts'
import { vectorMessage } from '../../../../device-profiles/vector-check.ts'
import { decodeVectorRegisters } from '../../../../device-profiles/vector-registers.ts'
import { UsageError } from '../../usage-error.ts'
import type { ProfileHead } from './head-questions.ts'
import type { Interview, Read } from './interview.ts'
import { otherReadings } from './other-readings.ts'
import { optional, readAddress, readChoice, readNumber, readText } from './readers.ts'
import { readVectorBytes } from './vector-bytes.ts'

interface VectorContext {
  readonly head: ProfileHead
  readonly points: readonly PointProfile[]
  readonly isFirst: boolean
}

export interface AskedVector {
  readonly vector: Vector
  /** Of the profile, perhaps with one of them read in another way now. */
  readonly points: readonly PointProfile[]
}

type Body = Pick<Vector, 'registers' | 'frame' | 'text' | 'hex'>
const REASONS = ['sentinel', 'malformed', 'device-fault']

/** Null where there are no more vectors. */
export async function askVector(interview: Interview, context: VectorContext): Promise<AskedVector | null> {
  const { head } = context
  const body = await (head.protocol === 'modbus' ? askRegisters(interview, context) : askMessage(interview, context))
  if (body === null) return null
  const decoded = decode(body, context)
  if (typeof decoded === 'string' || decoded.size === 0) {
    return again(
      interview,
      context,
      typeof decoded === 'string' ? decoded : 'no point stands in these bytes; look at the addresses',
    )
  }
  const expect: Record<string, number | string> = {}
  let points = context.points
  for (const [id, found] of decoded) {
    const point = context.points.find((candidate) => candidate.id === id)
    if (point === undefined) continue
    const said = 'value' in found ? found.value : found.fault
    const text = `  ${id} is ${decodedText(found, point)}. What the manual says (empty: just that)`
    const expected = await interview.ask({ key: id, text, standard: String(said), read: readExpected(point) })
    expect[id] = expected
    if (isSame(said, expected)) {
      interview.tell(`  ${id}: ${decodedText(found, point)}`)
      continue
    }
    const other = await askOther(interview, { point, body, said: decodedText(found, point), expected })
    if (other === null) return again(interview, context, 'then the bytes once more')
    points = points.map((candidate) => (candidate.id === id ? { ...point, modbus: other } : candidate))
  }
  const standard = head.sources[0]?.title ?? ''
  const note = await interview.ask({
    key: 'note',
    text: 'Where these bytes stand (page)',
    standard,
    read: optional(readText),
  })
  return { vector: { ...(note !== undefined && { note }), ...body, expect }, points }
}

async function again(interview: Interview, context: VectorContext, why: string): Promise<AskedVector | null> {
  if (!interview.canAskAgain) throw new UsageError(`vector: ${why}`)
  interview.tell(why)
  return await askVector(interview, context)
}

async function askRegisters({ ask }: Interview, { points, isFirst }: VectorContext): Promise<Body | null> {
  const which = isFirst ? 'Bytes of a reply or of registers that the manual explains' : 'More bytes'
  const read = optional(readVectorBytes)
  const bytes = await ask({ key: 'bytes', text: `${which}, in hexadecimal (empty: none)`, standard: '', read })
  if (bytes === undefined) return null
  const first = points.find(
    ({ modbus }) => modbus !== undefined && (bytes.table ?? modbus.table) === modbus.table,
  )?.modbus
  const tables = ['holding-register', 'input-register', 'coil', 'discrete-input'] as const
  const usual = first?.table ?? 'holding-register'
  const table =
    bytes.table ?? (await ask({ key: 'table', text: 'Of which table', standard: usual, read: readChoice(tables) }))
  const standard = String(lowestAddress(points, table))
  const at = await ask({
    key: 'at',
    text: `Address of the first ${table}`,
    standard: standard,
    read: readAddress(table),
  })
  const { frame } = bytes
  const words = table === 'coil' || table === 'discrete-input' ? bytes.words.filter((word) => word <= 1) : bytes.words
  return { registers: { [table]: { [at]: [...words] } }, ...(frame !== undefined && { frame }) }
}

function lowestAddress(points: readonly PointProfile[], table: ModbusBinding['table']): number {
  const addresses = points.flatMap(({ modbus }) => (modbus?.table === table ? [modbus.address] : []))
  return addresses.length === 0 ? 0 : Math.min(...addresses)
}

async function askMessage({ ask }: Interview, { head, isFirst }: VectorContext): Promise<Body | null> {
  const which = isFirst ? 'A message that the manual explains' : 'One more message'
  if (head.mqtt?.payload.format === 'json') {
    const text = await ask({
      key: 'text',
      text: `${which}, as JSON in one line (empty: none)`,
      standard: '',
      read: optional(readJson),
    })
    return text === undefined ? null : { text }
  }
  const hex = await ask({
    key: 'hex',
    text: `${which}, in hexadecimal (empty: none)`,
    standard: '',
    read: optional(readHex),
  })
  return hex === undefined ? null : { hex }
}

function readJson(answer: string): Read<string> {
  try {
    JSON.parse(answer)
    return { value: answer }
  } catch (error) {
    return { wrong: `expected JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function readHex(answer: string): Read<string> {
  const hex = answer.replaceAll(/0x|[\s,:-]/gi, '').toUpperCase()
  if (/^([0-9A-F]{2})+$/.test(hex)) return { value: hex }
  return { wrong: `expected bytes in hexadecimal, as 01 75 64, got "${answer}"` }
}

/** A text says why nothing could be decoded. */
function decode(body: Body, { head, points }: VectorContext): ReadonlyMap<string, Decoded> | string {
  const profile = { ...head, points: [...points] }
  if (body.registers !== undefined) return decodeVectorRegisters(profile, body.registers, {})
  const message: DecodedMessage = createMessageDecoder(profile, {})(vectorMessage(profile, { ...body, expect: {} }))
  return 'malformed' in message ? `the message is not understood: ${message.malformed}` : message.points
}

function decodedText(found: Decoded, { unit, states }: PointProfile): string {
  if (!('value' in found)) return `no value (${found.fault}: ${found.detail})`
  const state = states?.[String(found.value)]
  if (state !== undefined) return `${found.value} (${state.en})`
  return unit === '1' ? String(found.value) : `${found.value} ${unit}`
}

function readExpected({ type }: PointProfile): (answer: string) => Read<number | string> {
  return (answer) => (type === 'text' || REASONS.includes(answer) ? { value: answer } : readNumber(answer))
}

function isSame(a: number | string, b: number | string): boolean {
  return typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) < 0.00005 : a === b
}

/** The point read so that the bytes give what the manual says; null where it stays as it is. */
async function askOther(
  interview: Interview,
  {
    point,
    body,
    said,
    expected,
  }: { readonly point: PointProfile; readonly body: Body; readonly said: string; readonly expected: number | string },
): Promise<ModbusBinding | null> {
  const found =
    typeof expected === 'number' && body.registers !== undefined
      ? otherReadings(point, { tables: body.registers, expected })
      : []
  const fits = found.map(({ text }) => text).join('; or ')
  const hint =
    found.length === 0 ? 'no other type, order, scale or address next to it gives that' : `it fits with ${fits}`
  const message = `${point.id}: the bytes give ${said}, and ${expected} was expected; ${hint}`
  if (!interview.canAskAgain) throw new UsageError(message)
  interview.tell(`  ${message}`)
  const [first] = found
  if (first === undefined) return null
  const taken = await interview.ask({
    ...{ key: 'take', text: `  Read ${point.id} with ${first.text} from now on`, standard: 'yes' },
    read: readChoice(['yes', 'no']),
  })
  return taken === 'yes' ? first.binding : null
}
