/** One Modbus line of a running scenario: its fault at each moment, and what a person or a test says instead. */
import type { ModbusStation } from './modbus/station.ts'
import type { LineFault } from './modbus/unit-fault.ts'
import { lineFaultAt, type Scenario } from './scenario.ts'

export interface LineState {
  /** Null on a serial line, and before it first listens. */
  readonly port: number | null
  /** Neither stopped nor cut. */
  readonly isUp: boolean
  readonly fault: LineFault | null
  /** It was set, and is not the scenario's. */
  readonly isFaultSet: boolean
}

export class FieldLine {
  readonly station: ModbusStation
  readonly #id: string
  readonly #scenario: Scenario
  readonly #onFailure: (reason: string) => void
  #ownFault: LineFault | null = null
  #fault = 'null'
  #isWanted = false
  #isCut = false
  /** Stops and starts of the station, one after the other. */
  #switching: Promise<void> = Promise.resolve()

  /** `onFailure`: why a line that was cut cannot be had again. */
  constructor(
    id: string,
    {
      scenario,
      station,
      onFailure,
    }: { readonly scenario: Scenario; readonly station: ModbusStation; readonly onFailure: (reason: string) => void },
  ) {
    this.#id = id
    this.#scenario = scenario
    this.station = station
    this.#onFailure = onFailure
  }

  /** Instead of the scenario's fault; null gives it back. Throws a RangeError for a fault that the line cannot have. */
  setFault(fault: LineFault | null): void {
    this.station.checkFault(fault)
    this.#ownFault = fault
  }

  /** Rejects when the port or the serial line cannot be had. A line that is cut listens when it is mended. */
  async start(): Promise<void> {
    this.#isWanted = true
    await this.#switched()
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    await this.#switched()
  }

  #switched(): Promise<void> {
    this.#switching = this.#switching
      .catch(() => {})
      .then(() => (this.#isWanted && !this.#isCut ? this.station.start() : this.station.stop()))
    return this.#switching
  }

  state(seconds: number): LineState {
    const fault = this.#ownFault ?? lineFaultAt(this.#scenario, { line: this.#id, seconds })
    const isUp = this.#isWanted && !this.#isCut
    return { port: this.station.port, isUp, fault, isFaultSet: this.#ownFault !== null }
  }

  /** Brings the line to this moment. */
  advance(seconds: number): void {
    const fault = this.#ownFault ?? lineFaultAt(this.#scenario, { line: this.#id, seconds })
    const text = JSON.stringify(fault)
    if (text === this.#fault) return
    this.#fault = text
    this.station.setLineFault(fault)
    const isCut = fault?.type === 'cut'
    if (isCut === this.#isCut) return
    this.#isCut = isCut
    if (this.#isWanted) this.#switched().catch((error: unknown) => this.#onFailure(messageOf(error)))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
