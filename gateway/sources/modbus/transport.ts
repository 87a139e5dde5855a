/** A byte stream to the devices of one line: a TCP connection or a serial port. */
import type { Clock } from '../../model.ts'

export interface TcpEndpoint {
  readonly host: string
  readonly port: number
}

export interface SerialSettings {
  /** Best a stable name under /dev/serial/by-id. */
  readonly path: string
  readonly baudRate: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
  /** Where RTS gives the direction of the RS-485 transceiver; absent where hardware or the kernel does that. */
  readonly rts?: RtsSettings | undefined
}

export interface RtsSettings {
  /** The level of RTS while bytes go out; the other one while the line listens. */
  readonly whileSending: 'high' | 'low'
  /** From switching to the first byte. */
  readonly beforeSendMs: number
  /** From the end of the last byte to switching back; a device must not answer sooner. */
  readonly afterSendMs: number
}

export type TransportOptions =
  | ({ readonly type: 'modbus-tcp' } & TcpEndpoint)
  | ({ readonly type: 'modbus-rtu-over-tcp' } & TcpEndpoint)
  | ({ readonly type: 'modbus-rtu' } & SerialSettings)

export interface Connection {
  write(bytes: Uint8Array): void
  /** Idempotent. */
  close(): void
  /** Resolves once, with the cause, when nothing can be sent or received any more. */
  readonly closed: Promise<string>
}

export interface OpenOptions {
  readonly onData: (bytes: Uint8Array) => void
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Longest time to wait for the connection. */
  readonly timeoutMs: number
}

/** Opens the stream, or throws an error whose message names the endpoint, what went wrong and what to check. */
export type OpenTransport = (transport: TransportOptions, options: OpenOptions) => Promise<Connection>

export function endpointText(transport: TransportOptions): string {
  return transport.type === 'modbus-rtu' ? transport.path : `${transport.host}:${transport.port}`
}

/** Time the bytes spend on the wire. Unknown behind a TCP endpoint, then 0. */
export function transmissionMs(transport: TransportOptions, bytes: number): number {
  return transport.type === 'modbus-rtu' ? (bytes * bitsPerByte(transport) * 1000) / transport.baudRate : 0
}

/** What switching the direction of the line takes before the first byte and after the last one of a request. */
export function switchingMs(transport: TransportOptions): {
  readonly beforeSendMs: number
  readonly afterSendMs: number
} {
  const rts = transport.type === 'modbus-rtu' ? transport.rts : undefined
  return { beforeSendMs: rts?.beforeSendMs ?? 0, afterSendMs: rts?.afterSendMs ?? 0 }
}

/**
 * The silence that ends an RTU frame: 3.5 characters, or 1.75 ms above 19,200 baud
 * (MODBUS over Serial Line V1.02, 2.5.1.1). Unknown behind a TCP endpoint, then 0.
 */
export function frameSilenceMs(transport: TransportOptions): number {
  if (transport.type !== 'modbus-rtu') return 0
  return transport.baudRate > 19_200 ? 1.75 : transmissionMs(transport, 3.5)
}

function bitsPerByte({ dataBits, parity, stopBits }: SerialSettings): number {
  return 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits
}
