/** From the steps of a scenario file that bring faults to faults, with everything that is wrong about them. */
import { parseDuration } from '../device-profiles/duration.ts'
import { type DeviceFault, MESSAGE_FAULTS, strikesMessages } from './message-fault.ts'
import type { StationLine } from './modbus/station.ts'
import { isPortFaultType, type LineFault, type UnitFault, unfitReason } from './modbus/unit-fault.ts'
import type { SimulatedDevice } from './scenario.ts'
import { type FaultType, isPointFaultType, type StepEntry } from './scenario-schema.ts'
import type { PointFault } from './track.ts'

/** What a fault may say about itself, and for which faults that has a meaning. */
const BELONGS_TO = {
  by: ['late', 'slow', 'duplicated'],
  code: ['exception'],
  times: ['busy'],
  of: ['foreign'],
  place: ['foreign'],
  offset: ['clock-wrong'],
  factor: ['other-unit'],
  plus: ['other-unit'],
} as const satisfies Partial<Record<keyof StepEntry, readonly FaultType[]>>

/** The keys that only a step with a fault has. */
export const FAULT_KEYS = [
  ...(['fault', 'for', 'every', 'share', 'by', 'code', 'times', 'of', 'place', 'offset', 'factor', 'plus'] as const),
  'devices' as const,
]

const LATE_MS = 2000
const SLOW_MS = 50
/** Modbus application protocol 7: server device failure. */
const DEVICE_FAILURE = 4
const BUSY_TIMES = 3
/** One second in ten. */
const SPIKE_SHARE = 0.1

export type FaultyStep = StepEntry & { readonly fault: FaultType }

/** Of a whole line. Expects a step whose fault a line can have. */
export function lineFaultOf(step: FaultyStep): LineFault {
  const { fault } = step
  if (isPortFaultType(fault)) return { type: fault }
  return unitFaultOf(step)
}

/** Of a device. Expects a step whose fault the device can have. */
export function deviceFaultOf(step: FaultyStep, { connection }: Pick<SimulatedDevice, 'connection'>): DeviceFault {
  const { fault, offset = '0s' } = step
  if (fault === 'clock-wrong') return { type: fault, ms: signedMs(offset) }
  // A unit that is switched off and one that says nothing are the same to its line.
  if (fault === 'offline') return { type: connection.type === 'mqtt' ? 'offline' : 'silent' }
  return unitFaultOf(step)
}

export function pointFaultOf({ fault, to, share, factor, plus }: FaultyStep): PointFault {
  switch (fault) {
    case 'spikes':
      return { type: fault, to: to ?? 0, share: share ?? SPIKE_SHARE }
    case 'other-unit':
      return { type: fault, factor: factor ?? 1, plus: plus ?? 0 }
    case 'stuck':
    case 'missing':
      return { type: fault }
    default:
      throw new TypeError(`${fault} is no fault of a point`)
  }
}

function signedMs(offset: string): number {
  return offset.startsWith('-') ? -parseDuration(offset.slice(1)) : parseDuration(offset)
}

function unitFaultOf(step: FaultyStep): UnitFault {
  const { every, share } = step
  const strikes = { ...(every === undefined ? {} : { every }), ...(share === undefined ? {} : { share }) }
  return { ...bareUnitFault(step.fault as UnitFault['type'], step), ...strikes }
}

function bareUnitFault(type: UnitFault['type'], { by, code, times, of, place }: StepEntry): UnitFault {
  const ms = (otherwise: number): number => (by === undefined ? otherwise : parseDuration(by))
  switch (type) {
    case 'late':
      return { type, ms: ms(LATE_MS) }
    case 'slow':
      return { type, ms: ms(SLOW_MS) }
    case 'duplicated':
      return { type, ms: ms(0) }
    case 'exception':
      return { type, code: code ?? DEVICE_FAILURE }
    case 'busy':
      return { type, times: times ?? BUSY_TIMES }
    case 'foreign':
      return { type, of: of ?? 'unit', place: place ?? 'before' }
    default:
      return { type }
  }
}

type Told = (key: string, message: string) => void

/** Keys that do not belong to the fault of the step. */
export function checkFaultKeys(step: StepEntry, report: Told): void {
  const { fault } = step
  for (const [key, faults] of Object.entries(BELONGS_TO) as [keyof typeof BELONGS_TO, readonly FaultType[]][]) {
    if (step[key] === undefined || faults.some((each) => each === fault)) continue
    const names =
      faults.length === 1
        ? `the fault ${faults[0]}`
        : `the faults ${faults.slice(0, -1).join(', ')} and ${faults.at(-1)}`
    report(key, `"${key}" belongs to ${names} only`)
  }
  if (step.every !== undefined && step.share !== undefined) report('share', 'give "every" or "share", not both')
  if (fault === undefined) return
  if (isPortFaultType(fault)) tellNoShare(step, `${fault} is no fault of single answers`, report)
  if (isPointFaultType(fault)) checkPointFaultKeys({ ...step, fault }, report)
}

function tellNoShare(step: Pick<StepEntry, 'every' | 'share'>, reason: string, report: Told): void {
  for (const key of ['every', 'share'] as const) if (step[key] !== undefined) report(key, `${reason}; remove "${key}"`)
}

function checkPointFaultKeys({ fault, ...step }: FaultyStep, report: Told): void {
  if (step.every !== undefined) report('every', 'a fault of a point strikes times, not answers; remove "every"')
  if (fault !== 'spikes' && step.share !== undefined) report('share', `${fault} strikes all the time; remove "share"`)
  if (fault !== 'spikes' && step.to !== undefined) report('to', '"to" belongs to the fault spikes only')
  for (const key of ['over', 'generate'] as const)
    if (step[key] !== undefined) report(key, `"${key}" belongs to a change of a value; remove it`)
}

/** Whether a device or a line can have the fault of a step. */
export function checkFault(
  { fault, every, share }: StepEntry,
  {
    device,
    lines,
    line,
    report,
  }: {
    readonly device?: SimulatedDevice
    readonly lines: ReadonlyMap<string, StationLine>
    readonly line?: string
    readonly report: Told
  },
): void {
  if (fault === undefined || isPointFaultType(fault)) return
  if (device?.connection.type === 'mqtt') {
    checkMessageFault({ fault, ...(every && { every }), ...(share !== undefined && { share }) }, report)
    return
  }
  if (fault === 'clock-wrong' || (fault === 'offline' && device === undefined)) {
    const instead = fault === 'offline' ? 'for a whole line it is "cut"' : 'Modbus has no times'
    report('fault', `${fault} is a fault of devices that speak MQTT; ${instead}`)
    return
  }
  if (device !== undefined && isPortFaultType(fault)) {
    report('fault', `${fault} is a fault of a whole line; give "line" instead of "device"`)
    return
  }
  const type = lines.get(line ?? device?.connection.line ?? '')?.type
  const reason = type === undefined ? null : unfitReason(fault === 'offline' ? 'silent' : fault, type)
  if (reason !== null) report('fault', `a line of type ${type} cannot have the fault ${fault}: ${reason}`)
}

function checkMessageFault({ fault, ...counted }: Pick<FaultyStep, 'fault' | 'every' | 'share'>, report: Told): void {
  if (!MESSAGE_FAULTS.some((each) => each === fault)) {
    report('fault', `expected one of ${MESSAGE_FAULTS.join(', ')}, the faults of an MQTT device, got ${fault}`)
  } else if (!strikesMessages({ type: fault as DeviceFault['type'] })) {
    tellNoShare(counted, `${fault} is no fault of single messages`, report)
  }
}
