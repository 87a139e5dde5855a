/** Hand-made devices for the tests of the pipeline: one of each kind of rule, with round numbers. */
import type { Device, Point, Rule, RuleLevel } from '../../../device-profiles/device.ts'
import type { DeviceProfile, PointProfile } from '../../../device-profiles/schema.ts'

export function text(words: string): { zh: string; en: string } {
  return { zh: words, en: words }
}

export function pointOf(device: string, profile: Partial<PointProfile> & { id: string }): Point {
  return { id: `${device}.${profile.id}`, profile: { name: text(profile.id), unit: '1', type: 'number', ...profile } }
}

interface DeviceParts {
  readonly points: readonly Point[]
  readonly rules: readonly Rule[]
  readonly protocol?: DeviceProfile['protocol']
  readonly mqtt?: DeviceProfile['mqtt']
  readonly parameters?: Readonly<Record<string, number>>
  readonly intervalMs?: number
  readonly name?: string
}

export function deviceOf(id: string, { points, rules, protocol = 'modbus', mqtt, ...rest }: DeviceParts): Device {
  return {
    id,
    station: 'longtian',
    name: rest.name ?? id,
    place: 'gate 3',
    kind: 'test-kind',
    profile: {
      id: 'test-model',
      vendor: 'Outpost',
      model: 'T1',
      name: text('test model'),
      kind: 'test-kind',
      protocol,
      status: 'reference',
      sources: [{ title: 'made for tests' }],
      points: points.map((point) => point.profile),
      ...(mqtt === undefined ? {} : { mqtt }),
    },
    parameters: rest.parameters ?? {},
    points,
    rules,
    intervalMs: rest.intervalMs ?? 1000,
  }
}

const ruleBase = { class: 'alarm', latching: false, guidance: text('go and look') } as const
const single = { ...ruleBase, priority: 'medium', onDelayMs: 0, offDelayMs: 0 } as const

export function levelOf(level: string, changes: Partial<RuleLevel> = {}): RuleLevel {
  return { level, side: 'above', setpoint: 1, deadband: 0, onDelayMs: 0, offDelayMs: 0, priority: 'medium', ...changes }
}

export function limitRule(point: Point, levels: readonly RuleLevel[], changes: object = {}): Rule {
  return { ...ruleBase, type: 'limit', id: 'limit', name: text('limit'), point, levels, ...changes }
}

export function discreteRule(point: Point, changes: object = {}): Rule {
  return { ...single, type: 'discrete', id: 'discrete', name: text('discrete'), point, abnormal: [1], ...changes }
}

export function noDataRule(changes: object = {}): Rule {
  return { ...single, class: 'fault', type: 'no-data', id: 'no-data', name: text('silent'), afterMs: 3000, ...changes }
}

export function badQualityRule(changes: object = {}): Rule {
  return { ...single, class: 'fault', type: 'bad-quality', id: 'bad-quality', name: text('bad quality'), ...changes }
}

export const YELLOW = levelOf('yellow', { setpoint: 0.15, deadband: 0.02, onDelayMs: 5000, priority: 'medium' })
export const ORANGE = levelOf('orange', { setpoint: 0.27, deadband: 0.02, onDelayMs: 5000, priority: 'high' })
export const RED = levelOf('red', { setpoint: 0.5, deadband: 0.02, priority: 'urgent' })

/** Water on low ground: a Modbus radar that measures the distance from 4 m above the ground. */
export function waterGauge(
  changes: { levels?: readonly RuleLevel[]; intervalMs?: number; name?: string } = {},
): Device {
  const distance = pointOf('water', {
    id: 'distance',
    name: { zh: '测距', en: 'Distance' },
    unit: 'm',
    range: [0, 10],
    decimals: 2,
    modbus: { table: 'input-register', address: 10, type: 'uint16', scale: 0.001, sentinels: [0xffff] },
  })
  const level = pointOf('water', {
    id: 'level',
    name: { zh: '水位', en: 'Water level' },
    unit: 'm',
    range: [-1, 5],
    decimals: 2,
    derive: {
      type: 'level-from-distance',
      distance: 'distance',
      installationHeight: { parameter: 'installation-height' },
    },
  })
  const rules = [
    limitRule(level, changes.levels ?? [YELLOW, ORANGE, RED], {
      id: 'high-water',
      name: { zh: '积水', en: 'High water' },
    }),
    noDataRule({ id: 'silent', name: { zh: '无数据', en: 'No data' }, afterMs: 30_000, priority: 'high' }),
    badQualityRule({ id: 'sensor-fault', name: { zh: '传感器故障', en: 'Sensor fault' } }),
  ]
  return deviceOf('water', {
    points: [distance, level],
    rules,
    parameters: { 'installation-height': 4 },
    intervalMs: changes.intervalMs ?? 10_000,
    name: changes.name ?? 'Underpass gauge',
  })
}

/** Smoke in a room: an MQTT detector that gives its own time; the alarm latches, as on a fire panel. */
export function smokeDetector(): Device {
  const smoke = pointOf('smoke', {
    id: 'smoke',
    name: { zh: '烟感', en: 'Smoke' },
    type: 'boolean',
    states: { 0: { zh: '正常', en: 'clear' }, 1: { zh: '报警', en: 'alarm' } },
    json: { pointer: '/smoke' },
  })
  const battery = pointOf('smoke', {
    id: 'battery',
    name: { zh: '电量', en: 'Battery' },
    unit: '%',
    range: [0, 100],
    decimals: 0,
    json: { pointer: '/battery' },
  })
  const rules = [
    discreteRule(smoke, { id: 'fire', name: { zh: '火警', en: 'Fire' }, priority: 'urgent', latching: true }),
    limitRule(battery, [levelOf('low', { side: 'below', setpoint: 20, deadband: 5, priority: 'low' })], {
      id: 'battery-low',
      class: 'fault',
    }),
    noDataRule({ id: 'silent', afterMs: 3_600_000, priority: 'high' }),
    badQualityRule({ id: 'sensor-fault' }),
  ]
  return deviceOf('smoke', {
    points: [smoke, battery],
    rules,
    protocol: 'mqtt',
    intervalMs: 600_000,
    mqtt: {
      topic: 'devices/{address}/up',
      interval: '10m',
      payload: { format: 'json', time: { pointer: '/time', unit: 'ms' } },
    },
  })
}

/** One number and one rule, given as plain values. */
export function simpleDevice(rule: (point: Point) => Rule, changes: Partial<PointProfile> = {}): Device {
  const point = pointOf('d', { id: 'x', name: text('X'), unit: 'm', ...changes })
  return deviceOf('d', { points: [point], rules: [rule(point)], protocol: 'self', intervalMs: 3_600_000 })
}
