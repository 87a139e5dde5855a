import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Reading } from '../../../gateway/model.ts'
import { alarmEventLine, readingLine } from '../../../gateway/sinks/influx-lines.ts'
import type { PointDescription } from '../../../gateway/sinks/point-description.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { parseLine } from '../../support/line-protocol.ts'

const level: PointDescription = {
  station: 'shi-jing',
  device: 'culvert-level',
  pointId: 'level',
  kind: 'water-level',
  type: 'number',
  unit: 'm',
}
const reading: Reading = {
  point: 'culvert-level.level',
  time: 1_788_250_000_123.456,
  receivedAt: 1_788_250_000_200,
  value: 0.32,
  quality: 'good',
}
const parsed = (change: Partial<Reading>, about: PointDescription | undefined = level) =>
  parseLine(readingLine({ ...reading, ...change }, () => about))

/** Text with all that line protocol, servers and editors take for something special. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\\', ',', ' ', '=', '"', '\n', '\r', '\t', '\0', '#', 'i', 'T', '水', '🚒', '\u2028', '\ud800'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
})

describe('a reading as a line', () => {
  test('looks like this', () => {
    expect(readingLine(reading, () => level)).toBe(
      'reading,device=culvert-level,kind=water-level,point=level,station=shi-jing,unit=m quality="good",value=0.32 1788250000123456000',
    )
  })

  test('has one field name for each type of point, whatever came', () => {
    expect(parsed({ value: 1 }).fields.value).toEqual({ type: 'float', value: 1 })
    expect(parsed({ value: 1 }, { ...level, type: 'boolean' }).fields.state).toEqual({ type: 'integer', value: 1n })
    expect(parsed({ value: 3 }, { ...level, type: 'enum' }).fields.state).toEqual({ type: 'integer', value: 3n })
    expect(parsed({ value: 'v1.2' }, { ...level, type: 'text' }).fields.text).toEqual({ type: 'string', value: 'v1.2' })
    expect(parsed({ value: 0.5 }, { ...level, type: 'enum' }).fields).toMatchObject({ value: { value: 0.5 } })
    expect(parsed({ value: 'odd' }).fields).not.toHaveProperty('value')
  })

  test('without a usable value says only why', () => {
    expect(parsed({ value: null, quality: 'bad', reason: 'sentinel' }).fields).toEqual({
      quality: { type: 'string', value: 'bad' },
      reason: { type: 'string', value: 'sentinel' },
    })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('never carries %d', (value) => {
    expect(Object.keys(parsed({ value }).fields)).toEqual(['quality'])
    expect(Object.keys(parsed({ value }, { ...level, type: 'enum' }).fields)).toEqual(['quality'])
  })

  test('says that it was replayed only when it was', () => {
    expect(parsed({ replayed: true }).fields.replayed).toEqual({ type: 'boolean', value: true })
    expect(parsed({ replayed: false }).fields).not.toHaveProperty('replayed')
  })

  test('leaves out a unit that is none', () => {
    expect(parsed({}, { ...level, unit: '1' }).tags).not.toHaveProperty('unit')
    expect(parsed({}, { ...level, unit: '' }).tags).not.toHaveProperty('unit')
    expect(parsed({}, { ...level, unit: 'dB/m' }).tags.unit).toBe('dB/m')
  })

  test('of a point that nobody knows any more is written with what its id says', () => {
    const line = parseLine(readingLine({ ...reading, point: 'old-device.level' }, () => undefined))
    expect(line.tags).toEqual({ device: 'old-device', point: 'level' })
    expect(line.fields.value).toEqual({ type: 'float', value: 0.32 })
  })

  test('keeps every finite number exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parsed({ value }).fields.value).toEqual({ type: 'float', value: value === 0 ? 0 : value })
      }),
    )
  })

  test('keeps every microsecond', () => {
    const thisCentury = fc.integer({ min: 0, max: Date.UTC(2100, 0) * 1000 })
    fc.assert(
      fc.property(thisCentury, (micros) => {
        expect(parsed({ time: micros / 1000 }).time).toBe(BigInt(micros) * 1000n)
      }),
      { numRuns: 2000 },
    )
  })

  test('is one well-formed line whatever its names and texts hold', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, (station, unit, text) => {
        const line = parsed({ value: text }, { ...level, type: 'text', station, unit })
        expect(line.fields.text).toEqual({ type: 'string', value: visible(text) })
        expect(line.tags.station ?? '').toBe(tame(station))
        expect(Object.keys(line.tags)).not.toContain('')
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['trailing\\', 'trailing/'],
    ['a\\,b', 'a/,b'],
    ['a\nb', 'a b'],
    ['a=b, c', 'a=b, c'],
    ['"quoted"', '"quoted"'],
  ])('has the tag %j as %j', (station, tag) => {
    expect(parsed({}, { ...level, station }).tags.station).toBe(tag)
  })
})

/** What a text becomes in a field: the same, with line breaks made visible. */
function visible(text: string): string {
  return text.replace(/\r\n|[\n\r\u2028\u2029]/g, '\\n').replaceAll('\0', '')
}

/** What a text becomes in a tag. */
function tame(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the subject
  return text.replaceAll('\\', '/').replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')
}

describe('an alarm event as a line', () => {
  test('has its tags and its fields', () => {
    const line = parseLine(alarmEventLine(alarmEvent(7, { type: 'acknowledged', by: '王强', comment: '已派人\n现场' })))
    expect(line.measurement).toBe('alarm_event')
    expect(line.tags).toEqual({
      station: 'shi-jing',
      device: 'culvert-level',
      rule: 'level',
      kind: 'water-level',
      class: 'alarm',
      priority: 'high',
    })
    const string = (value: string) => ({ type: 'string', value })
    expect(line.fields).toEqual({
      seq: { type: 'integer', value: 7n },
      id: string('gateway-1:7'),
      type: string('acknowledged'),
      state: string('unacknowledged'),
      level: string('orange'),
      occurrence: { type: 'integer', value: 1n },
      value: { type: 'float', value: 0.32 },
      setpoint: { type: 'float', value: 0.27 },
      quality: string('good'),
      reason_zh: string('水位 0.32 m，高于 0.27 m'),
      reason_en: string('level 0.32 m, above 0.27 m'),
      by: string('王强'),
      comment: string('已派人\\n现场'),
    })
  })

  test('never shares its row with another event of the same alarm at the same time', () => {
    const times = [1, 2, 998, 999, 1000, 1001].map(
      (seq) => parseLine(alarmEventLine(alarmEvent(seq, { time: 5000 }))).time,
    )
    expect(new Set(times).size).toBe(times.length - 1)
    expect(times.map((time) => time / 1000n)).toEqual(times.map(() => 5_000_000n))
    // A thousand numbers apart two events cannot belong to one alarm within one microsecond.
    expect(times[0]).toBe(times[5])
  })

  test('without a cause has neither value nor setpoint', () => {
    const { alarm } = alarmEvent(1)
    const cause = { ...alarm.cause, value: null, setpoint: null, point: null }
    const line = parseLine(alarmEventLine(alarmEvent(1, { alarm: { ...alarm, cause, level: null } })))
    expect(Object.keys(line.fields)).not.toEqual(expect.arrayContaining(['value']))
    expect(line.fields).not.toHaveProperty('setpoint')
    expect(line.fields).not.toHaveProperty('level')
  })
})
