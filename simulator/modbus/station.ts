/**
 * The units on one line: a Modbus TCP server, RTU over TCP, or RTU on a serial port. All connections see the same units.
 * Written for load: requests that come pipelined are answered in one write.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { mulberry32, seedOf } from '../mulberry32.ts'
import { answerOf, EXCEPTION, exception } from './answer.ts'
import { Connection } from './connection.ts'
import { type Framing, MbapFraming, type Request } from './framing.ts'
import type { RegisterBank } from './register-bank.ts'
import { RtuFraming } from './rtu-framing.ts'
import { openSerialPort, type SerialLine } from './serial-port.ts'
import { type Reply, replyOf, type UnitFault } from './unit-fault.ts'

export type StationLine =
  | { readonly type: 'modbus-tcp' | 'modbus-rtu-over-tcp'; readonly host: string; readonly port: number }
  | SerialLine

export interface StationStats {
  /** Open now. */
  readonly connections: number
  readonly requests: number
  /** Connections closed because their bytes were no Modbus. */
  readonly broken: number
}

interface Unit {
  readonly bank: RegisterBank
  fault: UnitFault | null
}

const MOST_CONNECTIONS = 256
/** Far longer than 3.5 characters of any baud rate in use, because neither a socket nor the kernel keeps such pauses. */
const FRAME_GAP_MS = 50
const BROADCAST = 0
const SILENCE: Reply = { type: 'none' }

export class ModbusStation {
  readonly #line: StationLine
  readonly #units = new Map<number, Unit>()
  readonly #connections = new Set<Connection>()
  readonly #random: () => number
  #server: Server | null = null
  /** A free port is chosen once: masters that knew it find the station there again after a stop. */
  #port: number | null = null
  #requests = 0
  #broken = 0

  constructor(line: StationLine, { seed = 'station' }: { readonly seed?: string } = {}) {
    this.#line = line
    this.#random = mulberry32(seedOf(seed))
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
  async start(): Promise<void> {
    const line = this.#line
    if (line.type === 'modbus-rtu') {
      const port = await openSerialPort(line)
      this.#serve(new Connection(port, this.#connectionOptions(new RtuFraming())), port)
      return
    }
    const server = createServer({ noDelay: true }, (socket) => {
      const framing = line.type === 'modbus-tcp' ? new MbapFraming() : new RtuFraming()
      this.#serve(new Connection(socket, this.#connectionOptions(framing)), socket)
    })
    server.maxConnections = MOST_CONNECTIONS
    server.listen(this.#port ?? line.port, line.host)
    try {
      await once(server, 'listening')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`cannot listen on ${line.host}:${line.port}: ${reason}`, { cause: error })
    }
    server.on('error', () => {})
    this.#server = server
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    const closed = server === null ? null : once(server, 'close')
    server?.close()
    this.closeConnections()
    await closed
  }

  /** Drops every master; the station goes on listening. */
  closeConnections(): void {
    for (const connection of [...this.#connections]) connection.close()
  }

  /** The port that was taken, where the line asked for port 0; null on a serial line or before the first start. */
  get port(): number | null {
    return this.#port
  }

  stats(): StationStats {
    return { connections: this.#connections.size, requests: this.#requests, broken: this.#broken }
  }

  #serve(connection: Connection, stream: { once(event: 'close', listener: () => void): unknown }): void {
    this.#connections.add(connection)
    stream.once('close', () => this.#connections.delete(connection))
    connection.start()
  }

  #connectionOptions(framing: Framing): ConstructorParameters<typeof Connection>[1] {
    return {
      framing,
      frameGapMs: FRAME_GAP_MS,
      respond: (request, of) => this.#respond(request, of),
      onBroken: () => this.#broken++,
    }
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
