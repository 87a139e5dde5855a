/**
 * How requests and replies stand on a byte stream.
 *
 * Outpost frames Modbus itself. modbus-serial pairs a reply with whatever request is pending when its length, unit id and
 * function code fit, and gives its user no way to see or drop the bytes in between; on RTU one late reply then shifts every
 * later value to another register, without an error. That cannot be cured from outside, so the stream is read here.
 */
import { encodePdu, functionCodeOf, type ModbusRequest, type Reply, replyByteCount } from './pdu.ts'

export type FramingEvent =
  | { readonly type: 'reply'; readonly reply: Reply }
  /**
   * Something came for the request in flight that cannot be believed; the request has failed.
   * `behind`: the unit asked has answered in this shape instead, so its replies may lag behind the requests.
   */
  | { readonly type: 'refused'; readonly detail: string; readonly behind?: string }
  /** A reply that nobody waits for, known by its transaction id: dropped, harmless. */
  | { readonly type: 'late' }
  /** A whole reply of a unit that is not asked now, on a line where the next one of it could be taken for another. */
  | { readonly type: 'stray'; readonly unitId: number; readonly shape: string }
  /** Bytes without a request in flight that are no whole reply so far: so many since the last one. */
  | { readonly type: 'noise'; readonly count: number }
  /** The stream cannot be followed any more; the connection must be closed. */
  | { readonly type: 'broken'; readonly detail: string }

/** At most one request is in flight: from `begin` until `reply`, `refused` or `abandon`. */
export interface Framing {
  /** False where nothing in a reply says which request it answers (RTU); then silence must separate them. */
  readonly identifiesReplies: boolean
  /** The bytes to send. */
  begin(unitId: number, request: ModbusRequest): Uint8Array
  receive(bytes: Uint8Array): readonly FramingEvent[]
  /** The request in flight timed out. Returns what came for it, in words, or null if nothing came. */
  abandon(): string | null
  /** A new connection: what was half received will never be completed. */
  reset(): void
}

export function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}

/** The first bytes as hexadecimal text, for error messages. */
export function hexText(bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.length > 32 ? `${text} … (${bytes.length} bytes)` : text
}

/** Replies of one unit and one shape cannot be told apart, where they have no ids. */
export interface ReplyShapes {
  readonly shape: string
  readonly exceptionShape: string
}

/** The reply to a write repeats the write itself. */
export function replyShapes(request: ModbusRequest): ReplyShapes {
  const functionCode = functionCodeOf(request)
  const isRead = request.type === 'read'
  return {
    shape: isRead
      ? readShape(functionCode, replyByteCount(request))
      : `${functionCode}: ${encodePdu(request).join(' ')}`,
    exceptionShape: exceptionShape(functionCode),
  }
}

export function readShape(functionCode: number, byteCount: number): string {
  return `${functionCode}: ${byteCount}`
}

export function exceptionShape(functionCode: number): string {
  return `${functionCode}: exception`
}
