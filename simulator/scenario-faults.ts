/** From the steps of a scenario file that bring faults to faults, with everything that is wrong about them. */
import { parseDuration } from '../device-profiles/duration.ts'
import type { StationLine } from './modbus/station.ts'
import {
  isPortFaultType,
  type LineFault,
  type LineFaultType,
  type UnitFault,
  unfitReason,
} from './modbus/unit-fault.ts'
import type { SimulatedDevice } from './scenario.ts'
import type { StepEntry } from './scenario-schema.ts'

/** What a fault may say about itself, and for which faults that has a meaning. */
const BELONGS_TO = {
  by: ['late', 'slow', 'duplicated'],
  code: ['exception'],
  times: ['busy'],
  of: ['foreign'],
  place: ['foreign'],
} as const satisfies Partial<Record<keyof StepEntry, readonly LineFaultType[]>>

/** The keys that only a step with a fault has. */
export const FAULT_KEYS = ['fault', 'for', 'every', 'share', 'by', 'code', 'times', 'of', 'place'] as const

const LATE_MS = 2000
const SLOW_MS = 50
/** Modbus application protocol 7: server device failure. */
const DEVICE_FAILURE = 4
const BUSY_TIMES = 3

export function faultOf(step: StepEntry & { readonly fault: LineFaultType }): LineFault {
  const { fault, every, share } = step
  if (isPortFaultType(fault)) return { type: fault }
  const strikes = { ...(every === undefined ? {} : { every }), ...(share === undefined ? {} : { share }) }
  return { ...unitFaultOf(fault, step), ...strikes }
}

function unitFaultOf(type: UnitFault['type'], { by, code, times, of, place }: StepEntry): UnitFault {
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

/** Keys that do not belong to the fault of the step. */
export function checkFaultKeys(step: StepEntry, report: (key: string, message: string) => void): void {
  const { fault } = step
  for (const [key, faults] of Object.entries(BELONGS_TO) as [keyof typeof BELONGS_TO, readonly LineFaultType[]][]) {
    if (step[key] === undefined || faults.some((each) => each === fault)) continue
    const names =
      faults.length === 1
        ? `the fault ${faults[0]}`
        : `the faults ${faults.slice(0, -1).join(', ')} and ${faults.at(-1)}`
    report(key, `"${key}" belongs to ${names} only`)
  }
  if (step.every !== undefined && step.share !== undefined) report('share', 'give "every" or "share", not both')
  if (fault === undefined || !isPortFaultType(fault)) return
  for (const key of ['every', 'share'] as const) {
    if (step[key] !== undefined) report(key, `${fault} is no fault of single answers; remove "${key}"`)
  }
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
    readonly report: (key: string, message: string) => void
  },
): void {
  if (fault === undefined) return
  if (device?.connection.type === 'mqtt') {
    if (fault !== 'silent') report('fault', `expected silent, the only fault of an MQTT device, got ${fault}`)
    for (const [key, value] of Object.entries({ every, share })) {
      if (value !== undefined) report(key, `an MQTT device has no answers to count; remove "${key}"`)
    }
    return
  }
  if (device !== undefined && isPortFaultType(fault)) {
    report('fault', `${fault} is a fault of a whole line; give "line" instead of "device"`)
    return
  }
  const type = lines.get(line ?? device?.connection.line ?? '')?.type
  const reason = type === undefined ? null : unfitReason(fault, type)
  if (reason !== null) report('fault', `a line of type ${type} cannot have the fault ${fault}: ${reason}`)
}
