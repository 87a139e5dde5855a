/** The commands of the catalogue against the bytes that their makers give, and there and back through the codec. */
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { bytesOf } from '../../../device-profiles/codec/command-bytes.ts'
import { encodeCommandMessage } from '../../../device-profiles/codec/command-message.ts'
import { readCommandMessage } from '../../../device-profiles/codec/command-reading.ts'
import { encodeWrite, type RegisterWrite } from '../../../device-profiles/codec/command-write.ts'
import type { CommandProfile } from '../../../device-profiles/command-schema.ts'
import { extremeValues } from '../../../device-profiles/command-value.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import { parametersOf } from './placeholder-parameters.ts'

const commands = [...loadCatalogue().profiles.values()].flatMap((profile) =>
  (profile.commands ?? []).map((command) => ({ id: `${profile.id} ${command.id}`, profile, command })),
)
const vectors = commands.flatMap(({ id, profile, command }) =>
  (command.vectors ?? []).map((vector, i) => ({ id: `${id} ${vector.note ?? i + 1}`, profile, command, vector })),
)

test.each(vectors)('$id', ({ profile, command, vector }) => {
  const value = vector.value ?? command.value ?? null
  if (command.modbus !== undefined) {
    const { pdu, frame } = vector
    const encoded = pduOf(encodeWrite(command, { profile, parameters: parametersOf(profile), value: value ?? 0 }))
    if (pdu !== undefined) expect(hex(encoded)).toBe(pdu)
    if (frame !== undefined) {
      const bytes = Buffer.from(frame.replaceAll(' ', ''), 'hex')
      expect(hex(bytes.subarray(1, -2))).toBe(hex(encoded))
      expect(bytes.readUInt16LE(bytes.length - 2)).toBe(crc16(bytes.subarray(0, -2)))
    }
    expect(pdu ?? frame, 'a vector has bytes').toBeDefined()
    return
  }
  const { payload } = message(profile, command, value)
  if (vector.text !== undefined) expect(json(payload)).toEqual(JSON.parse(vector.text))
  const bytes = command.lorawan?.bytes ?? command.mqtt?.bytes
  if (vector.bytes !== undefined && bytes !== undefined) {
    expect(hex(bytesOf(bytes, { value, parameters: parametersOf(profile) }))).toBe(vector.bytes)
  }
  expect(vector.text ?? vector.bytes, 'a vector has a text or bytes').toBeDefined()
})

describe.each(commands)('$id', ({ profile, command }) => {
  test('has a vector, and names in Chinese and English', () => {
    expect(command.vectors?.length ?? 0).toBeGreaterThan(0)
    expect(command.name.zh).toMatch(/\p{Script=Han}/u)
    for (const { because } of command.interlock ?? []) expect(because.zh).toMatch(/\p{Script=Han}/u)
  })

  if (command.modbus === undefined)
    test('is understood by the device that it is for, and by no other', () => {
      const values = extremeValues(command)
      for (const value of values.length === 0 ? [null] : values) {
        const { payload } = message(profile, command, value)
        const parameters = parametersOf(profile)
        expect(readCommandMessage(command, payload, { address: 'hall-3', parameters })?.value).toBe(value)
        const told = (profile.commands ?? []).filter(
          (other) => readCommandMessage(other, payload, { address: 'hall-3', parameters }) !== undefined,
        )
        expect(told.map(({ id }) => id)).toEqual([command.id])
      }
    })
})

function message(profile: DeviceProfile, command: CommandProfile, value: number | null) {
  const places = { value, address: 'hall-3', id: '7d1c', parameters: parametersOf(profile), levels: ['app-1'] }
  return encodeCommandMessage(command, places)
}

function json(payload: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(payload))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}

/** Modbus application protocol 6.5, 6.6, 6.11, 6.12, written here again so that the test does not trust what it tests. */
function pduOf({ table, address, words, single }: RegisterWrite): Uint8Array {
  const start = [address >> 8, address & 0xff]
  const isCoil = table === 'coil'
  const data = words.flatMap((word) => [word >> 8, word & 0xff])
  if (single) return Uint8Array.of(isCoil ? 5 : 6, ...start, ...(isCoil ? [words[0] === 1 ? 0xff : 0, 0] : data))
  const body = isCoil ? [words.reduce((bits, word, i) => bits | (word << i), 0)] : data
  return Uint8Array.of(isCoil ? 15 : 16, ...start, words.length >> 8, words.length & 0xff, body.length, ...body)
}

/** CRC-16 of Modbus over serial line 2.5.1.2. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}
