/** The device's own time in a JSON message. */
import type { Payload } from '../binding-schema.ts'
import { pointerTokens, valueAt } from './json-pointer.ts'

export type TimeBinding = NonNullable<Extract<Payload, { format: 'json' }>['time']>

/** A time without its zone means a different moment on every machine, so the zone is required. */
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/
/** ECMAScript's own limit of time values. */
const LIMIT_MS = 8.64e15

/** Milliseconds since 1970, or null where the message has no time that can be understood: then the time of receipt counts. */
export function prepareTime(binding: TimeBinding): (json: unknown) => number | null {
  const tokens = pointerTokens(binding.pointer)
  return (json) => {
    const value = valueAt(json, tokens)
    const time =
      binding.unit === 'iso8601' ? parseIso(value) : typeof value === 'number' ? value * factor(binding) : Number.NaN
    return Math.abs(time) <= LIMIT_MS ? time : null
  }
}

/** `time` is in milliseconds since 1970. */
export function encodeTime(binding: TimeBinding, time: number): number | string {
  return binding.unit === 'iso8601' ? new Date(time).toISOString() : time / factor(binding)
}

function parseIso(value: unknown): number {
  return typeof value === 'string' && ISO_8601.test(value) ? Date.parse(value) : Number.NaN
}

function factor(binding: TimeBinding): number {
  return binding.unit === 's' ? 1000 : 1
}
