/** The times of a line, and what they are where the configuration is silent. */
import { frameSilenceMs, type TransportOptions } from './transport.ts'

export interface LineTiming {
  /** How long to wait for a reply, beside the time its bytes spend on a serial wire. */
  readonly timeoutMs: number
  /** Pause between a reply and the next request. */
  readonly interRequestDelayMs: number
  /** Pause between connecting and the first request. */
  readonly connectDelayMs: number
  /** Silence after a time-out on a line without transaction ids; longer than the slowest device is ever late. */
  readonly quietAfterTimeoutMs: number
  /** Silence before the first request on such a line: what was asked before a restart is answered or late by then. */
  readonly quietAtStartMs: number
  /** How long to wait for a TCP connection. */
  readonly connectTimeoutMs: number
  /** Delay before the first try to connect again; it grows to the next one. */
  readonly reconnectDelayMs: number
  readonly maxReconnectDelayMs: number
  /** After so many time-outs in a row a TCP connection is taken for half-open. */
  readonly reconnectAfterTimeouts: number
}

/** `undefined` stands for the default, as an absent time does. */
export type GivenTiming = { readonly [Name in keyof LineTiming]?: LineTiming[Name] | undefined }

export function resolveTiming(transport: TransportOptions, given: GivenTiming): LineTiming {
  const timeoutMs = given.timeoutMs ?? 1_000
  return {
    timeoutMs,
    interRequestDelayMs: Math.max(given.interRequestDelayMs ?? 0, frameSilenceMs(transport)),
    connectDelayMs: given.connectDelayMs ?? 0,
    quietAfterTimeoutMs: given.quietAfterTimeoutMs ?? 2 * timeoutMs,
    quietAtStartMs: given.quietAtStartMs ?? timeoutMs,
    connectTimeoutMs: given.connectTimeoutMs ?? 5_000,
    reconnectDelayMs: given.reconnectDelayMs ?? 500,
    maxReconnectDelayMs: given.maxReconnectDelayMs ?? 30_000,
    reconnectAfterTimeouts: given.reconnectAfterTimeouts ?? 3,
  }
}
