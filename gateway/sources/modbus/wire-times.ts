/** How long single requests hold a line. */
import { encodePdu, replyPduLength } from './pdu.ts'
import type { PlannedRead } from './read-plan.ts'
import { type GivenTiming, type LineTiming, resolveTiming } from './timing.ts'
import { switchingMs, type TransportOptions, transmissionMs } from './transport.ts'

export type ReadRange = Pick<PlannedRead, 'table' | 'address' | 'count'>

export interface Wire {
  readonly transport: TransportOptions
  readonly timing: LineTiming
  readonly replyTimeMs: number
  readonly pauseMs: number
  /** Silence after a time-out. */
  readonly quietMs: number
  /** Bytes of a frame beside its PDU. */
  readonly overhead: number
}

export interface RequestTime {
  readonly requestBytes: number
  readonly replyBytes: number
  /** How long the line is taken: both frames, the reply time and the pause before the next request. */
  readonly ms: number
}

/** MBAP header (unit id in it); unit id and CRC. */
const TCP_OVERHEAD_BYTES = 7
const RTU_OVERHEAD_BYTES = 3

export function wireOf(options: {
  readonly transport: TransportOptions
  readonly timing: GivenTiming
  readonly replyTimeMs: number
}): Wire {
  const { transport, replyTimeMs } = options
  const timing = resolveTiming(transport, options.timing)
  const isTcp = transport.type === 'modbus-tcp'
  return {
    ...{ transport, timing, replyTimeMs },
    // A line never sends early, and a part of a millisecond late.
    pauseMs: Math.ceil(timing.interRequestDelayMs),
    quietMs: isTcp ? 0 : timing.quietAfterTimeoutMs,
    overhead: isTcp ? TCP_OVERHEAD_BYTES : RTU_OVERHEAD_BYTES,
  }
}

export function requestTime({ table, address, count }: ReadRange, wire: Wire): RequestTime {
  const { transport, replyTimeMs, pauseMs, overhead } = wire
  const request = { type: 'read', table, address, count } as const
  const requestBytes = encodePdu(request).length + overhead
  const replyBytes = replyPduLength(request) + overhead
  const onWireMs = switchingMs(transport).beforeSendMs + transmissionMs(transport, requestBytes + replyBytes)
  return { requestBytes, replyBytes, ms: onWireMs + replyTimeMs + pauseMs }
}

/** A handshake, the pause that the device asks for, and without transaction ids the silence before the first request. */
export function openingMs({ transport: { type }, timing, replyTimeMs }: Wire): number {
  const handshakeMs = type === 'modbus-rtu' ? 0 : replyTimeMs
  return timing.connectDelayMs + handshakeMs + (type === 'modbus-tcp' ? 0 : timing.quietAtStartMs)
}

/** What one of these reads costs at most where no reply comes: its time-out and the silence after it. */
export function unansweredMs(reads: readonly ReadRange[], wire: Wire): number {
  const { transport, timing, pauseMs, quietMs } = wire
  const onWire = reads.map((read) => {
    const { requestBytes, replyBytes } = requestTime(read, wire)
    const { beforeSendMs, afterSendMs } = switchingMs(transport)
    return beforeSendMs + transmissionMs(transport, requestBytes + replyBytes) + afterSendMs
  })
  return timing.timeoutMs + Math.max(0, ...onWire) + Math.max(pauseMs, quietMs)
}
