import { describe, expect, it } from 'vitest'
import type { ModbusBinding } from '../../../device-profiles/binding-schema.ts'
import type { Device } from '../../../device-profiles/device.ts'
import type { Sample, SampleContent } from '../../../gateway/model.ts'
import { Decoder } from '../../../gateway/pipeline/decode.ts'
import { deviceOf, pointOf, smokeDetector, waterGauge } from './devices.ts'

function decode(device: Device, content: SampleContent): Record<string, unknown> {
  const sample = { deviceId: device.id, at: { wall: 0, mono: 0 }, ...content } as Sample
  const { points, findings } = new Decoder(device).decode(sample)
  return Object.fromEntries(points.map((place, i) => [device.points[place]?.profile.id, findings[i]]))
}

const table = 'holding-register'
const reason = 'device-fault'
const meter = deviceOf('meter', {
  points: [
    pointOf('meter', { id: 'a', modbus: { table, address: 10, type: 'int16' } }),
    pointOf('meter', { id: 'b', modbus: { table, address: 11, type: 'uint32' } }),
    pointOf('meter', { id: 'c', modbus: { table, address: 20, type: 'uint16' } }),
    pointOf('meter', { id: 'd', modbus: { table: 'coil', address: 10, type: 'bit' } }),
  ],
  rules: [],
})

describe('a block of registers', () => {
  it('gives the points that it covers, each from its own words', () => {
    expect(decode(meter, { type: 'registers', table, address: 10, words: [0xffff, 1, 2] })).toEqual({
      a: { value: -1 },
      b: { value: 0x10002 },
    })
  })

  it('may begin before its first point', () => {
    expect(decode(meter, { type: 'registers', table, address: 9, words: [7, 5] })).toEqual({ a: { value: 5 } })
  })

  it('does not give half a point', () => {
    expect(decode(meter, { type: 'registers', table, address: 10, words: [5, 1] })).toEqual({ a: { value: 5 } })
    expect(decode(meter, { type: 'registers', table, address: 12, words: [5, 1] })).toEqual({})
  })

  it('gives a point with a scale factor only where both are in it', () => {
    const scaled = deviceOf('scaled', {
      points: [pointOf('scaled', { id: 'w', modbus: { table, address: 83, type: 'int16', scaleFactor: 81 } })],
      rules: [],
    })
    const read = (address: number, words: readonly number[]) =>
      decode(scaled, { type: 'registers', table, address, words })
    expect(read(80, [9, 0xffff, 9, 1234, 9])).toEqual({ w: { value: 123.4 } })
    expect(read(83, [1234])).toEqual({})
    expect(read(80, [9, 0xffff, 9])).toEqual({})
    expect(decode(scaled, { type: 'read-failure', table, address: 81, count: 3, reason, detail: 'no' })).toEqual({
      w: { fault: reason, detail: 'no' },
    })
  })

  it('tells a broken wire as a fault of the device', () => {
    const modbus: ModbusBinding = {
      table,
      address: 1,
      type: 'uint16',
      map: { from: [4000, 20000], to: [0, 10], signal: 'uA' },
      mapValid: [3600, 21000],
    }
    const loop = deviceOf('loop', { points: [pointOf('loop', { id: 'level', modbus })], rules: [] })
    expect(decode(loop, { type: 'registers', table, address: 1, words: [3200] })).toEqual({
      level: { fault: 'device-fault', detail: 'loop current 3.2 mA: broken wire' },
    })
  })

  it('does not mix tables', () => {
    expect(decode(meter, { type: 'registers', table: 'coil', address: 10, words: [1] })).toEqual({ d: { value: 1 } })
    expect(decode(meter, { type: 'registers', table: 'input-register', address: 10, words: [1] })).toEqual({})
  })

  it('is decoded alike every time, however blocks of different shape follow one another', () => {
    const decoder = new Decoder(meter)
    const at = { wall: 0, mono: 0 }
    const read = (address: number, words: readonly number[]) =>
      decoder.decode({ deviceId: 'meter', at, type: 'registers', table, address, words }).findings
    expect(read(10, [1])).toEqual([{ value: 1 }])
    expect(read(10, [2, 0, 3])).toEqual([{ value: 2 }, { value: 3 }])
    expect(read(20, [4])).toEqual([{ value: 4 }])
    expect(read(10, [5])).toEqual([{ value: 5 }])
  })
})

describe('a failure', () => {
  it('of one read request is one of the points that it covers', () => {
    const content = { type: 'read-failure', table, address: 10, count: 3, reason, detail: 'exception 2' } as const
    const finding = { fault: reason, detail: 'exception 2' }
    expect(decode(meter, content)).toEqual({ a: finding, b: finding })
  })

  it('of the device is one of all its points', () => {
    const points = decode(meter, { type: 'device-failure', reason: 'communication-failure', detail: 'no answer' })
    expect(Object.keys(points)).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('a derived point', () => {
  const block = { type: 'registers', table: 'input-register', address: 10 } as const

  it('follows its source', () => {
    expect(decode(waterGauge(), { ...block, words: [3690] })).toEqual({
      distance: { value: 3.69 },
      level: { value: 0.31 },
    })
  })

  it('shares the fault of its source', () => {
    const { distance, level } = decode(waterGauge(), { ...block, words: [0xffff] })
    expect(distance).toMatchObject({ fault: 'sentinel' })
    expect(level).toMatchObject({ fault: 'sentinel' })
    const failure = {
      type: 'read-failure',
      table: 'input-register',
      address: 10,
      count: 1,
      reason: 'communication-failure',
    } as const
    expect(Object.keys(decode(waterGauge(), { ...failure, detail: 'no answer' }))).toEqual(['distance', 'level'])
  })

  it('is out of range where its source is', () => {
    expect(decode(waterGauge(), { ...block, words: [12_000] })).toMatchObject({
      distance: { value: 12 },
      level: { fault: 'out-of-range' },
    })
  })

  it('comes from plain values too', () => {
    expect(decode(waterGauge(), { type: 'values', values: { distance: 3 } })).toMatchObject({ level: { value: 1 } })
  })
})

describe('a message', () => {
  const payload = (words: string) => new TextEncoder().encode(words)
  const sample = { deviceId: 'smoke', at: { wall: 0, mono: 0 }, type: 'message', retained: false } as const

  it('gives the points that it mentions and its own time', () => {
    const decoding = new Decoder(smokeDetector()).decode({
      ...sample,
      payload: payload('{"battery":88,"time":1790000000000}'),
    })
    expect(decoding).toMatchObject({ points: [1], findings: [{ value: 88 }], time: 1_790_000_000_000, malformed: null })
  })

  it('that cannot be understood is a malformed finding of every point', () => {
    const decoding = new Decoder(smokeDetector()).decode({ ...sample, payload: payload('<smoke/>') })
    expect(decoding.points).toEqual([0, 1])
    expect(decoding.findings[0]).toMatchObject({ fault: 'malformed' })
    expect(decoding.malformed).toContain('JSON')
  })

  it('of a device without messages is malformed, not a crash', () => {
    expect(new Decoder(meter).decode({ ...sample, payload: payload('{}') }).malformed).toContain('test-model')
  })
})

describe('plain values', () => {
  it('count those that the profile does not have', () => {
    const at = { wall: 0, mono: 0 }
    const decoding = new Decoder(meter).decode({ deviceId: 'meter', at, type: 'values', values: { a: 1, z: 2 } })
    expect(decoding).toMatchObject({ points: [0], findings: [{ value: 1 }], unknown: 1 })
  })
})
