/**
 * The units on one line: a Modbus TCP server, RTU over TCP, or RTU on a serial port. All connections see the same units.
 * Written for load: requests that come pipelined are answered in one write.
 */
import { realpathSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { mulberry32, seedOf } from '../mulberry32.ts'
import { ActiveFault } from './active-fault.ts'
import { answerOf, EXCEPTION, exception, writtenRange } from './answer.ts'
import type { CharacterFormat } from './character-format.ts'
import { Connection } from './connection.ts'
import { type Framing, MbapFraming, type Request } from './framing.ts'
import type { Listener, StationConnection } from './listener.ts'
import { PacedConnection } from './paced-connection.ts'
import type { RegisterBank } from './register-bank.ts'
import { type Exchange, type Reply, rightReply } from './reply.ts'
import { RtuFraming, readFrame } from './rtu-framing.ts'
import { SerialListener, type SerialPlace } from './serial-listener.ts'
import { SerialWire } from './serial-wire.ts'
import { TcpListener, type TcpPlace } from './tcp-listener.ts'
import { isPortFault, type LineFault, type UnitFault, unfitReason } from './unit-fault.ts'
import { WireBox } from './wire-box.ts'

export type StationLine = {
  /** From the end of a request to the begin of its answer; 0 if absent, and on a serial line at least a frame's silence. */
  readonly replyTimeMs?: number
} & (
  | ({ readonly type: 'modbus-tcp' } & TcpPlace)
  /** With a baud rate: the wire behind the port has it, and all masters share that wire. */
  | ({ readonly type: 'modbus-rtu-over-tcp' } & TcpPlace & Partial<CharacterFormat>)
  /** A pseudo terminal delivers at once, so the station keeps the baud rate itself; a real port keeps it alone. */
  | ({ readonly type: 'modbus-rtu' } & SerialPlace)
)

export interface StationStats {
  /** Open now. */
  readonly connections: number
  /** Since it was made; on a serial line, how often the port was opened. */
  readonly accepted: number
  /** Connections that were one too many; a refused one never comes here. */
  readonly turnedAway: number
  readonly requests: number
  /** Connections closed because their bytes were no Modbus. */
  readonly broken: number
  /** Of a paced line: frames that came without the silence before them, or into an answer; nobody understood them. */
  readonly early: number
  /** Of a paced line: by how much the machine was too late for its baud rate and could not catch up, in ms. */
  readonly lostMs: number
}

/** Called after a master has written registers or coils. */
export type OnWritten = (range: NonNullable<ReturnType<typeof writtenRange>>) => void

interface Unit {
  readonly bank: RegisterBank
  readonly onWritten: OnWritten
  fault: ActiveFault | null
}

const BROADCAST = 0
const SILENCE: Reply = { type: 'none' }

export class ModbusStation {
  readonly #units = new Map<number, Unit>()
  readonly #line: StationLine
  readonly #listener: Listener
  readonly #wire: SerialWire | WireBox | null
  readonly #random: () => number
  readonly #onRequest: (unitId: number) => void
  #fault: ActiveFault | null = null
  #requests = 0
  #broken = 0

  /** `seed` makes the bytes of the fault `garbage` repeatable; `onRequest` is told whom each request is for. */
  constructor(
    line: StationLine,
    {
      seed = 'station',
      onRequest = () => {},
    }: { readonly seed?: string; readonly onRequest?: (unitId: number) => void } = {},
  ) {
    this.#line = line
    this.#onRequest = onRequest
    this.#random = mulberry32(seedOf(seed))
    this.#wire = this.#createWire(line)
    const options = { connect: (stream: Duplex, hangUp: () => void) => this.#connect(stream, hangUp) }
    this.#listener = line.type === 'modbus-rtu' ? new SerialListener(line, options) : new TcpListener(line, options)
  }

  /** The bank may be written at any time. Throws where the unit id is taken. */
  addUnit(unitId: number, bank: RegisterBank, { onWritten = () => {} }: { readonly onWritten?: OnWritten } = {}): void {
    if (!Number.isInteger(unitId) || unitId < 0 || unitId > 255)
      throw new RangeError(`expected a unit id from 0 to 255, got ${unitId}`)
    if (this.#units.has(unitId)) throw new RangeError(`unit id ${unitId} is on this line already`)
    this.#units.set(unitId, { bank, onWritten, fault: null })
  }

  /** From the next request on; null: the unit is well again. Throws a RangeError for a fault that this line cannot have. */
  setFault(unitId: number, fault: UnitFault | null): void {
    const unit = this.#units.get(unitId)
    if (unit === undefined) throw new RangeError(`there is no unit ${unitId} on this line`)
    this.checkFault(fault)
    unit.fault = fault === null ? null : new ActiveFault(fault)
  }

  /** Of every unit whose own fault does not strike, or of the port; null: the line is well again. Throws as `setFault`. */
  setLineFault(fault: LineFault | null): void {
    this.checkFault(fault)
    this.#fault = fault === null || isPortFault(fault) ? null : new ActiveFault(fault)
    this.#listener.setFrozen(fault?.type === 'frozen')
    if (fault?.type === 'half-open') this.#listener.abandonConnections()
  }

  /** Rejects when the port or the serial line cannot be had, and says which. After a stop: on the same port again. */
  start(): Promise<void> {
    return this.#listener.start()
  }

  /** Idempotent. Answers that are not sent yet never are. */
  stop(): Promise<void> {
    this.#wire?.close()
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
    const { connections, accepted, turnedAway } = this.#listener
    const { early, lostMs } = this.#wire?.counters ?? { early: 0, lostMs: 0 }
    return { connections, accepted, turnedAway, requests: this.#requests, broken: this.#broken, early, lostMs }
  }

  #createWire(line: StationLine): SerialWire | WireBox | null {
    if (line.type === 'modbus-tcp' || line.baudRate === undefined) return null
    const { baudRate, parity = 'none', stopBits = 1, replyTimeMs = 0 } = line
    const framing = new RtuFraming()
    const respond = (frame: Uint8Array): Reply => {
      const request = readFrame(frame)
      return request === null ? SILENCE : this.#respond(request, framing)
    }
    const options = { format: { baudRate, parity, stopBits }, replyTimeMs, respond }
    if (line.type === 'modbus-rtu-over-tcp') return new WireBox(options)
    return new SerialWire({ ...options, keepsSilence: false, onFree: () => {} })
  }

  #connect(stream: Duplex, hangUp: () => void): StationConnection {
    const line = this.#line
    const isPaced = line.type !== 'modbus-rtu' || isPseudoTerminal(line.path)
    if (this.#wire !== null && isPaced) return new PacedConnection(stream, { wire: this.#wire, hangUp })
    const framing = line.type === 'modbus-tcp' ? new MbapFraming() : new RtuFraming()
    return new Connection(stream, {
      framing,
      replyTimeMs: line.replyTimeMs ?? 0,
      respond: (request) => this.#respond(request, framing),
      hangUp: () => {
        if (framing.broken !== null) this.#broken++
        hangUp()
      },
    })
  }

  /** Throws a RangeError for a fault that this line, or a unit on it, cannot have. */
  checkFault(fault: LineFault | null): void {
    const reason = fault === null ? null : unfitReason(fault.type, this.#line.type)
    if (reason !== null)
      throw new RangeError(`a line of type ${this.#line.type} cannot have the fault ${fault?.type}: ${reason}`)
  }

  #respond(request: Request, framing: Framing): Reply {
    this.#requests++
    this.#onRequest(request.unitId)
    const unit = this.#units.get(request.unitId)
    if (unit !== undefined) return this.#replyOf(unit, { request, framing })
    if (!framing.hasTransactions) return this.#broadcast(request, framing)
    // A Modbus TCP gateway says that its line is silent.
    const answer = (): Uint8Array => exception(request.pdu, EXCEPTION.targetSilent)
    const exchange = { request, framing, random: this.#random, answer, pretended: answer }
    return this.#fault?.reply(exchange) ?? rightReply(exchange)
  }

  #replyOf(unit: Unit, { request, framing }: Pick<Exchange, 'request' | 'framing'>): Reply {
    const { answer, pretended } = answersOf(unit, request.pdu)
    const exchange = { request, framing, random: this.#random, answer, pretended }
    return unit.fault?.reply(exchange) ?? this.#fault?.reply(exchange) ?? rightReply(exchange)
  }

  /** All units carry a broadcast out, and none answers [Modbus serial line 2.1]; on any other unit id nobody is there. */
  #broadcast(request: Request, framing: Framing): Reply {
    if (request.unitId !== BROADCAST) return SILENCE
    for (const unit of this.#units.values()) this.#replyOf(unit, { request, framing })
    return SILENCE
  }
}

/** PDU of the right answer: after whatever the request asks for was done, or as if it had been. */
function answersOf({ bank, onWritten }: Unit, pdu: Uint8Array): Pick<Exchange, 'answer' | 'pretended'> {
  const written = writtenRange(pdu)
  if (written === null) {
    const answer = (): Uint8Array => answerOf(bank, pdu)
    return { answer, pretended: answer }
  }
  return {
    pretended: () => answerOf(bank.copy(), pdu),
    answer: () => {
      const answer = answerOf(bank, pdu)
      if (answer[0] === pdu[0]) onWritten(written)
      return answer
    },
  }
}

/** One side of a pair that a program holds, as socat does; `path` may be a link to it. */
function isPseudoTerminal(path: string): boolean {
  try {
    return /^\/dev\/(pts\/|ttys\d)/.test(realpathSync(path))
  } catch {
    return false
  }
}
