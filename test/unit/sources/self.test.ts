import { expect, test } from 'vitest'
import type { Sample } from '../../../gateway/model.ts'
import { createSelfSource, type SelfMeasurement } from '../../../gateway/sources/self.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

function setUp(measure: () => Iterable<SelfMeasurement>) {
  const clock = new FakeClock()
  const log = createMemoryLog()
  return { clock, log, source: createSelfSource({ intervalMs: 5000, measure, clock, log }) }
}

test('goes on measuring while the disk does not answer: only so can it say that it does not', async () => {
  let hangs = 0
  const { clock, source } = setUp(() => [{ deviceId: 'gw', values: { 'journal-failed': hangs } }])
  const samples: Sample[] = []
  await source.start((sample) => {
    samples.push(sample)
    return new Promise(() => {})
  })
  hangs = 1
  await clock.advance(10_000)
  await source.stop()
  await clock.advance(10_000)
  expect(samples.map((sample) => (sample.type === 'values' ? sample.values['journal-failed'] : null))).toEqual([
    0, 1, 1,
  ])
})

test('a journal that refuses ends nothing', async () => {
  const { clock, log, source } = setUp(() => [{ deviceId: 'gw', values: {} }])
  let samples = 0
  await source.start(() => {
    samples++
    return Promise.reject(new Error('disk full'))
  })
  await clock.advance(5000)
  expect(samples).toBe(2)
  expect(log.lines).toEqual([])
})

test('a measurement that fails ends nothing and is told once, until one succeeds', async () => {
  let broken = true
  const { clock, log, source } = setUp(function* () {
    yield { deviceId: 'gw', values: {} }
    if (broken) throw new Error('no such directory')
  })
  let samples = 0
  await source.start(() => Promise.resolve(samples++))
  await clock.advance(5000)
  expect(samples).toBe(0)
  expect(log.lines).toMatchObject([{ level: 'error', message: 'the gateway cannot measure its own health' }])
  broken = false
  await clock.advance(5000)
  expect(samples).toBe(1)
  broken = true
  await clock.advance(5000)
  expect(log.lines).toHaveLength(2)
})
