import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Decoded } from '../../../device-profiles/codec/decoded.ts'
import { derivePoints, sourceValues } from '../../../device-profiles/codec/derive.ts'
import { createMessageDecoder, encodeMessage } from '../../../device-profiles/codec/message.ts'
import {
  decodeRegisters,
  encodeRegisters,
  registerCount,
  registerSpan,
} from '../../../device-profiles/codec/registers.ts'
import type { DeviceProfile, Vector } from '../../../device-profiles/schema.ts'
import { parametersOf } from './placeholder-parameters.ts'
import { spanWords } from './span-words.ts'
import { messageOf } from './vector-message.ts'

const profiles = [...loadCatalogue().profiles.values()]
const vectors = profiles.flatMap((profile) =>
  (profile.vectors ?? []).map((vector, i) => ({
    id: `${profile.id} ${vector.note ?? `vector ${i + 1}`}`,
    profile,
    vector,
  })),
)

test.each(vectors)('$id', ({ profile, vector }) => {
  const parameters = parametersOf(profile, vector.parameters)
  const decoded = derivePoints(profile, parameters, decodeVector(profile, vector, parameters))
  const mentioned = [...decoded.keys()].sort()
  expect(mentioned).toEqual(Object.keys(vector.expect).sort())
  for (const [id, expected] of Object.entries(vector.expect)) {
    const found = decoded.get(id) as Decoded
    if (typeof expected === 'number') expect('value' in found ? found.value : found.detail, id).toBeCloseTo(expected, 4)
    else expect('value' in found ? found.value : found.fault, id).toBe(expected)
  }
  if (vector.encodes !== false) expectEncodes(profile, vector, parameters)
})

test.each(vectors.filter(({ vector }) => vector.frame !== undefined))(
  '$id: the frame has a right CRC and these words',
  ({ vector }) => {
    const frame = Buffer.from((vector.frame ?? '').replaceAll(' ', ''), 'hex')
    expect(crc16(frame.subarray(0, -2))).toBe(frame.readUInt16LE(frame.length - 2))
    const data = frame.subarray(3, -2)
    const words = Object.values(Object.values(vector.registers ?? {})[0] ?? {})[0] ?? []
    expect(frame[2]).toBe(data.length)
    expect(Array.from({ length: data.length / 2 }, (_, i) => data.readUInt16BE(2 * i))).toEqual(words)
  },
)

function decodeVector(
  profile: DeviceProfile,
  vector: Vector,
  parameters: Record<string, number>,
): ReadonlyMap<string, Decoded> {
  if (vector.registers !== undefined) return decodeTables(profile, vector.registers, parameters)
  const decoded = createMessageDecoder(profile, parameters)(messageOf(profile, vector))
  if ('malformed' in decoded) throw new Error(decoded.malformed)
  return decoded.points
}

function decodeTables(
  profile: DeviceProfile,
  tables: NonNullable<Vector['registers']>,
  parameters: Record<string, number>,
): ReadonlyMap<string, Decoded> {
  const found = new Map<string, Decoded>()
  for (const { id, modbus } of profile.points) {
    if (modbus === undefined) continue
    const { address, count } = registerSpan(modbus)
    const words = wordsAt(tables[modbus.table] ?? {}, address, count)
    if (words !== null) found.set(id, decodeRegisters(modbus, words, parameters))
  }
  return found
}

function wordsAt(blocks: Readonly<Record<string, readonly number[]>>, address: number, count: number): number[] | null {
  for (const [start, words] of Object.entries(blocks)) {
    const offset = address - Number(start)
    if (offset >= 0 && offset + count <= words.length) return words.slice(offset, offset + count)
  }
  return null
}

function expectEncodes(profile: DeviceProfile, vector: Vector, parameters: Record<string, number>): void {
  const values = sourceValues(profile, parameters, vector.expect)
  if (vector.registers === undefined) {
    const message = encodeMessage(profile, values, { parameters })
    const wanted = messageOf(profile, vector)
    if (vector.text !== undefined || profile.mqtt?.through !== undefined)
      expect(jsonOf(message)).toEqual(jsonOf(wanted))
    else expect(Buffer.from(message).toString('hex')).toBe(Buffer.from(wanted).toString('hex'))
    return
  }
  for (const { id, modbus } of profile.points) {
    const value = values[id]
    const words = modbus && wordsAt(vector.registers[modbus.table] ?? {}, modbus.address, registerCount(modbus))
    if (!modbus || !words || value === undefined || modbus.type === 'bit' || modbus.bits) continue
    // A float32 is given in decimals here, so its last bits are the decimals' and not the wire's.
    const encoded = encodeRegisters(modbus, value, parameters)
    if (modbus.type === 'float32')
      expect(decodeRegisters(modbus, spanWords(modbus, encoded), parameters)).toMatchObject({
        value: expect.closeTo(Number(value), 4),
      })
    else expect(encoded, id).toEqual(words)
  }
}

function jsonOf(message: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(message))
}

/** CRC-16 of Modbus over serial line 2.5.1.2, written here again so that the test does not trust what it tests. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}
