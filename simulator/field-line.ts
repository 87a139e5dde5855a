/** One Modbus line of a running scenario: its fault at each moment, and what a person or a test says instead. */
import type { ModbusStation } from './modbus/station.ts'
import type { LineFault } from './modbus/unit-fault.ts'
import { lineFaultAt, type Scenario } from './scenario.ts'

export class FieldLine {
  readonly station: ModbusStation
  readonly #id: string
  readonly #scenario: Scenario
  #ownFault: LineFault | null = null
  #fault = 'null'

  constructor(id: string, { scenario, station }: { readonly scenario: Scenario; readonly station: ModbusStation }) {
    this.#id = id
    this.#scenario = scenario
    this.station = station
  }

  /** Instead of the scenario's fault; null gives it back. Throws a RangeError for a fault that the line cannot have. */
  setFault(fault: LineFault | null): void {
    this.station.checkFault(fault)
    this.#ownFault = fault
  }

  /** Brings the line to this moment. */
  advance(seconds: number): void {
    const fault = this.#ownFault ?? lineFaultAt(this.#scenario, { line: this.#id, seconds })
    const text = JSON.stringify(fault)
    if (text !== this.#fault) this.station.setLineFault(fault)
    this.#fault = text
  }
}
