/**
 * What rules cost: limits that are compared per second on one core, as the pipeline does it and where nothing is calm, and the
 * memory of a rule that waits. Against the aims; the bare comparison of two numbers in the same run says what the machine can do.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Device, LimitRule, Point } from '../../device-profiles/device.ts'
import { Pipeline } from '../../gateway/pipeline/pipeline.ts'
import { createRuleState, judgeValue } from '../../gateway/pipeline/rules.ts'
import type { Bench, Row } from './row.ts'
import { median } from './support/statistics.ts'

const ROUNDS = 5
const RULES = 1000
const PASSES = 2000
const IDLE = 20_000
const text = (words: string) => ({ zh: words, en: words })

export const rules: Bench = {
  id: 'rules',
  run() {
    const gates = Array.from({ length: ROUNDS }, limitsPerSecond)
    const whole = Array.from({ length: ROUNDS }, readingsPerSecond)
    return Promise.resolve([
      rate('limits judged per second on one core, gates alone', gates, bareComparisons()),
      rate('readings with one limit per second through the whole pipeline', whole, bareComparisons()),
      memory(),
    ])
  },
}

function pointOf(id: string): Point {
  return { id, profile: { id: id.split('.')[1] ?? '', name: text(id), unit: 'm', type: 'number', decimals: 2 } }
}

/** Four levels, as water has them, would be four times the work; one is the unit that is counted. */
function limitOf(point: Point, id = 'limit'): LimitRule {
  const level = {
    level: 'high',
    side: 'above',
    setpoint: 1,
    deadband: 0.1,
    onDelayMs: 0,
    offDelayMs: 0,
    priority: 'low',
  } as const
  return {
    ...{ type: 'limit', id, name: text('limit'), class: 'alarm', latching: false, guidance: text('look') },
    ...{ point, levels: [level] },
  }
}

/** Values move, but not beyond the setpoint: raising is not what rules do all day. */
function limitsPerSecond(): number {
  const states = Array.from({ length: RULES }, (_, i) => {
    return createRuleState(limitOf(pointOf(`d.x${i}`)), `d.r${i}`, { row: undefined })
  })
  const at = { wall: 0, mono: 0 }
  const started = performance.now()
  let switched = 0
  for (let pass = 0; pass < PASSES; pass++) {
    const value = (pass % 100) / 101
    for (const state of states) if (judgeValue(state, value, at)) switched++
  }
  if (switched > 0) throw new Error('a gate switched that should not')
  return (RULES * PASSES) / ((performance.now() - started) / 1000)
}

function deviceOf(id: string, points: readonly Point[], own: readonly LimitRule[]): Device {
  return {
    ...{ id, station: 's', name: id, place: 'p', kind: 'k', parameters: {}, points, rules: own, intervalMs: 1000 },
    profile: {
      ...{ id: 'm', vendor: 'v', model: 'm', name: text('m'), kind: 'k', protocol: 'self', status: 'reference' },
      ...{ sources: [{ title: 't' }], points: points.map(({ profile }) => profile) },
    },
  }
}

function readingsPerSecond(): number {
  const points = Array.from({ length: 100 }, (_, i) => pointOf(`d.x${i}`))
  const device = deviceOf(
    'd',
    points,
    points.map((point, i) => limitOf(point, `r${i}`)),
  )
  const pipeline = new Pipeline({ devices: [device], alarms: [], now: { wall: 0, mono: 0 } })
  const samples = Array.from({ length: 10 }, (_, k) =>
    Object.fromEntries(points.map(({ profile }, i) => [profile.id, ((i + k) % 10) / 11])),
  )
  const started = performance.now()
  let readings = 0
  for (let pass = 0; pass < 2000; pass++) {
    const at = { wall: 1e12 + pass, mono: pass }
    const { readings: taken } = pipeline.accept({ deviceId: 'd', at, type: 'values', values: samples[pass % 10] ?? {} })
    readings += taken.length
  }
  return readings / ((performance.now() - started) / 1000)
}

function bareComparisons(): number {
  const setpoints = Float64Array.from({ length: RULES }, () => 1)
  const started = performance.now()
  let beyond = 0
  for (let pass = 0; pass < PASSES; pass++) {
    const value = (pass % 100) / 101
    for (const setpoint of setpoints) if (value >= setpoint) beyond++
  }
  if (beyond > 0) throw new Error('a number is not what it is')
  return (RULES * PASSES) / ((performance.now() - started) / 1000)
}

function rate(name: string, rounds: readonly number[], bare: number): Row {
  const perSecond = median(rounds)
  return {
    name,
    ours: `${Math.round(perSecond).toLocaleString('en')} /s`,
    against: `aim 1,000,000 /s (bare comparisons ${Math.round(bare).toLocaleString('en')} /s)`,
    ratio: perSecond / 1e6,
    aim: '≥ 1',
    met: perSecond >= 1e6,
    note: rounds.map((each) => (each / 1e6).toFixed(2)).join(' '),
  }
}

/** Of one more limit on the same points: devices with two are compared with devices that have one. */
function memory(): Row {
  const heapOf = (perDevice: number) => {
    collect()
    const before = process.memoryUsage().heapUsed
    const devices = Array.from({ length: IDLE }, (_, i) => {
      const point = pointOf(`d${i}.x`)
      return { point, base: deviceOf(`d${i}`, [point], []) }
    })
    // Descriptions are the configuration's; what is counted is what the pipeline adds to it.
    const configured = devices.map(({ point, base }) => {
      return { ...base, rules: Array.from({ length: perDevice }, (_, k) => limitOf(point, `r${k}`)) }
    })
    collect()
    const described = process.memoryUsage().heapUsed
    const pipeline = new Pipeline({ devices: configured, alarms: [], now: { wall: 0, mono: 0 } })
    collect()
    const all = process.memoryUsage().heapUsed
    // Keeps both alive up to here.
    if (configured.length + [...pipeline.devices()].length === 0) throw new Error('nothing was made')
    return { whole: all - before, own: all - described }
  }
  const [one, eleven] = [heapOf(1), heapOf(11)]
  const bytes = (eleven.whole - one.whole) / IDLE / 10
  const own = (eleven.own - one.own) / IDLE / 10
  return {
    name: 'memory of an idle limit, its description included',
    ours: `${Math.round(bytes)} bytes (state ${Math.round(own)})`,
    against: 'aim 1,024 bytes',
    ratio: bytes / 1024,
    aim: '≤ 1',
    met: bytes <= 1024,
  }
}

/** Twice, because what the first finds dead lets go of more. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 2; i++) gc()
}
