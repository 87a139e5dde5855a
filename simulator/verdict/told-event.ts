/** What a gateway tells of its alarms, as far as a tester asks: a part of its API, read with care because it came from outside. */
import type { AlarmClass, Priority } from '../../device-profiles/device.ts'
import { ALARM_STATES } from './expect-schema.ts'
import type { AlarmState } from './expectation.ts'
import { GatewayError } from './gateway-error.ts'

export interface ToldAlarm {
  /** `deviceId.ruleId` */
  readonly id: string
  readonly device: string
  readonly rule: string
  readonly kind: string
  readonly class: AlarmClass
  readonly level: string | null
  readonly priority: Priority
  readonly state: AlarmState
  readonly active: boolean
  readonly suppressed: boolean
  /** Of a drill or a test of a point: no real alarm. */
  readonly isMarked: boolean
  /** Counts up at every raise. */
  readonly occurrence: number
}

export interface ToldEvent {
  readonly seq: number
  readonly type: string
  /** On the clock of the gateway, ms since 1970. */
  readonly time: number
  readonly alarm: ToldAlarm
}

/** Throws a GatewayError that says what was expected where. */
export function readEvent(value: unknown): ToldEvent {
  const event = record(value, 'an alarm event')
  return {
    seq: numberOf(event, 'seq'),
    type: textOf(event, 'type'),
    time: numberOf(event, 'time'),
    alarm: readAlarm(event.alarm),
  }
}

/** Throws a GatewayError that says what was expected where. */
export function readAlarm(value: unknown): ToldAlarm {
  const alarm = record(value, 'an alarm')
  const facts = record(alarm.facts, 'the facts of an alarm')
  const { level } = alarm
  return {
    ...{ id: textOf(alarm, 'id'), device: textOf(alarm, 'device'), rule: textOf(alarm, 'rule') },
    kind: textOf(alarm, 'kind'),
    class: oneOf(alarm, 'class', ['alarm', 'fault']),
    level: typeof level === 'string' ? level : null,
    priority: oneOf(alarm, 'priority', ['low', 'medium', 'high', 'urgent']),
    state: oneOf(alarm, 'state', ALARM_STATES),
    active: facts.active === true,
    suppressed: typeof facts.suppression === 'string',
    isMarked: typeof alarm.mark === 'string',
    occurrence: numberOf(alarm, 'occurrence'),
  }
}

export function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new GatewayError(`the gateway's answer: expected ${what}, got ${JSON.stringify(value)?.slice(0, 100)}`)
}

export function listOf(value: unknown, key: string): readonly unknown[] {
  const list = record(value, `an object with "${key}"`)[key]
  if (Array.isArray(list)) return list
  throw new GatewayError(`the gateway's answer: expected a list "${key}", got ${JSON.stringify(list)?.slice(0, 100)}`)
}

export function textOf(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key]
  if (typeof value === 'string') return value
  throw new GatewayError(`the gateway's answer: expected a text as "${key}", got ${JSON.stringify(value)}`)
}

export function numberOf(from: Readonly<Record<string, unknown>>, key: string): number {
  const value = from[key]
  if (typeof value === 'number') return value
  throw new GatewayError(`the gateway's answer: expected a number as "${key}", got ${JSON.stringify(value)}`)
}

function oneOf<T extends string>(from: Readonly<Record<string, unknown>>, key: string, words: readonly T[]): T {
  const found = words.find((word) => word === from[key])
  if (found !== undefined) return found
  throw new GatewayError(
    `the gateway's answer: expected one of ${words.join(', ')} as "${key}", got ${JSON.stringify(from[key])}`,
  )
}
