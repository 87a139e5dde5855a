/**
 * Reads over Modbus TCP that cost the master next to nothing: requests are made once, replies are counted by their bytes,
 * so that the station is what gets measured.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface ModbusLoad {
  readonly ports: readonly number[]
  /** Over all ports. */
  readonly connections: number
  /** Requests of one connection that wait for their reply at the same time. */
  readonly window: number
  /** In all, over all connections. */
  readonly requests: number
  /** Each connection asks them one after the other, from 1. */
  readonly units: number
  /** Holding registers of each read, from address 0. */
  readonly registers: number
  /** A server that gives no reply for so long has stalled. */
  readonly stalledAfterMs: number
}

export interface ModbusLoadResult {
  readonly perSecond: number
  readonly replies: number
  /** The server stopped answering before the end. */
  readonly isStalled: boolean
}

const HEADER = 7

export async function runModbusLoad(load: ModbusLoad): Promise<ModbusLoadResult> {
  const sockets = await Promise.all(Array.from({ length: load.connections }, (_, i) => open(load, i)))
  const share = Math.ceil(load.requests / load.connections)
  const progress = { replies: 0, at: performance.now() }
  const started = performance.now()
  const stalled = stallOf(progress, load.stalledAfterMs)
  const done = Promise.all(sockets.map((socket, i) => ask(socket, { load, share, first: i, progress })))
  const isStalled = await Promise.race([done.then(() => false), stalled.promise])
  stalled.stop()
  const seconds = ((isStalled ? progress.at : performance.now()) - started) / 1000
  for (const socket of sockets) socket.destroy()
  return { perSecond: progress.replies / seconds, replies: progress.replies, isStalled }
}

async function open({ ports }: ModbusLoad, index: number): Promise<Socket> {
  const socket = connect({ port: ports[index % ports.length] ?? 0, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  // While the others connect and after the load was given up nobody else listens, and nobody asks.
  socket.on('error', () => {})
  return socket
}

interface Progress {
  replies: number
  at: number
}

interface Questions {
  readonly load: ModbusLoad
  readonly share: number
  readonly first: number
  readonly progress: Progress
}

function ask(socket: Socket, { load, share, first, progress }: Questions): Promise<void> {
  const replyBytes = HEADER + 2 + 2 * load.registers
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let sent = 0
  let answered = 0
  let pending = 0
  const send = (count: number): void => {
    const requests: Buffer[] = []
    for (; requests.length < count && sent < share; sent++) {
      requests.push(requestOf(sent, { unitId: ((first + sent) % load.units) + 1, registers: load.registers }))
    }
    if (requests.length > 0) socket.write(requests.length === 1 ? (requests[0] as Buffer) : Buffer.concat(requests))
  }
  socket.on('data', (bytes) => {
    pending += bytes.length
    const replies = Math.floor(pending / replyBytes)
    if (replies === 0) return
    pending -= replies * replyBytes
    answered += replies
    progress.replies += replies
    progress.at = performance.now()
    if (answered >= share) resolve()
    else send(replies)
  })
  socket.once('error', reject)
  send(load.window)
  // What ends after the load was given up is nobody's failure.
  promise.catch(() => {})
  return promise
}

function requestOf(index: number, { unitId, registers }: { unitId: number; registers: number }): Buffer {
  const id = index & 0xffff
  return Buffer.from([id >> 8, id & 0xff, 0, 0, 0, 6, unitId, 3, 0, 0, 0, registers])
}

function stallOf(progress: Progress, afterMs: number): { readonly promise: Promise<true>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<true>()
  const timer = setInterval(() => {
    if (performance.now() - progress.at > afterMs) resolve(true)
  }, afterMs / 10)
  return { promise, stop: () => clearInterval(timer) }
}
