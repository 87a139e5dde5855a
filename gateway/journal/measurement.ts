import type { PointValue, Quality, QualityReason, Reading } from '../model.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/** What a reading says, without its point and its times. */
export type Measurement = Pick<Reading, 'value' | 'quality' | 'reason' | 'replayed' | 'test'>

// These numbers are on disk: add, never change.
const QUALITY_CODE: Readonly<Record<Quality, number>> = { good: 0, uncertain: 1, bad: 2 }
const REASON_CODE: Readonly<Record<QualityReason, number>> = {
  'communication-failure': 1,
  'device-fault': 2,
  sentinel: 3,
  malformed: 4,
  'out-of-range': 5,
  stale: 6,
  unconfirmed: 7,
  'decoder-warning': 8,
  'insufficient-data': 9,
}
const QUALITIES = Object.keys(QUALITY_CODE) as Quality[]
const REASONS = new Map(Object.entries(REASON_CODE).map(([reason, code]) => [code, reason as QualityReason]))

// Bits 0 to 2 of the flags byte: the form of the value. 4 to 7 are whole numbers with 0 to 3 digits after the point.
const FORM_NONE = 0
const FORM_FLOAT64 = 1
const FORM_TEXT = 2
const FORM_FLOAT32 = 3
const FORM_DECIMAL = 4
const FORM_MASK = 7
const REPLAYED = 8
const QUALITY_SHIFT = 4
const HAS_REASON = 64
const TEST = 128

const POWERS = [1, 10, 100, 1000] as const
const LARGEST_DECIMAL = 2 ** 31

/** Says why a measurement cannot be written, or null. */
export function measurementProblem(measurement: Measurement): string | null {
  const { value, quality, reason } = measurement
  if (value !== null && typeof value !== 'number' && typeof value !== 'string') {
    return `the value must be a number, a text or null, not ${typeof value}`
  }
  if (QUALITY_CODE[quality] === undefined) return `the quality must be good, uncertain or bad, not ${String(quality)}`
  if (reason !== undefined && REASON_CODE[reason] === undefined) return `the reason '${String(reason)}' is unknown`
  return null
}

export function writeMeasurement(writer: ByteWriter, measurement: Measurement): void {
  const { value, quality, reason, replayed, test } = measurement
  const form = formOf(value)
  const marks = (replayed === true ? REPLAYED : 0) | (test === true ? TEST : 0)
  const flags = form | marks | (QUALITY_CODE[quality] << QUALITY_SHIFT)
  if (reason === undefined) {
    writer.byte(flags)
  } else {
    writer.byte(flags | HAS_REASON)
    writer.byte(REASON_CODE[reason])
  }
  if (typeof value === 'string') writer.text(value)
  else if (typeof value === 'number') writeNumber(writer, { form, value })
}

/** Passes over one. Throws where `readMeasurement` throws. */
export function skipMeasurement(reader: ByteReader): void {
  const flags = reader.byte()
  readQuality(reader, flags)
  const form = flags & FORM_MASK
  if (form === FORM_TEXT) reader.skip(reader.varint())
  else if (form === FORM_FLOAT64) reader.skip(8)
  else if (form === FORM_FLOAT32) reader.skip(4)
  else if (form !== FORM_NONE) reader.varint()
}

export function readMeasurement(reader: ByteReader): Measurement {
  const flags = reader.byte()
  const { quality, reason } = readQuality(reader, flags)
  const value = readValue(reader, flags & FORM_MASK)
  return {
    value,
    quality,
    ...(reason === undefined ? {} : { reason }),
    ...((flags & REPLAYED) === 0 ? {} : { replayed: true }),
    ...((flags & TEST) === 0 ? {} : { test: true }),
  }
}

/** The shortest form that gives back the very same number. */
function formOf(value: PointValue | null): number {
  if (value === null) return FORM_NONE
  if (typeof value === 'string') return FORM_TEXT
  // A decimal has no negative zero.
  if (value === 0) return Object.is(value, -0) ? FORM_FLOAT64 : FORM_DECIMAL
  for (let digits = 0; digits < POWERS.length; digits++) {
    const power = POWERS[digits] as number
    const whole = Math.round(value * power)
    if (Math.abs(whole) < LARGEST_DECIMAL && whole / power === value) return FORM_DECIMAL + digits
  }
  return Math.fround(value) === value ? FORM_FLOAT32 : FORM_FLOAT64
}

function writeNumber(writer: ByteWriter, { form, value }: { form: number; value: number }): void {
  if (form === FORM_FLOAT64) writer.float64(value)
  else if (form === FORM_FLOAT32) writer.float32(value)
  else writer.signed(Math.round(value * (POWERS[form - FORM_DECIMAL] as number)))
}

function readQuality(reader: ByteReader, flags: number): { quality: Quality; reason: QualityReason | undefined } {
  const quality = QUALITIES[(flags >> QUALITY_SHIFT) & 3]
  if (quality === undefined) throw new RangeError('a quality that does not exist')
  if ((flags & HAS_REASON) === 0) return { quality, reason: undefined }
  const reason = REASONS.get(reader.byte())
  if (reason === undefined) throw new RangeError('a reason that does not exist')
  return { quality, reason }
}

function readValue(reader: ByteReader, form: number): PointValue | null {
  if (form === FORM_NONE) return null
  if (form === FORM_TEXT) return reader.text()
  if (form === FORM_FLOAT64) return reader.float64()
  if (form === FORM_FLOAT32) return reader.float32()
  return reader.signed() / (POWERS[form - FORM_DECIMAL] as number)
}
