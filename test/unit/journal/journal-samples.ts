/** Things to put into a journal. */

import type { AlarmEventDraft, AlarmState, Outcome } from '../../../gateway/alarm-model.ts'
import type { Reading } from '../../../gateway/model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

export const T0 = Date.UTC(2026, 0, 1)

export function reading(value: Reading['value'], changes: Partial<Reading> = {}): Reading {
  return { point: 'pump.pressure', time: T0, receivedAt: T0, value, quality: 'good', ...changes }
}

export function readings(count: number, changes: (i: number) => Partial<Reading> = () => ({})): Reading[] {
  return Array.from({ length: count }, (_, i) => reading(i, changes(i)))
}

export const only = (list: readonly Reading[]): Outcome => ({ readings: list, events: [] })

export function draft(rule = 'pressure-low', changes: Partial<AlarmEventDraft> = {}): AlarmEventDraft {
  const { seq: _seq, id: _id, gateway: _gateway, ...rest } = alarmEvent(1)
  return { ...rest, time: T0, alarm: { ...rest.alarm, id: `pump.${rule}`, rule }, ...changes }
}

export function draftIn(state: AlarmState, rule = 'pressure-low'): AlarmEventDraft {
  const event = draft(rule)
  return { ...event, alarm: { ...event.alarm, state } }
}

export const raise = (...rules: readonly string[]): Outcome => ({
  readings: [],
  events: rules.map((rule) => draft(rule)),
})
