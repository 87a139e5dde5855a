/** A station with a device of each kind on each of its protocols, as the simulator plays it and as the gateway watches it. */

import type { GatewayPlan } from './gateway-process.ts'
import type { FieldPlan } from './simulated-field.ts'

/** A machine under load must not make a device silent that speaks. */
const PATIENT = { 'no-data': { after: '20s' } }
const AT_ONCE = { onDelay: '0s', offDelay: '0s' }
const QUICK_LOSS = { 'no-data': { after: '2s' } }
const WATER = { profile: 'dfrobot-sen0676', parameters: { 'installation-height': 5 } }
const onLine = (unitId: number) => ({ line: 'cabinet', unitId })

/** What the gateway and the simulator both are told of a device, and what each alone is. */
const DEVICES = [
  {
    shared: { id: 'kitchen', profile: 'heiman-hs1sa-e', address: 'kitchen' },
    gateway: { rules: PATIENT },
    values: { smoke: 0, 'smoke-level': 0.02, 'smoke-unit': 0, battery: 90 },
  },
  {
    shared: { id: 'corridor', profile: 'renke-rs-yg-n01', ...onLine(1) },
    gateway: { rules: PATIENT },
    values: { smoke: 0 },
  },
  {
    shared: { id: 'underpass', ...WATER, ...onLine(2) },
    gateway: { rules: { ...PATIENT, 'water-level': AT_ONCE } },
    values: { level: 0.02 },
  },
  {
    shared: { id: 'crack', profile: 'dfrobot-sen0492', parameters: { 'zero-distance': 1800 }, ...onLine(3) },
    gateway: { rules: { ...PATIENT, displacement: AT_ONCE } },
    values: { displacement: 1 },
  },
  {
    shared: { id: 'slope', profile: 'milesight-em310-tilt', address: '24e124713c000006' },
    gateway: { rules: { ...PATIENT, tilt: AT_ONCE } },
    values: { 'tilt-x': 0.05, 'tilt-y': 0, 'angle-z': 90, 'trigger-x': 0, 'trigger-y': 0, 'trigger-z': 0 },
  },
  {
    shared: { id: 'lobby', profile: 'outpost-ref-extinguisher-tag', address: 'lobby' },
    gateway: { rules: { ...PATIENT, pressure: AT_ONCE } },
    values: { pressure: 1200, present: 1 },
  },
  {
    shared: { id: 'culvert', ...WATER, ...onLine(1), line: 'far-cabinet' },
    gateway: { rules: { ...QUICK_LOSS, 'water-level': AT_ONCE } },
    values: { level: 0.02 },
  },
  {
    shared: { id: 'hall', profile: 'outpost-ref-extinguisher-tag', address: 'hall' },
    gateway: { rules: { ...QUICK_LOSS, pressure: AT_ONCE } },
    values: { pressure: 1200, present: 1 },
  },
] as const

/** Spoken for by the test itself, which so chooses the time of measurement. */
export const DEPOT = {
  ...{ id: 'depot', place: 'depot', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'depot' },
  rules: { removed: AT_ONCE },
}

export interface Kind {
  readonly what: string
  readonly rule: string
  readonly point: string
  readonly over: number
  readonly back: number
  readonly level: string | null
  readonly priority: string
  readonly unit: string
  readonly setpoint: number | null
  readonly kind: string
  readonly latching?: boolean
  /** Where people decide about its level. */
  readonly begins?: 'proposed'
}

const FIRE = { rule: 'smoke-alarm', over: 1, back: 0, level: null, priority: 'urgent', unit: '1', setpoint: null }
export const KINDS: readonly Kind[] = [
  { what: 'smoke over MQTT', point: 'kitchen.smoke', kind: 'smoke', latching: true, ...FIRE },
  { what: 'smoke over Modbus TCP', point: 'corridor.smoke', kind: 'smoke', latching: true, ...FIRE },
  {
    ...{ what: 'water level over Modbus TCP', point: 'underpass.level', kind: 'water-level', rule: 'water-level' },
    ...{ over: 0.305, back: 0.03, level: 'orange', priority: 'high', unit: 'm', setpoint: 0.27 },
  },
  {
    ...{ what: 'slope displacement over Modbus TCP', point: 'crack.displacement', kind: 'slope', rule: 'displacement' },
    ...{ over: 12, back: 2, level: 'yellow', priority: 'medium', unit: 'mm', setpoint: 10 },
    begins: 'proposed',
  },
  {
    ...{ what: 'slope tilt over MQTT', point: 'slope.tilt-x', kind: 'slope', rule: 'tilt-tilt-x' },
    ...{ over: -1.21, back: 0.05, level: 'low-low', priority: 'high', unit: '°', setpoint: -1 },
    begins: 'proposed',
  },
  {
    ...{ what: 'extinguisher pressure over MQTT', point: 'lobby.pressure', kind: 'extinguisher', rule: 'pressure' },
    ...{ over: 850.5, back: 1180, level: 'low-low', priority: 'high', unit: 'kPa', setpoint: 900 },
  },
]

export const FIELD: FieldPlan = {
  lines: ['cabinet', 'far-cabinet'].map((id) => ({ id, type: 'modbus-tcp', host: '127.0.0.1', port: 0 })),
  devices: DEVICES.map(({ shared, values }) => ({
    ...shared,
    ...('address' in shared && { interval: '250ms' }),
    values,
  })),
}

/** `ports`: where the lines of the field listen. */
export function watchedStation(ports: ReadonlyMap<string, number>): Pick<GatewayPlan, 'lines' | 'devices'> {
  return {
    lines: [...ports].map(([id, port]) => ({ id, type: 'modbus-tcp', host: '127.0.0.1', port, timeout: '250ms' })),
    devices: [
      ...DEVICES.map(({ shared, gateway: only }) => ({
        ...{ place: shared.id, ...shared, ...only },
        ...('address' in shared ? { broker: 'embedded', interval: '1s' } : { pollInterval: '200ms' }),
      })),
      DEPOT,
    ],
  }
}
