/** One device of a running scenario: its values and its fault at each moment, and what a person or a test says instead. */
import { type DeviceFault, isMessageFault, MESSAGE_FAULTS, strikesMessages } from './message-fault.ts'
import { unfitReason } from './modbus/unit-fault.ts'
import { faultAt, type Scenario, type SimulatedDevice, valueAt } from './scenario.ts'
import { encodingProblem, pointOf, unknownPoint } from './scenario-tracks.ts'
import type { Track } from './track.ts'

/** What the device says to the world with: registers, or messages. */
export interface Wire {
  /** The values of this moment; called only when they have changed. */
  write(values: Readonly<Record<string, number>>): void
  /** A state has changed, and real devices tell that at once. */
  report(): void
  setFault(fault: DeviceFault | null): void
}

/** What a device says at a moment, and what ails it. */
export interface DeviceState {
  /** In the unit of each point. */
  readonly values: Readonly<Record<string, number>>
  /** Those whose value was set, and is not the scenario's. */
  readonly setPoints: readonly string[]
  readonly fault: DeviceFault | null
  /** It was set, and is not the scenario's. */
  readonly isFaultSet: boolean
}

export class FieldDevice {
  readonly device: SimulatedDevice
  readonly #scenario: Scenario
  readonly #wire: Wire
  readonly #ownValues = new Map<string, number>()
  #ownFault: DeviceFault | null = null
  #values = ''
  #states = ''
  #fault = 'null'
  #hasBegun = false
  #isSettled = false

  constructor(device: SimulatedDevice, { scenario, wire }: { readonly scenario: Scenario; readonly wire: Wire }) {
    this.device = device
    this.#scenario = scenario
    this.#wire = wire
  }

  /**
   * Instead of the scenario's value, also outside the point's range; null gives the point back to the scenario.
   * Throws a RangeError for an unknown point, or a value that the device cannot say.
   */
  setValue(point: string, value: number | null): void {
    if (pointOf(this.device.profile, point) === undefined)
      throw new RangeError(unknownPoint(this.device.profile, point))
    const problem = value === null ? null : encodingProblem(this.device, { [point]: value })
    if (problem !== null) throw new RangeError(`device "${this.device.id}": ${problem}`)
    this.#isSettled = false
    if (value === null) this.#ownValues.delete(point)
    else this.#ownValues.set(point, value)
  }

  /** Instead of the scenario's fault; null gives it back to the scenario. Throws a RangeError for a fault it cannot have. */
  setFault(fault: DeviceFault | null): void {
    const problem = fault === null ? null : this.#faultProblem(fault)
    if (problem !== null) throw new RangeError(`device "${this.device.id}" ${problem}`)
    this.#isSettled = false
    this.#ownFault = fault
  }

  #faultProblem(fault: DeviceFault): string | null {
    const { connection } = this.device
    const { type } = fault
    if (connection.type === 'mqtt') return messageFaultProblem(fault)
    if (type === 'offline' || type === 'clock-wrong') return `speaks Modbus and cannot be ${type}`
    const line = this.#scenario.lines.get(connection.line)?.type
    const reason = line === undefined ? null : unfitReason(type, line)
    return reason === null ? null : `is on a line of type ${line} and cannot have the fault ${type}: ${reason}`
  }

  /** In the unit of each point. A derived point and its source never stand side by side: they could contradict each other. */
  values(seconds: number): Record<string, number> {
    const values: Record<string, number> = {}
    for (const point of this.device.tracks.keys()) {
      const value = valueAt(this.#scenario, { device: this.device.id, point, seconds })
      if (value !== null) values[point] = value
    }
    for (const [point, value] of this.#ownValues) {
      for (const { id, derive } of this.device.profile.points) {
        if (derive?.distance === point) delete values[id]
        if (derive !== undefined && id === point) delete values[derive.distance]
      }
      values[point] = value
    }
    return values
  }

  state(seconds: number): DeviceState {
    const fault = this.#ownFault ?? faultAt(this.#scenario, { device: this.device.id, seconds })
    return {
      values: this.values(seconds),
      setPoints: [...this.#ownValues.keys()],
      fault,
      isFaultSet: this.#ownFault !== null,
    }
  }

  /** Brings the device to this moment. */
  advance(seconds: number): void {
    // Thousands of devices that stand still must not cost a look at each of their points.
    if (this.#isSettled) return
    const fault = this.#ownFault ?? faultAt(this.#scenario, { device: this.device.id, seconds })
    const values = this.values(seconds)
    const states = JSON.stringify(
      this.device.profile.points.map(({ id, type }) => (type === 'number' ? 0 : values[id])),
    )
    const hasChanged = (before: string, now: string) => this.#hasBegun && before !== now
    const isReport = hasChanged(this.#states, states)
    if (this.#values !== JSON.stringify(values)) this.#wire.write(values)
    // The fault comes before the report: what happens at the same moment is not told by a device that falls silent then.
    if (this.#fault !== JSON.stringify(fault)) this.#wire.setFault(fault)
    if (isReport) this.#wire.report()
    this.#values = JSON.stringify(values)
    this.#states = states
    this.#fault = JSON.stringify(fault)
    this.#hasBegun = true
    this.#isSettled = !this.#changesByItself
  }

  get #changesByItself(): boolean {
    const { tracks, faults } = this.device
    return faults.length > 0 || [...tracks.values()].some(changesByItself)
  }
}

function changesByItself({ sensor, moves, recording, faults }: Track): boolean {
  const wavers = sensor.noise !== 0 || sensor.driftPerHour !== 0
  return wavers || moves.length > 0 || recording !== null || faults.length > 0
}

function messageFaultProblem(fault: DeviceFault): string | null {
  if (!isMessageFault(fault)) return `speaks MQTT and can only be ${MESSAGE_FAULTS.join(', ')}, not ${fault.type}`
  const isCounted = 'every' in fault || 'share' in fault
  return isCounted && !strikesMessages(fault)
    ? `cannot be ${fault.type} now and then: that is no fault of single messages`
    : null
}
