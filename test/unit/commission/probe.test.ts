import { afterEach, describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { systemClock } from '../../../gateway/clock.ts'
import { type ProbeResult, probe } from '../../../gateway/commission/probe.ts'
import type { SlaveOptions } from '../../support/modbus-slave.ts'
import { type LineToSlave, lineToSlave } from './line-to-slave.ts'

const catalogue = loadCatalogue()
let here: LineToSlave | null = null
afterEach(() => here?.stop())

function deviceOf(profile: string, parameters: Readonly<Record<string, number>> = {}): Device {
  const names = { id: 'it', station: 'longtian', name: 'it', place: 'here' }
  const resolution = resolveDevice({ ...names, profile, parameters }, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

const RADAR = deviceOf('dfrobot-sen0676', { 'installation-height': 5 })
/** Five registers, read as one. */
const TAG = deviceOf('outpost-ref-extinguisher-tag-modbus')
const TAG_WORDS = [12_000, 215, 1, 90, 0xffc4]
const tagWord = (_: number, address: number) => TAG_WORDS[address] ?? 0

async function probeAgainst(device: Device, options: SlaveOptions): Promise<ProbeResult> {
  here = await lineToSlave(options)
  return await probe({ device, unitId: 7, line: here.line, clock: systemClock })
}

const byId = ({ points }: ProbeResult) => Object.fromEntries(points.map((point) => [point.id, point]))

describe('a probe', () => {
  test('gives raw words, values and reply times of every point, the derived ones too', async () => {
    const result = await probeAgainst(RADAR, { framing: 'tcp', word: () => 2116 })
    expect(result).toMatchObject({ device: 'it', profile: 'dfrobot-sen0676', unitId: 7, requests: 1, answered: true })
    const { level, distance } = byId(result)
    const good = { quality: 'good', reason: null, detail: null, exception: null, replyMs: expect.any(Number) }
    const registers = { table: 'holding-register', address: 1, count: 1 }
    expect(distance).toEqual({ id: 'distance', unit: 'm', registers, words: [2116], value: 2.116, ...good })
    expect(level).toEqual({ id: 'level', unit: 'm', registers: null, words: null, value: 2.884, ...good })
  })

  test('cuts the words of each point out of a read of several', async () => {
    const result = await probeAgainst(TAG, { framing: 'rtu', word: tagWord })
    expect(result.requests).toBe(1)
    expect(result.points.map(({ id, words, value }) => [id, words, value])).toEqual([
      ['pressure', [12_000], 1200],
      ['temperature', [215], 21.5],
      ['present', [1], 1],
      ['obstructed', [1], 0],
      ['battery', [90], 90],
      ['rssi', [0xffc4], -60],
    ])
  })

  test('says why a value is none: a sentinel, a range', async () => {
    const words = [0xffff, 900, 0, 100, 0]
    const result = await probeAgainst(TAG, { framing: 'tcp', word: (_, address) => words[address] ?? 0 })
    expect(byId(result)).toMatchObject({
      pressure: { words: [0xffff], value: null, quality: 'bad', reason: 'sentinel' },
      temperature: { words: [900], value: null, quality: 'bad', reason: 'out-of-range' },
      battery: { value: 100, quality: 'good' },
    })
  })

  test('narrows a refused read down to the point that the device does not have', async () => {
    const result = await probeAgainst(TAG, {
      framing: 'tcp',
      word: tagWord,
      answer: ({ address, count }) =>
        address <= 3 && address + count > 3 ? { type: 'exception', code: 2 } : { type: 'right' },
    })
    const { battery, ...others } = byId(result)
    expect(battery).toMatchObject({ words: null, quality: 'bad', reason: 'device-fault', exception: 2 })
    expect(battery?.detail).toMatch(/exception 2 \(illegal data address\)/)
    expect(Object.values(others).map(({ quality }) => quality)).toEqual(['good', 'good', 'good', 'good', 'good'])
  })

  test('asks a busy device again, and then says that it is busy', async () => {
    const patient = await probeAgainst(TAG, {
      framing: 'tcp',
      word: tagWord,
      answer: ({ index }) => (index === 0 ? { type: 'exception', code: 6 } : { type: 'right' }),
    })
    expect(patient.requests).toBe(2)
    expect(patient.points.every(({ quality }) => quality === 'good')).toBe(true)
    await here?.stop()
    const busy = await probeAgainst(TAG, { framing: 'tcp', answer: () => ({ type: 'exception', code: 6 }) })
    expect(busy).toMatchObject({ requests: 3, answered: true })
    expect(busy.points[0]).toMatchObject({ exception: 6, quality: 'bad', reason: 'device-fault' })
  })

  test('a silent device costs one time-out, and every point says so', async () => {
    const keller = deviceOf('keller-36xw', { 'metres-per-bar': 10.2, 'zero-offset': 0 })
    const result = await probeAgainst(keller, { framing: 'tcp', answer: () => ({ type: 'silence' }) })
    expect(here?.slave.requests).toHaveLength(1)
    expect(result).toMatchObject({ answered: false, requests: 1 })
    expect(result.points).toHaveLength(keller.points.filter(({ profile }) => profile.compute === undefined).length)
    for (const point of result.points) {
      expect(point).toMatchObject({ value: null, quality: 'bad', reason: 'communication-failure', replyMs: null })
    }
  })

  test.each([10, 11])('exception %i of a gateway in between is no answer', async (code) => {
    const result = await probeAgainst(TAG, { framing: 'tcp', answer: () => ({ type: 'exception', code }) })
    expect(result.answered).toBe(false)
    expect(result.points[0]).toMatchObject({ reason: 'communication-failure', exception: code })
  })

  test('what may be the late reply to an earlier request is not called good', async () => {
    here = await lineToSlave(
      { framing: 'rtu', word: tagWord, answer: ({ index }) => ({ type: index === 0 ? 'silence' : 'right' }) },
      { timeoutMs: 30 },
    )
    const { line } = here
    await line.request(7, { type: 'read', table: 'holding-register', address: 0, count: 5 })
    const result = await probe({ device: TAG, unitId: 7, line, clock: systemClock })
    expect(result.points[0]).toMatchObject({ value: 1200, quality: 'uncertain', reason: 'unconfirmed' })
  })

  test('a line that cannot connect fails with its reason', async () => {
    here = await lineToSlave({ framing: 'tcp' })
    await here.stop()
    const result = await probe({ device: TAG, unitId: 7, line: here.line, clock: systemClock })
    expect(result).toMatchObject({ answered: false })
    expect(result.points[0]?.reason).toBe('communication-failure')
  })
})
