/** Stations and masters for tests: sockets that ask and are answered byte by byte. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RegisterBank } from '../../../../simulator/modbus/register-bank.ts'
import { ModbusStation, type StationLine } from '../../../../simulator/modbus/station.ts'

/** Units 1 and 2, whose holding registers 0 to 9 say 1000 and 2000 and more. */
export function stationOn(line: StationLine): ModbusStation {
  const station = new ModbusStation(line)
  for (const unitId of [1, 2]) {
    const bank = new RegisterBank()
    bank.define('holding-register', { address: 0, count: 10 })
    for (let address = 0; address < 10; address++) bank.write('holding-register', address, unitId * 1000 + address)
    station.addUnit(unitId, bank)
  }
  return station
}

export class RawMaster {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  #arrived = Promise.withResolvers<void>()
  /** Resolves with the code of the error, or null after an orderly end. */
  readonly closed: Promise<string | null>

  private constructor(socket: Socket) {
    this.socket = socket
    let code: string | null = null
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message
    })
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(code)))
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    })
  }

  /** Rejects when nobody listens. */
  static async to(port: number): Promise<RawMaster> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const master = new RawMaster(socket)
    const failed = master.closed.then((code) => Promise.reject(new Error(code ?? 'closed')))
    failed.catch(() => {})
    await Promise.race([once(socket, 'connect'), failed])
    return master
  }

  /** Modbus TCP: one holding register. */
  ask(transactionId: number, unitId: number, address = 0): void {
    this.socket.write(Buffer.of(transactionId >> 8, transactionId & 0xff, 0, 0, 0, 6, unitId, 3, 0, address, 0, 1))
  }

  /** Exactly so many bytes, as soon as they have come. */
  async received(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#arrived.promise
    const taken = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(count)
    return taken
  }

  /** The value of one register that was asked for over Modbus TCP, with its transaction id. */
  async answer(): Promise<{ readonly transactionId: number; readonly value: number }> {
    const bytes = await this.received(11)
    return { transactionId: bytes.readUInt16BE(0), value: bytes.readUInt16BE(9) }
  }

  /** Bytes that came and that nobody took yet. */
  get unread(): number {
    return this.#bytes.length
  }

  close(): void {
    this.socket.destroy()
  }
}
