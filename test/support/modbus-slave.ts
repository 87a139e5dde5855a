/**
 * A Modbus slave whose every answer a test can choose: right, late, truncated, of the wrong unit, twice, none.
 *
 * It shares no code with the gateway: its framing and its CRC are written a second time on purpose. Every register holds
 * its own address, so that a value taken from another register shows.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock } from '../../gateway/clock.ts'
import type { Clock } from '../../gateway/model.ts'

export interface SlaveRequest {
  /** 0, 1, 2 … over all connections. */
  readonly index: number
  readonly unitId: number
  readonly functionCode: number
  readonly address: number
  /** Of a read or of FC 15 and 16; the value of FC 5 and 6. */
  readonly count: number
}

export type SlaveAnswer = { readonly afterMs?: number } & (
  | { readonly type: 'right' }
  | { readonly type: 'exception'; readonly code: number }
  | { readonly type: 'silence' }
  /** The right answer changed on its way. */
  | { readonly type: 'changed'; readonly change: (frame: Buffer) => readonly Buffer[] }
  /** The right answer under another unit id, with a good CRC. */
  | { readonly type: 'wrong-unit'; readonly unitId: number }
  | { readonly type: 'close' }
)

export interface SlaveOptions {
  readonly framing: 'tcp' | 'rtu'
  /** Chooses each answer; the right one at once if absent. */
  readonly answer?: (request: SlaveRequest) => SlaveAnswer
  /** Word of a register or bit; its address if absent. */
  readonly word?: (functionCode: number, address: number, unitId: number) => number
  /** A gateway with one serial line behind it: a reply goes to whoever is connected when it comes. */
  readonly sharedBus?: boolean
  /** Small segments are held back until the one before is acknowledged, as simple serial gateways do. */
  readonly nagle?: boolean
  readonly port?: number
  /** Units of their own on one wire: one that is late does not hold up the others, as a serial gateway does. */
  readonly independent?: boolean
  /** For very long runs: requests are counted only, not kept. */
  readonly forgets?: boolean
  /** What `afterMs` is measured by. */
  readonly clock?: Clock
}

/** Between two parts, or two replies, so that they arrive as two. */
const PART_GAP_MS = 1

export class ModbusSlave {
  readonly requests: SlaveRequest[] = []
  #count = 0
  /** Connections accepted so far. */
  connections = 0
  readonly #options: SlaveOptions
  readonly #clock: Clock
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #newest: Duplex | null = null
  /** A device answers one request after the other, however late it is with the first. By unit id, or all under 0. */
  readonly #work = new Map<number, Promise<void>>()

  constructor(options: SlaveOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#server = createServer({ noDelay: options.nagle !== true }, (socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      this.serve(socket)
    })
  }

  async start(): Promise<this> {
    this.#server.listen(this.#options.port ?? 0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** Connections at this moment. */
  get connected(): number {
    return this.#sockets.size
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Answers on any stream: a socket, or a serial port. */
  serve(stream: Duplex): void {
    let bytes = Buffer.alloc(0)
    this.#newest = stream
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (;;) {
        const length = this.#options.framing === 'tcp' ? tcpRequestLength(bytes) : rtuRequestLength(bytes)
        if (length === null || bytes.length < length) return
        this.#take(bytes.subarray(0, length), stream)
        bytes = bytes.subarray(length)
      }
    })
  }

  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.closeConnections()
    if (this.#server.listening) await once(this.#server, 'close')
    await Promise.all(this.#work.values())
  }

  #take(frame: Buffer, stream: Duplex): void {
    const isTcp = this.#options.framing === 'tcp'
    const pdu = isTcp ? frame.subarray(7) : frame.subarray(1, -2)
    const request: SlaveRequest = {
      index: this.#count++,
      unitId: isTcp ? (frame[6] ?? 0) : (frame[0] ?? 0),
      functionCode: pdu[0] ?? 0,
      address: pdu.readUInt16BE(1),
      count: pdu.readUInt16BE(3),
    }
    if (this.#options.forgets !== true) this.requests.push(request)
    const answer = this.#options.answer?.(request) ?? { type: 'right' }
    const device = this.#options.independent ? request.unitId : 0
    const work = (this.#work.get(device) ?? Promise.resolve()).then(async () => {
      if (answer.afterMs !== undefined) await this.#clock.sleep(answer.afterMs)
      const to = this.#options.sharedBus ? (this.#newest ?? stream) : stream
      const transaction = isTcp ? frame.readUInt16BE(0) : 0
      if (to.destroyed || !to.writable) return
      if (answer.type === 'close') to.destroy()
      else await this.#send(this.#frames(answer, { request, transaction }), to)
    })
    this.#work.set(device, work)
  }

  async #send(parts: readonly Buffer[], to: Duplex): Promise<void> {
    for (const part of parts) {
      to.write(part)
      await this.#clock.sleep(PART_GAP_MS)
    }
  }

  #frames(answer: SlaveAnswer, context: { request: SlaveRequest; transaction: number }): readonly Buffer[] {
    const { request } = context
    const right = this.#frame(request.unitId, { ...context, pdu: this.#pdu(request) })
    switch (answer.type) {
      case 'right':
        return [right]
      case 'exception':
        return [this.#frame(request.unitId, { ...context, pdu: Buffer.of(request.functionCode | 0x80, answer.code) })]
      case 'changed':
        return answer.change(right)
      case 'wrong-unit':
        return [this.#frame(answer.unitId, { ...context, pdu: this.#pdu(request) })]
      case 'silence':
      case 'close':
        return []
    }
  }

  #frame(unitId: number, { pdu, transaction }: { pdu: Buffer; transaction: number }): Buffer {
    if (this.#options.framing === 'rtu') return withCrc(Buffer.concat([Buffer.of(unitId), pdu]))
    const header = Buffer.alloc(7)
    header.writeUInt16BE(transaction, 0)
    header.writeUInt16BE(pdu.length + 1, 4)
    header[6] = unitId
    return Buffer.concat([header, pdu])
  }

  #pdu({ unitId, functionCode, address, count }: SlaveRequest): Buffer {
    const word = this.#options.word ?? ((_: number, at: number) => at)
    if (functionCode === 5 || functionCode === 6 || functionCode === 15 || functionCode === 16) {
      const pdu = Buffer.of(functionCode, 0, 0, 0, 0)
      pdu.writeUInt16BE(address, 1)
      pdu.writeUInt16BE(count, 3)
      return pdu
    }
    const isBits = functionCode === 1 || functionCode === 2
    const data = Buffer.alloc(isBits ? Math.ceil(count / 8) : count * 2)
    for (let index = 0; index < count; index++) {
      const value = word(functionCode, address + index, unitId)
      if (!isBits) data.writeUInt16BE(value & 0xffff, index * 2)
      else if (value !== 0) data[index >> 3] = (data[index >> 3] ?? 0) | (1 << (index & 7))
    }
    return Buffer.concat([Buffer.of(functionCode, data.length), data])
  }
}

function tcpRequestLength(bytes: Buffer): number | null {
  return bytes.length < 6 ? null : 6 + bytes.readUInt16BE(4)
}

function rtuRequestLength(bytes: Buffer): number | null {
  if (bytes.length < 8) return null
  return bytes[1] === 15 || bytes[1] === 16 ? 9 + (bytes[6] ?? 0) : 8
}

/** Bit by bit, unlike the gateway's table. */
export function withCrc(bytes: Buffer): Buffer {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  }
  return Buffer.concat([bytes, Buffer.of(crc & 0xff, crc >>> 8)])
}
