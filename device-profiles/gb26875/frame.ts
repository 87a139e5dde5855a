/**
 * One packet of GB/T 26875.3-2011 (6.2): start `@@`, control unit of 25 bytes, application data, checksum, end `##`.
 * The application data stay bytes here; `application-data.ts` knows what they say.
 */
import { type CivilTime, timeBytes, timeFromBytes } from './civil-time.ts'
import { COMMAND } from './codes.ts'
import type { Dialect } from './dialect.ts'

/** All that a packet says beside its data. */
export interface FrameHeader {
  /** 0 to 65535. Who begins an exchange counts it up; who answers repeats it. */
  readonly serial: number
  readonly version: { readonly main: number; readonly user: number }
  readonly time: CivilTime
  /** 0 to 2^48 - 1, as `destination`. */
  readonly source: number
  readonly destination: number
  readonly command: number
}

export interface Frame extends FrameHeader {
  readonly data: Uint8Array
}

/**
 * Why a packet is denied and dropped (6.5.3). `start` and `end`: the characters; `length`: more than 1024 bytes of data;
 * `command`: a reserved command byte.
 */
export type FrameFault = 'start' | 'end' | 'length' | 'checksum' | 'command'

export const MAIN_VERSION = 1
export const MAX_DATA_BYTES = 1024
/** Up to the data. */
export const HEAD_BYTES = 27
export const FRAME_BYTES_WITHOUT_DATA = 30
export const MAX_FRAME_BYTES = FRAME_BYTES_WITHOUT_DATA + MAX_DATA_BYTES
export const START = 0x40
export const END = 0x23

const CONTROL_UNIT = 2
const COMMAND_AT = 26
const LENGTH_AT = 24
const LAST_OWN_SERIAL = 0xffff
const FIRST_OWN_COMMAND = 128

/** Throws a RangeError for what has no place in a packet. */
export function encodeFrame(frame: Frame, dialect: Dialect): Uint8Array {
  const { data } = frame
  if (data.length > MAX_DATA_BYTES) throw new RangeError(`expected at most ${MAX_DATA_BYTES} bytes, got ${data.length}`)
  const bytes = new Uint8Array(FRAME_BYTES_WITHOUT_DATA + data.length)
  bytes.set([START, START])
  bytes.set(number(frame.serial, { bytes: 2, order: 'little' }), 2)
  bytes.set([...number(frame.version.main, ONE), ...number(frame.version.user, ONE)], 4)
  bytes.set(timeBytes(frame.time, dialect.time), 6)
  bytes.set(number(frame.source, { bytes: 6, order: dialect.addressOrder }), 12)
  bytes.set(number(frame.destination, { bytes: 6, order: dialect.addressOrder }), 18)
  bytes.set(number(data.length, { bytes: 2, order: dialect.lengthOrder }), LENGTH_AT)
  bytes.set(number(frame.command, ONE), COMMAND_AT)
  bytes.set(data, HEAD_BYTES)
  bytes[HEAD_BYTES + data.length] = checksum(bytes, dialect)
  bytes.set([END, END], HEAD_BYTES + data.length + 1)
  return bytes
}

/** Bytes of the whole packet that begins here. At least `HEAD_BYTES` must be there. */
export function frameBytes(bytes: Uint8Array, dialect: Dialect): number {
  return FRAME_BYTES_WITHOUT_DATA + value(bytes.subarray(LENGTH_AT, COMMAND_AT), dialect.lengthOrder)
}

/** At least `HEAD_BYTES` must be there. */
export function decodeHeader(bytes: Uint8Array, dialect: Dialect): FrameHeader {
  return {
    serial: value(bytes.subarray(2, 4), 'little'),
    version: { main: bytes[4] as number, user: bytes[5] as number },
    time: timeFromBytes(bytes.subarray(6, 12), dialect.time),
    source: value(bytes.subarray(12, 18), dialect.addressOrder),
    destination: value(bytes.subarray(18, 24), dialect.addressOrder),
    command: bytes[COMMAND_AT] as number,
  }
}

/** What is wrong with a packet of the length that it says itself, the first of several; null: nothing. */
export function faultOf(bytes: Uint8Array, dialect: Dialect): FrameFault | null {
  if (bytes[0] !== START || bytes[1] !== START) return 'start'
  if (bytes.length > MAX_FRAME_BYTES) return 'length'
  if (!endsAsFrame(bytes)) return 'end'
  if (bytes[bytes.length - 3] !== checksum(bytes, dialect)) return 'checksum'
  return isReservedCommand(bytes[COMMAND_AT] as number) ? 'command' : null
}

export function endsAsFrame(bytes: Uint8Array): boolean {
  return bytes[bytes.length - 1] === END && bytes[bytes.length - 2] === END
}

export function nextSerial(serial: number): number {
  return serial === LAST_OWN_SERIAL ? 0 : serial + 1
}

/** The sum of the control unit and the data, modulo 256. */
function checksum(bytes: Uint8Array, { checksumFrom }: Dialect): number {
  const from = checksumFrom === 'command' ? COMMAND_AT : CONTROL_UNIT
  return bytes.subarray(from, bytes.length - 3).reduce((sum, byte) => (sum + byte) & 0xff, 0)
}

function isReservedCommand(command: number): boolean {
  return command === 0 || (command > COMMAND.deny && command < FIRST_OWN_COMMAND)
}

interface Width {
  readonly bytes: number
  readonly order: 'little' | 'big'
}

const ONE: Width = { bytes: 1, order: 'little' }

function number(given: number, { bytes, order }: Width): readonly number[] {
  if (!Number.isInteger(given) || given < 0 || given >= 256 ** bytes) {
    throw new RangeError(`expected a whole number from 0 to ${256 ** bytes - 1}, got ${given}`)
  }
  const little = Array.from({ length: bytes }, (_, i) => Math.floor(given / 256 ** i) % 256)
  return order === 'little' ? little : little.reverse()
}

function value(bytes: Uint8Array, order: 'little' | 'big'): number {
  const little = order === 'little' ? bytes : bytes.toReversed()
  return little.reduceRight((sum, byte) => sum * 256 + byte, 0)
}
