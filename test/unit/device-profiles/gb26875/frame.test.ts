import { describe, expect, it, test } from 'vitest'
import { decodeData, encodeData } from '../../../../device-profiles/gb26875/application-data.ts'
import { STANDARD } from '../../../../device-profiles/gb26875/dialect.ts'
import { encodeFrame, type Frame, nextSerial } from '../../../../device-profiles/gb26875/frame.ts'
import { Reframer } from '../../../../device-profiles/gb26875/reframer.ts'
import { BAD_CHECKSUM, BAD_END, DATA, MENDED, PACKETS } from '../../../support/gb26875-vectors.ts'

const AT = { year: 2012, month: 9, day: 26, hour: 9, minute: 58, second: 2 }
const find = (bytes: Uint8Array, dialect = STANDARD) => [...new Reframer(dialect).feed(bytes)]
function only(bytes: Uint8Array, dialect = STANDARD): Frame {
  const [found, ...more] = find(bytes, dialect)
  expect(more).toEqual([])
  if (found?.type !== 'frame') throw new Error(`no packet but ${JSON.stringify(found)}`)
  return found.frame
}

describe('published packets', () => {
  it.each(Object.entries({ ...PACKETS, mended: MENDED }))('%s is read, and written as it was', (_, bytes) => {
    const frame = only(bytes)
    expect(encodeFrame(frame, STANDARD)).toEqual(bytes)
  })

  it.each(Object.entries({ ...PACKETS, mended: MENDED }))('%s: so are its data', (_, bytes) => {
    const { data, time } = only(bytes)
    expect(encodeData(decodeData(data, STANDARD), { dialect: STANDARD, time })).toEqual(data)
  })

  test('the fire says what it says', () => {
    const frame = only(PACKETS.fire)
    expect(frame).toMatchObject({
      ...{ serial: 1, version: { main: 1, user: 1 }, source: 0x0379, destination: 0x015b38, command: 2 },
      time: { ...AT, second: 32 },
    })
    expect(decodeData(frame.data, STANDARD)).toEqual({
      type: 'component-state',
      objects: [
        {
          system: { type: 1, address: 1 },
          component: { type: 40, address: 0x0002_000a },
          state: 2,
          description: ' '.repeat(30),
          time: AT,
        },
      ],
    })
  })

  test('the confirmation and the denial of it', () => {
    const answer = { serial: 1, source: 0x015b38, destination: 0x0379, data: new Uint8Array() }
    expect(only(PACKETS.confirmed)).toMatchObject({ ...answer, command: 3 })
    expect(only(PACKETS.denied)).toMatchObject({ ...answer, command: 6 })
  })

  test('a description in GB 18030', () => {
    expect(decodeData(only(MENDED).data, STANDARD)).toMatchObject({
      objects: [{ description: 'Ａ区１层呷哺走廊', component: { type: 0, address: 0x0006_00d9 }, state: 2 }],
    })
  })

  it.each(DATA)('%s', (_, bytes, unit) => {
    expect(decodeData(bytes, STANDARD)).toEqual(unit)
    expect(encodeData(unit as never, { dialect: STANDARD, time: AT })).toEqual(bytes)
  })
})

describe('packets that are denied and dropped (6.5.3)', () => {
  test('wrong checksum', () => {
    expect(find(BAD_CHECKSUM)).toMatchObject([{ type: 'refused', fault: 'checksum', header: { serial: 0 } }])
  })
  test('wrong end characters', () => {
    expect(find(BAD_END)).toMatchObject([{ type: 'refused', fault: 'end', header: { serial: 0, command: 2 } }])
  })
  test('wrong start characters', () => {
    const bytes = PACKETS.confirmed.with(1, 0x41)
    expect(find(bytes)).toMatchObject([{ type: 'refused', fault: 'start', header: { serial: 1, source: 0x015b38 } }])
    expect(find(PACKETS.fire.with(0, 0))).toMatchObject([{ type: 'refused', fault: 'start', header: { serial: 1 } }])
  })
  test('more data than 1024 bytes', () => {
    const bytes = PACKETS.fire.with(24, 0x01).with(25, 0x04)
    expect(find(bytes)).toMatchObject([{ type: 'refused', fault: 'length', header: { serial: 1 } }])
  })
  it.each([0, 7, 127])('the reserved command %i', (command) => {
    const bytes = encodeFrame({ ...only(PACKETS.fire), command }, STANDARD)
    expect(find(bytes)).toMatchObject([{ type: 'refused', fault: 'command', header: { serial: 1, command } }])
  })
  test("not: a command of the user's own", () => {
    const bytes = encodeFrame({ ...only(PACKETS.fire), command: 128 }, STANDARD)
    expect(only(bytes).command).toBe(128)
  })
  test('1024 bytes of data are allowed, one more cannot be sent', () => {
    const frame = { ...only(PACKETS.fire), data: new Uint8Array(1024).fill(0x23) }
    expect(only(encodeFrame(frame, STANDARD)).data).toEqual(frame.data)
    expect(() => encodeFrame({ ...frame, data: new Uint8Array(1025) }, STANDARD)).toThrow(
      'at most 1024 bytes, got 1025',
    )
  })
})

describe('differences in the field', () => {
  const { data: _, ...header } = only(PACKETS.fire)
  const frame: Frame = { ...header, data: Uint8Array.of(28, 1, 0x02, 0x3a, 9, 26, 9, 12) }
  const written = (dialect: Partial<typeof STANDARD>) => encodeFrame(frame, { ...STANDARD, ...dialect })

  test('length and addresses high byte first', () => {
    expect([...written({ lengthOrder: 'big' }).subarray(24, 26)]).toEqual([0, 8])
    expect([...written({ addressOrder: 'big' }).subarray(12, 18)]).toEqual([0, 0, 0, 0, 3, 0x79])
  })
  test('decimal digits in times', () => {
    const dialect = { ...STANDARD, time: 'bcd' } as const
    expect([...written(dialect).subarray(6, 12)]).toEqual([0x32, 0x58, 0x09, 0x26, 0x09, 0x12])
    expect(only(written(dialect), dialect)).toMatchObject({ time: { ...AT, second: 32 } })
  })
  test('checksum from the command byte on', () => {
    const sum = [2, ...frame.data].reduce((total, byte) => total + byte, 0) % 256
    expect(written({ checksumFrom: 'command' }).at(-3)).toBe(sum)
    expect(find(written({ checksumFrom: 'command' }))).toMatchObject([{ fault: 'checksum' }])
  })
  test('a time tag beyond the standard, which is nothing to the reader', () => {
    const dialect = { ...STANDARD, extraTimeTag: true }
    const unit = { type: 'device-version', objects: [{ major: 1, minor: 2 }] } as const
    const bytes = encodeData(unit, { dialect, time: AT })
    expect([...bytes]).toEqual([25, 1, 1, 2, 2, 58, 9, 26, 9, 12])
    expect(decodeData(bytes, dialect)).toEqual(unit)
    expect(() => decodeData(bytes, STANDARD)).toThrow('6 bytes are left behind 1 objects of the type 25')
  })
  it.each([{ lengthOrder: 'big' }, { addressOrder: 'big' }, { time: 'bcd' }, { checksumFrom: 'command' }] as const)(
    '%o is read as it was written',
    (difference) => {
      const dialect = { ...STANDARD, ...difference }
      expect(only(encodeFrame(frame, dialect), dialect)).toEqual(frame)
    },
  )
})

test('serial numbers begin again at 0', () => {
  expect([nextSerial(0), nextSerial(65_534), nextSerial(65_535)]).toEqual([1, 65_535, 0])
})
