/** What the fake gateway knows: the devices of a small community station, with readings and alarms at `now`. */

import type { Alarm } from '../../gateway/alarm-model.ts'
import type { DeviceView, PointView } from '../../gateway/http/gateway-view.ts'
import type { Reading } from '../../gateway/model.ts'

export function reading(point: string, change: Partial<Reading> = {}): Reading {
  const time = Date.now()
  return { point, time, receivedAt: time, value: 1, quality: 'good', ...change }
}

type PointSketch = Partial<PointView> & Pick<PointView, 'id' | 'name' | 'kind' | 'deviceName' | 'place'>

function point(sketch: PointSketch): PointView {
  return {
    device: sketch.id.split('.')[0] ?? '',
    station: 'st-cuihu',
    type: 'number',
    unit: '1',
    decimals: null,
    states: null,
    limits: [],
    intervalMs: 5000,
    storeIntervalMs: 5000,
    reading: null,
    ...sketch,
  }
}

const OK_OR_FIRE = { 0: { zh: '正常', en: 'normal' }, 1: { zh: '火警', en: 'fire' } }

export function samplePoints(now: number): readonly PointView[] {
  const at = (point: string, secondsAgo: number, value: number): Reading =>
    reading(point, { time: now - secondsAgo * 1000, receivedAt: now - secondsAgo * 1000, value })
  const smoke = { kind: 'smoke', deviceName: '一号烟感', place: '3 号楼 2 层走廊' }
  const water = { kind: 'water-level', deviceName: '下穿通道水位计', place: '翠湖路下穿通道' }
  const slope = { kind: 'slope', deviceName: '北坡位移计', place: '北侧挡墙 K0+120' }
  const bottle = { kind: 'extinguisher', deviceName: '灭火器 07', place: '地下车库 B 区' }
  const above = { rule: 'high-water', side: 'above' as const }
  return [
    point({
      ...smoke,
      id: 'sd-01.obscuration',
      name: { zh: '烟雾浓度', en: 'Obscuration' },
      unit: 'dB/m',
      decimals: 2,
      reading: at('sd-01.obscuration', 2, 0.164),
    }),
    point({
      ...smoke,
      id: 'sd-01.fire',
      name: { zh: '火警', en: 'Fire alarm' },
      type: 'boolean',
      states: OK_OR_FIRE,
      reading: at('sd-01.fire', 2, 1),
    }),
    point({
      ...water,
      id: 'wl-01.level',
      name: { zh: '水位', en: 'Water level' },
      unit: 'm',
      decimals: 2,
      limits: [
        { ...above, level: 'yellow', setpoint: 0.15, priority: 'medium' },
        { ...above, level: 'orange', setpoint: 0.27, priority: 'high' },
        { ...above, level: 'red', setpoint: 0.5, priority: 'urgent' },
      ],
      reading: at('wl-01.level', 1, 0.31),
    }),
    point({
      ...slope,
      id: 'sl-01.displacement',
      name: { zh: '累计位移', en: 'Displacement' },
      unit: 'mm',
      decimals: 1,
      reading: at('sl-01.displacement', 31, 12.4),
    }),
    point({
      ...slope,
      id: 'sl-02.tilt',
      deviceName: '北坡倾角计',
      name: { zh: '倾角', en: 'Tilt' },
      unit: '°',
      decimals: 3,
      reading: { ...at('sl-02.tilt', 620, 0), value: null, quality: 'bad', reason: 'communication-failure' },
    }),
    point({
      ...bottle,
      id: 'fe-07.pressure',
      name: { zh: '压力', en: 'Pressure' },
      unit: 'MPa',
      decimals: 2,
      reading: at('fe-07.pressure', 130, 0.96),
    }),
    point({
      ...bottle,
      id: 'fe-07.battery',
      name: { zh: '电池', en: 'Battery' },
      unit: '%',
      decimals: 0,
      reading: { ...at('fe-07.battery', 130, 3), quality: 'uncertain', reason: 'unconfirmed' },
    }),
    point({
      kind: 'gateway',
      deviceName: '线路',
      place: '街道机柜',
      id: 'line-street-cabinet.slowest-alarm',
      name: { zh: '最迟的报警', en: 'Slowest alarm' },
      type: 'text',
      reading: {
        ...at('line-street-cabinet.slowest-alarm', 3, 0),
        value: 'water-level of underpass-radar-of-the-north-entrance after 12.4 s, and others after it',
      },
    }),
    point({
      ...bottle,
      id: 'fe-08.pressure',
      deviceName: '灭火器 08',
      name: { zh: '压力', en: 'Pressure' },
      unit: 'MPa',
      decimals: 2,
    }),
  ]
}

export function sampleDevices(startedAt: number): readonly DeviceView[] {
  const told = { detail: null, clockOffsetMs: null }
  const base = { station: 'st-cuihu', vendor: 'Outpost', model: 'reference', intervalMs: 5000, ...told }
  return [
    {
      ...base,
      id: 'sd-01',
      name: '一号烟感',
      place: '3 号楼 2 层走廊',
      kind: 'smoke',
      profile: 'smoke-reference',
      protocol: 'mqtt',
      state: 'ok',
      lastHeardAt: startedAt,
      points: ['sd-01.obscuration', 'sd-01.fire'],
    },
    {
      ...base,
      id: 'sl-02',
      name: '北坡倾角计',
      place: '北侧挡墙 K0+120',
      kind: 'slope',
      profile: 'tilt-reference',
      protocol: 'modbus',
      state: 'silent',
      lastHeardAt: startedAt,
      points: ['sl-02.tilt'],
    },
    {
      ...base,
      id: 'fe-08',
      name: '灭火器 08',
      place: '地下车库 B 区',
      kind: 'extinguisher',
      profile: 'tag-reference',
      protocol: 'mqtt',
      state: 'never-heard',
      lastHeardAt: null,
      points: ['fe-08.pressure'],
    },
  ]
}

/** A complete alarm: unacknowledged and active where `change` says nothing else. */
export function alarm(id: string, change: Partial<Alarm> = {}): Alarm {
  const [device = '', rule = ''] = id.split('.')
  const raisedAt = change.raisedAt ?? Date.now()
  return {
    id,
    station: 'st-cuihu',
    device,
    deviceName: device,
    place: '',
    kind: 'smoke',
    rule,
    name: { zh: '报警', en: 'Alarm' },
    class: 'alarm',
    priority: 'high',
    level: null,
    facts: { active: true, acked: false, latched: false, suppression: null },
    state: 'unacknowledged',
    ...{
      shelving: null,
      outOfService: null,
      inhibitedBy: null,
      mode: null,
      mark: null,
      firstOut: [],
      offBySchedule: false,
    },
    occurrence: 1,
    raisedAt,
    returnedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    comment: null,
    cause: { point: null, value: null, unit: '1', quality: 'good', time: raisedAt, setpoint: null },
    reason: { zh: '原因', en: 'Reason' },
    guidance: { zh: '处置', en: 'Guidance' },
    ...change,
  }
}

export function sampleAlarms(now: number): readonly Alarm[] {
  return [
    alarm('sl-02.no-data', {
      deviceName: '北坡倾角计',
      place: '北侧挡墙 K0+120',
      kind: 'slope',
      class: 'fault',
      priority: 'medium',
      name: { zh: '设备失联', en: 'Device silent' },
      raisedAt: now - 620_000,
      reason: { zh: '10 分钟没有数据（应每 1 分钟一次）', en: 'No data for 10 min (expected every 1 min)' },
      guidance: {
        zh: '该坡段暂时无人看守：检查供电与通信，必要时派人现场观察。',
        en: 'Nobody watches this slope now: check power and line, send an observer if needed.',
      },
    }),
    alarm('wl-01.high-water', {
      deviceName: '下穿通道水位计',
      place: '翠湖路下穿通道',
      kind: 'water-level',
      priority: 'high',
      level: 'orange',
      name: { zh: '积水过深', en: 'Water too high' },
      raisedAt: now - 125_000,
      cause: { point: 'wl-01.level', value: 0.31, unit: 'm', quality: 'good', time: now - 125_000, setpoint: 0.27 },
      reason: { zh: '水位 0.31 m，超过橙色限值 0.27 m', en: 'Water level 0.31 m is above the orange setpoint 0.27 m' },
      guidance: {
        zh: '封闭下穿通道，启动排水泵，通知交警。',
        en: 'Close the underpass, start the pumps, call traffic police.',
      },
    }),
    alarm('sd-01.fire', {
      deviceName: '一号烟感',
      place: '3 号楼 2 层走廊',
      priority: 'urgent',
      name: { zh: '火警', en: 'Fire' },
      raisedAt: now - 42_000,
      cause: { point: 'sd-01.fire', value: 1, unit: '1', quality: 'good', time: now - 42_000, setpoint: null },
      reason: { zh: '探测器报告火警，烟雾浓度 0.16 dB/m', en: 'The detector reports fire, obscuration 0.16 dB/m' },
      guidance: {
        zh: '立即派人到现场核实；确认火情后疏散人员并拨打 119。',
        en: 'Send someone at once; if it burns, evacuate and call 119.',
      },
    }),
    alarm('fe-07.low-pressure', {
      deviceName: '灭火器 07',
      place: '地下车库 B 区',
      kind: 'extinguisher',
      priority: 'low',
      name: { zh: '灭火器压力低', en: 'Extinguisher pressure low' },
      facts: { active: false, acked: true, latched: true, suppression: null },
      state: 'latched-acknowledged',
      raisedAt: now - 7_200_000,
      returnedAt: now - 3_600_000,
      acknowledgedAt: now - 5_400_000,
      acknowledgedBy: '王敏',
      cause: { point: 'fe-07.pressure', value: 0.92, unit: 'MPa', quality: 'good', time: now - 7_200_000, setpoint: 1 },
      reason: { zh: '压力 0.92 MPa，低于限值 1.00 MPa', en: 'Pressure 0.92 MPa is below the setpoint 1.00 MPa' },
      guidance: { zh: '更换或充装，并检查同批灭火器。', en: 'Replace or refill it and check its batch.' },
    }),
  ]
}
