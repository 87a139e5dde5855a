/** The device's own time in a message. */
import type { JsonTime } from '../payload-schema.ts'
import { pointerTokens, valueAt } from './json-pointer.ts'

/** A time without its zone means a different moment on every machine, so one must be known. */
const ISO_8601 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?$/
/** ECMAScript's own limit of time values. */
const LIMIT_MS = 8.64e15

/** Milliseconds since 1970, or null where the message has no time that can be understood: then the time of receipt counts. */
export function prepareTime(binding: JsonTime): (json: unknown) => number | null {
  const tokens = pointerTokens(binding.pointer)
  return (json) => {
    const value = valueAt(json, tokens)
    if (binding.unit === 'iso8601') return isoTime(value, binding.zone)
    return typeof value === 'number' ? withinLimit(value * factor(binding)) : null
  }
}

/** Null for what is no time, and for a time without a zone where no `zone` says which one is meant. */
export function isoTime(value: unknown, zone?: string): number | null {
  const [, time, own = zone] = typeof value === 'string' ? (ISO_8601.exec(value) ?? []) : []
  return time === undefined || own === undefined ? null : withinLimit(Date.parse(time + own))
}

/** `time` is in milliseconds since 1970. */
export function encodeTime(binding: JsonTime, time: number): number | string {
  return binding.unit === 'iso8601' ? new Date(time).toISOString() : time / factor(binding)
}

function withinLimit(time: number): number | null {
  return Math.abs(time) <= LIMIT_MS ? time : null
}

function factor({ unit }: JsonTime): number {
  return unit === 's' ? 1000 : 1
}
