/**
 * The units on one line: a Modbus TCP server, RTU over TCP, or RTU on a serial port. All connections see the same units.
 * Written for load: requests that come pipelined are answered in one write.
 */
import { mulberry32, seedOf } from '../mulberry32.ts'
import { answerOf, EXCEPTION, exception } from './answer.ts'
import { type Framing, MbapFraming, type Request } from './framing.ts'
import type { Listener } from './listener.ts'
import type { RegisterBank } from './register-bank.ts'
import { RtuFraming } from './rtu-framing.ts'
import { type SerialLine, SerialListener } from './serial-listener.ts'
import { TcpListener } from './tcp-listener.ts'
import { type Reply, replyOf, type UnitFault } from './unit-fault.ts'

export type StationLine =
  | { readonly type: 'modbus-tcp' | 'modbus-rtu-over-tcp'; readonly host: string; readonly port: number }
  | SerialLine

export interface StationStats {
  /** Open now. */
  readonly connections: number
  /** Since it was made; on a serial line, how often the port was opened. */
  readonly accepted: number
  readonly requests: number
  /** Connections closed because their bytes were no Modbus. */
  readonly broken: number
}

interface Unit {
  readonly bank: RegisterBank
  fault: UnitFault | null
}

const BROADCAST = 0
const SILENCE: Reply = { type: 'none' }

export class ModbusStation {
  readonly #units = new Map<number, Unit>()
  readonly #listener: Listener
  readonly #random: () => number
  #requests = 0
  #broken = 0

  /** `seed` makes the bytes of the fault `garbage` repeatable. */
  constructor(line: StationLine, { seed = 'station' }: { readonly seed?: string } = {}) {
    this.#random = mulberry32(seedOf(seed))
    const options = {
      createFraming: () => (line.type === 'modbus-tcp' ? new MbapFraming() : new RtuFraming()),
      respond: (request: Request, framing: Framing) => this.#respond(request, framing),
      onBroken: () => {
        this.#broken++
      },
    }
    this.#listener = line.type === 'modbus-rtu' ? new SerialListener(line, options) : new TcpListener(line, options)
  }

  /** The bank may be written at any time. Throws where the unit id is taken. */
  addUnit(unitId: number, bank: RegisterBank): void {
    if (!Number.isInteger(unitId) || unitId < 0 || unitId > 255)
      throw new RangeError(`expected a unit id from 0 to 255, got ${unitId}`)
    if (this.#units.has(unitId)) throw new RangeError(`unit id ${unitId} is on this line already`)
    this.#units.set(unitId, { bank, fault: null })
  }

  /** From the next request on; null: the unit is well again. */
  setFault(unitId: number, fault: UnitFault | null): void {
    const unit = this.#units.get(unitId)
    if (unit === undefined) throw new RangeError(`there is no unit ${unitId} on this line`)
    unit.fault = fault
  }

  /** Rejects when the port or the serial line cannot be had, and says which. After a stop: on the same port again. */
  start(): Promise<void> {
    return this.#listener.start()
  }

  /** Idempotent. Answers that are not sent yet never are. */
  stop(): Promise<void> {
    return this.#listener.stop()
  }

  /** Drops every master; the station goes on listening. */
  closeConnections(): void {
    this.#listener.dropConnections()
  }

  /** The port that was taken, where the line asked for port 0; null on a serial line or before the first start. */
  get port(): number | null {
    return this.#listener.port
  }

  stats(): StationStats {
    const { connections, accepted } = this.#listener
    return { connections, accepted, requests: this.#requests, broken: this.#broken }
  }

  #respond(request: Request, framing: Framing): Reply {
    this.#requests++
    const unit = this.#units.get(request.unitId)
    if (unit !== undefined) {
      const answer = answerOf(unit.bank, request.pdu)
      return replyOf(unit.fault, { request, answer, framing, random: this.#random })
    }
    if (!framing.hasTransactions && request.unitId === BROADCAST) {
      // All units carry a broadcast out, and none answers [Modbus serial line 2.1].
      for (const { bank } of this.#units.values()) answerOf(bank, request.pdu)
      return SILENCE
    }
    // On a serial line nobody is there to answer; a Modbus TCP gateway says that its line is silent.
    if (!framing.hasTransactions) return SILENCE
    const bytes = framing.encode(request, exception(request.pdu, EXCEPTION.targetSilent))
    return { type: 'bytes', bytes, afterMs: 0 }
  }
}
