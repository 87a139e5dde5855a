import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import type { Device } from '../../../device-profiles/device.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { type DetectionTime, DetectionTimes, overdueMs, slowestText } from '../../../gateway/app/detection-times.ts'
import { LineMeter, measuredCycleMs } from '../../../gateway/app/line-meter.ts'
import type { GatewayConfig } from '../../../gateway/config/config.ts'
import type { LineStatus, UnitStatus } from '../../../gateway/sources/modbus/status.ts'
import { Story } from '../pipeline/story.ts'

const catalogue = loadCatalogue()
function deviceOf(id: string, profile: string, more: object = {}): Device {
  const resolution = resolveDevice({ id, station: 's', name: `${id} name`, place: 'p', profile, ...more }, catalogue)
  if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems))
  return resolution.device
}

const smoke = (id: string): Device => deviceOf(id, 'heiman-hs1sa-e')
const often = (id: string, intervalMs: number): Device =>
  deviceOf(id, 'outpost-ref-extinguisher-tag', { intervalMs, rules: { removed: { maxDetectionSeconds: 30 } } })

type Config = Pick<GatewayConfig, 'lines' | 'mqttDevices'>
/** Only what is looked at: which device is where. */
function configOf(lines: Readonly<Record<string, readonly Device[]>>, mqtt: readonly Device[] = []): Config {
  return {
    lines: Object.entries(lines).map(([id, devices]) => ({ id, units: devices.map((device) => ({ device })) })),
    mqttDevices: mqtt.map((device) => ({ device })),
  } as unknown as Config
}
const limits = (config: Config) => new DetectionTimes(config).measure(() => 1000)

describe('what is measured of a rule', () => {
  test('is the pace of its point, its on-delay and the tick that ends it', () => {
    const [tag] = limits(configOf({ yard: [often('tag', 5000)] })).filter(({ alarm }) => alarm === 'tag.removed')
    expect(tag).toMatchObject({
      line: 'yard',
      point: 'tag.present',
      measuredMs: 1000 + 10_000 + 500,
      allowedMs: 30_000,
    })
  })

  test('is judged on MQTT only where the regular messages come often enough to be what counts', () => {
    const allowed = (device: Device) =>
      limits(configOf({}, [device])).find(({ alarm }) => /removed|smoke-alarm/.test(alarm))?.allowedMs
    expect(allowed(often('tag', 15_000))).toBe(30_000)
    expect(allowed(often('tag', 20_000))).toBeNull()
    // Zigbee: a report every few hours, and the alarm at once.
    expect(allowed(smoke('smoke'))).toBeNull()
  })

  test('is unknown while the pace is', () => {
    const times = new DetectionTimes(configOf({ yard: [smoke('a')] })).measure(() => null)
    expect(times.find(({ alarm }) => alarm === 'a.smoke-alarm')).toMatchObject({ measuredMs: null, allowedMs: 10_000 })
    expect(times.map(overdueMs).every((ms) => ms === 0)).toBe(true)
    expect(slowestText(times)).toBe('-')
  })
})

const time = (point: string, measuredMs: number | null, allowedMs: number | null): DetectionTime => ({
  ...{ alarm: `${point}-alarm`, device: 'd', deviceName: '大厅', point, line: 'yard', measuredMs, allowedMs },
})

test('the slowest is the one that is furthest beyond its limit, or nearest to it', () => {
  expect(slowestText([time('a', 9000, 10_000), time('b', 3000, 2000), time('c', 60_000, null)])).toBe(
    '大厅 b 3 s > 2 s',
  )
  expect(slowestText([time('a', 9040, 10_000), time('b', 1000, 20_000)])).toBe('大厅 a 9 s ≤ 10 s')
  expect(slowestText([time('a', 9000, null), time('c', 60_000, null), time('x', null, 10)])).toBe('大厅 c 60 s')
})

const UNIT: UnitStatus = {
  ...{ deviceId: 'a', unitId: 1, state: 'polling', failuresInRow: 0, error: null, lastReplyMs: 50, lastReplyAt: 0 },
  ...{ cycleMs: 80, lineMs: 60, requestsPerCycle: 1, skippedCycles: 0, busyReplies: 0, badReads: [] },
}
const LINE: LineStatus = {
  ...{ id: 'yard', connected: true, since: 0, error: null, connections: 1, connects: 1, busyMs: 0, skippedCycles: 0 },
  ...{
    requests: 20,
    answers: 10,
    timeouts: 1,
    exceptions: 2,
    lateReplies: 7,
    refusedReplies: 3,
    cut: 4,
    units: [UNIT],
  },
}

describe('a line', () => {
  test('takes as long as the cycles of the units that answer', () => {
    const dead: UnitStatus = { ...UNIT, state: 'demoted', failuresInRow: 9, lineMs: 3000 }
    expect(measuredCycleMs({ units: [UNIT, { ...UNIT, lineMs: 40 }, dead] })).toBe(100)
    expect(measuredCycleMs({ units: [UNIT, { ...UNIT, lineMs: null }] })).toBeNull()
    expect(measuredCycleMs({ units: [dead] })).toBeNull()
  })

  test('is measured with its own detections; its utilisation since the last time', () => {
    const meter = new LineMeter()
    const measure = (line: Partial<LineStatus>, mono: number) =>
      meter.measure([{ ...LINE, ...line }], {
        mono,
        detections: [time('a', 12_000, 10_000), { ...time('b', 99_000, 1), line: null }],
      })
    expect(measure({ busyMs: 100 }, 5000)).toEqual([
      {
        deviceId: 'line-yard',
        values: {
          'slowest-alarm': '大厅 a 12 s > 10 s',
          'detection-overdue-seconds': 2,
          'detection-seconds': 12,
          'cycle-seconds': 0.06,
        },
      },
    ])
    const utilisation = (line: Partial<LineStatus>, mono: number) =>
      measure(line, mono)[0]?.values['utilisation-percent']
    expect(utilisation({ busyMs: 2600 }, 10_000)).toBe(50)
    expect(utilisation({ busyMs: 7600, connections: 2 }, 15_000)).toBe(50)
    // It was restarted, and counts from 0 again.
    expect(utilisation({ busyMs: 10 }, 20_000)).toBeUndefined()
    expect(meter.measure([{ ...LINE, units: [] }], { mono: 25_000, detections: [] })).toEqual([])
  })
})

describe('the alarm of a line', () => {
  const story = (): Story => new Story([deviceOf('line-yard', 'outpost-line')])
  const measured = (times: readonly DetectionTime[]) =>
    new LineMeter().measure([LINE], { mono: 0, detections: times })[0]?.values ?? {}
  const slow = measured([time('smoke-1.smoke', 12_300, 10_000)])
  const fast = measured([time('smoke-1.smoke', 2000, 10_000)])
  const run = (of: Story, values: Readonly<Record<string, string | number>>, seconds: number): Story => {
    for (let passed = 0; passed < seconds; passed += 5) of.values('line-yard', values).pass(5)
    return of
  }

  test('names device, point, what was measured and what is allowed, in both languages', () => {
    const told = run(run(story(), fast, 10), slow, 30)
    expect(told.tale).toEqual(['25 s: line-yard.detection-overdue raised high -> unacknowledged'])
    const { alarm } = told.last()
    expect(alarm).toMatchObject({ class: 'fault', priority: 'high', deviceName: 'line-yard name' })
    expect(alarm.reason.zh).toMatch(/^报警检测超出允许时间 2\.3 s，高于高限值 .*：大厅 smoke-1\.smoke 12\.3 s > 10 s$/)
    expect(alarm.reason.en).toMatch(
      /^Detection beyond what is allowed 2\.3 s is above .*: 大厅 smoke-1\.smoke 12\.3 s > 10 s$/,
    )
    expect(alarm.guidance.en).toContain('check --timing')
  })

  test('returns when it is fast enough again, after a while', () => {
    const told = run(run(story(), slow, 30), fast, 120)
    expect(told.tale).toHaveLength(2)
    expect(told.last()).toMatchObject({ type: 'returned' })
    expect(told.last().alarm.reason.en).not.toContain('smoke-1')
  })
})
