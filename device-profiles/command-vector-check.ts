/** The vectors of commands, tried: whether the value gives the bytes that the maker says. */
import { canonicalJson } from './codec/canonical-json.ts'
import { bytesOf } from './codec/command-bytes.ts'
import { encodeCommandMessage } from './codec/command-message.ts'
import { encodeWrite, type RegisterWrite } from './codec/command-write.ts'
import { crc16Modbus } from './codec/crc16.ts'
import type { CommandProfile } from './command-schema.ts'
import { exampleParameters } from './example-parameters.ts'
import type { DeviceProfile } from './schema.ts'

type CommandVector = NonNullable<CommandProfile['vectors']>[number]

export interface CommandVectorVerdict {
  readonly name: string
  readonly differences: readonly string[]
  readonly skipped?: string
}

/** What stands for the places in a message, where a vector says nothing about them. */
const PLACES = { address: 'hall-3', id: '7d1c', levels: ['app-1'] }

export function checkCommandVectors(profile: DeviceProfile): readonly CommandVectorVerdict[] {
  return (profile.commands ?? []).flatMap((command) =>
    (command.vectors ?? []).map((vector, i) => {
      const name = `command ${command.id}: ${vector.note ?? `vector ${i + 1}`}`
      try {
        return { name, differences: tryVector(profile, command, vector) }
      } catch (error) {
        return { name, differences: [error instanceof Error ? error.message : String(error)] }
      }
    }),
  )
}

function tryVector(profile: DeviceProfile, command: CommandProfile, vector: CommandVector): readonly string[] {
  const value = vector.value ?? command.value ?? null
  const parameters = exampleParameters(profile)
  const { pdu, frame, text } = vector
  if ([pdu, frame, text, vector.bytes].every((part) => part === undefined)) return ['it has no bytes and no text']
  if (command.modbus !== undefined) {
    const encoded = pduOf(encodeWrite(command, { profile, parameters, value: value ?? 0 }))
    return [...compared('pdu', pdu, hex(encoded)), ...(frame === undefined ? [] : frameDifferences(frame, encoded))]
  }
  const { payload } = encodeCommandMessage(command, { ...PLACES, value, parameters })
  const bytes = command.lorawan?.bytes ?? command.mqtt?.bytes
  return [
    ...(text === undefined ? [] : compared('text', canonical(text), canonical(new TextDecoder().decode(payload)))),
    ...(bytes === undefined ? [] : compared('bytes', vector.bytes, hex(bytesOf(bytes, { value, parameters })))),
  ]
}

function frameDifferences(text: string, pdu: Uint8Array): readonly string[] {
  const frame = Buffer.from(text.replaceAll(' ', ''), 'hex')
  if (frame.length < 4) return [`frame: expected a unit id, a request and a CRC, got ${frame.length} bytes`]
  const isRight = crc16Modbus(frame.subarray(0, -2)) === frame.readUInt16LE(frame.length - 2)
  const crc = isRight ? [] : ['frame: its CRC is wrong; look for a slip in the bytes']
  return [...crc, ...compared('frame', hex(frame.subarray(1, -2)), hex(pdu))]
}

function compared(what: string, expected: string | undefined, got: string): readonly string[] {
  return expected === undefined || expected === got ? [] : [`${what}: expected ${expected}, got ${got}`]
}

function canonical(text: string): string {
  try {
    return canonicalJson(JSON.parse(text))
  } catch {
    return text
  }
}

/** Modbus application protocol 6.5, 6.6, 6.11 and 6.12. */
function pduOf({ table, address, words, single }: RegisterWrite): Uint8Array {
  const start = [address >> 8, address & 0xff]
  const isCoil = table === 'coil'
  const data = words.flatMap((word) => [word >> 8, word & 0xff])
  if (single) return Uint8Array.of(isCoil ? 5 : 6, ...start, ...(isCoil ? [words[0] === 1 ? 0xff : 0, 0] : data))
  const body = isCoil ? [words.reduce((bits, word, i) => bits | (word << i), 0)] : data
  return Uint8Array.of(isCoil ? 15 : 16, ...start, words.length >> 8, words.length & 0xff, body.length, ...body)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}
