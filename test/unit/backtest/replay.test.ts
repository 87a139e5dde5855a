/** The replay tells what the pipeline told when the readings were made. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Device } from '../../../device-profiles/device.ts'
import type { RecordedReading } from '../../../gateway/backtest/recorded-reading.ts'
import { replay } from '../../../gateway/backtest/replay.ts'
import { deviceOf, levelOf, limitRule, noDataRule, pointOf, simpleDevice, waterGauge } from '../pipeline/devices.ts'
import { START, Story } from '../pipeline/story.ts'

async function replayed(devices: readonly Device[], readings: readonly RecordedReading[], seconds: number) {
  const tale: string[] = []
  const result = await replay([readings], {
    ...{ devices, span: { from: START.wall, to: START.wall + seconds * 1000 }, tickMs: 1000 },
    onEvent: ({ time, type, alarm }) => {
      const level = alarm.level === null ? '' : ` ${alarm.level}`
      tale.push(`${(time - START.wall) / 1000} s: ${alarm.id} ${type}${level} -> ${alarm.state}`)
    },
    onProgress: () => true,
  })
  return { tale, ...result }
}

test('levels, delays, silence and bad sensors come at the very times at which they came', async () => {
  const story = new Story([waterGauge()])
  for (const level of [0, 0.2, 0.2, 0.3, 0.6, 0.6, 0.3, 0.1, 0]) story.water(level).pass(10)
  story.waterWord(0xffff).pass(10).water(0.6).pass(60).fails('water').pass(40).water(0).pass(10)
  const { tale, points } = await replayed([waterGauge()], story.readings, 210)
  expect(tale).toEqual(story.tale)
  expect(points).toBe(2)
})

test('whatever is measured, the tale is the same', async () => {
  const word = fc.integer({ min: 3000, max: 4200 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, fc.integer({ min: 1, max: 60 })), { maxLength: 30 }), async (steps) => {
      const story = new Story([waterGauge()])
      let seconds = 0
      for (const [measured, pause] of steps) {
        story.waterWord(measured).pass(pause)
        seconds += pause
      }
      expect((await replayed([waterGauge()], story.readings, seconds)).tale).toEqual(story.tale)
    }),
    { numRuns: 40 },
  )
})

test('another setpoint, another tale; another installation height is derived anew', async () => {
  const story = new Story([waterGauge()])
  for (const level of [0, 0.12, 0.12, 0.12, 0]) story.water(level).pass(10)
  expect(story.tale).toEqual([])
  const strict = waterGauge({ levels: [levelOf('yellow', { setpoint: 0.1 })] })
  expect((await replayed([strict], story.readings, 50)).tale).toEqual([
    '10 s: water.high-water raised yellow -> unacknowledged',
    '40 s: water.high-water returned yellow -> returned-unacknowledged',
  ])
  const higher = { ...waterGauge(), parameters: { 'installation-height': 4.4 } }
  expect((await replayed([higher], story.readings, 50)).tale[0]).toContain('high-water raised')
})

test('a value that is stored on change stands between its readings, and no longer', async () => {
  const point = { ...pointOf('d', { id: 'x' }), store: { deadband: 0, maxIntervalMs: 600_000 } }
  const device = deviceOf('d', {
    ...{ points: [point], protocol: 'self', intervalMs: 10_000 },
    rules: [limitRule(point, [levelOf('high', { setpoint: 1, onDelayMs: 300_000 })]), noDataRule({ afterMs: 60_000 })],
  })
  const at = (seconds: number, value: number): RecordedReading => {
    return { point: 'd.x', time: START.wall + seconds * 1000, value, quality: 'good' }
  }
  const { tale } = await replayed([device], [at(0, 2), at(600, 0), at(601, 0)], 1400)
  expect(tale).toEqual([
    '300 s: d.limit raised high -> unacknowledged',
    '600 s: d.limit returned high -> returned-unacknowledged',
    // The last word was a repetition 610 s after the last record; a minute later it is silent.
    expect.stringMatching(/^12\d\d s: d\.no-data raised/),
  ])
})

test('late readings and unknown points are counted and judge nothing', async () => {
  const device = simpleDevice((point) => limitRule(point, [levelOf('high')]))
  const reading = { point: 'd.x', time: START.wall, value: 2, quality: 'good' } as const
  const result = await replayed(
    [device],
    [
      { ...reading, replayed: true },
      { ...reading, point: 'e.y' },
    ],
    10,
  )
  expect(result).toMatchObject({ tale: [], readings: 0, late: 1, unknown: 1 })
})
