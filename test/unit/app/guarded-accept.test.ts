import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { guardAccept } from '../../../gateway/app/guarded-accept.ts'
import type { Instant, Sample } from '../../../gateway/model.ts'
import { Pipeline } from '../../../gateway/pipeline/pipeline.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const catalogue = loadCatalogue()
const now: Instant = { wall: 1_700_000_000_000, mono: 1000 }
const later: Instant = { wall: now.wall + 1000, mono: 2000 }

function radar(id: string): Device {
  const resolution = resolveDevice(
    {
      ...{ id, station: 'longtian', name: id, place: '下穿隧道', profile: 'dfrobot-sen0676' },
      parameters: { 'installation-height': 4 },
    },
    catalogue,
  )
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

/** Its distance cannot be decoded, which no check of a configuration would let through. */
function broken(id: string): Device {
  const device = radar(id)
  const points = device.points.map((point) => {
    const { modbus } = point.profile
    return modbus === undefined ? point : { ...point, profile: { ...point.profile, modbus: { ...modbus, scale: 0 } } }
  })
  return { ...device, points, profile: { ...device.profile, points: points.map(({ profile }) => profile) } }
}

const read = (deviceId: string, at = now): Sample => ({
  ...{ deviceId, at, type: 'registers', table: 'holding-register', address: 1, words: [2116] },
})

test('a device that cannot be decoded has bad points and a reason, and the others go on', () => {
  const log = createMemoryLog()
  const pipeline = new Pipeline({ devices: [broken('radar-1'), radar('radar-2')], alarms: [], now })
  const accept = guardAccept((sample) => pipeline.accept(sample), log)
  const [first, second] = [accept(read('radar-1')), accept(read('radar-2'))]
  expect(first.readings.map(({ point, quality, reason }) => [point, quality, reason])).toEqual([
    ['radar-1.distance', 'bad', 'malformed'],
    ['radar-1.level', 'bad', 'malformed'],
    ['radar-1.rise', 'bad', 'malformed'],
    ['radar-1.time-to-level', 'bad', 'malformed'],
  ])
  expect(second.readings.map(({ point, quality }) => [point, quality])).toEqual([
    ['radar-2.distance', 'good'],
    ['radar-2.level', 'good'],
    ['radar-2.rise', 'bad'],
    ['radar-2.time-to-level', 'bad'],
  ])
  for (let i = 0; i < 10; i++) accept(read('radar-1', later))
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([['error', 'a sample cannot be taken']])
})

test('each change has one line in the log', () => {
  const log = createMemoryLog()
  let reason: string | null = 'one'
  const accept = guardAccept(({ type }) => {
    if (reason !== null && type !== 'device-failure') throw new Error(reason)
    return { readings: [], events: [] }
  }, log)
  const message: Sample = { deviceId: 'tag-1', at: now, type: 'message', payload: new Uint8Array(), retained: false }
  for (const next of ['one', 'one', 'two', 'two', null, null, 'one']) {
    reason = next
    accept(message)
  }
  expect(log.lines.map(({ level, facts }) => [level, String(facts.err ?? 'well')])).toEqual([
    ['error', 'Error: one'],
    ['error', 'Error: two'],
    ['info', 'well'],
    ['error', 'Error: one'],
  ])
})

test('a retained message that cannot be taken says nothing about now', () => {
  const taken: Sample[] = []
  const accept = guardAccept((sample) => {
    taken.push(sample)
    throw new Error('a defect')
  }, createMemoryLog())
  const message: Sample = { deviceId: 'tag-1', at: now, type: 'message', payload: new Uint8Array(), retained: true }
  expect(accept(message)).toEqual({ readings: [], events: [] })
  expect(taken).toEqual([message])
})
