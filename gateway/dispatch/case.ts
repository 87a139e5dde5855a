/** One alarm on its way to people, as the fold of what was decided knows it. */
import type { AlarmEvent } from '../alarm-model.ts'
import type { CaseFacts, CasePhase, NotificationFacts, Plan } from '../dispatch-event.ts'
import type { Purpose, ReceiptState } from '../dispatch-model.ts'

export interface Told {
  readonly id: string
  readonly createdAt: number
}

export interface KnownNotification {
  readonly facts: NotificationFacts
  readonly createdAt: number
  readonly cases: readonly string[]
  /** Null: it waits to be sent. */
  readonly state: ReceiptState | 'withdrawn' | null
  /** State and name of each receipt, so that a repetition is known. */
  readonly receipts: readonly string[]
}

export interface Held {
  readonly case: string
  readonly station: string
  readonly channel: string
  readonly purpose: Purpose
  readonly step: number
  readonly event: AlarmEvent
}

export interface Case {
  readonly id: string
  readonly alarm: string
  readonly occurrence: number
  readonly facts: CaseFacts
  readonly plan: Plan
  readonly drill: string | null
  readonly phase: CasePhase
  readonly openedAt: number
  /** Id of the alarm event with which people were called, from which the ids of reminders are made. */
  readonly calledBy: string
  readonly step: number
  /** When the step was taken (ms since 1970). */
  readonly steppedAt: number
  readonly level: number
  readonly unanswered: boolean
  /** Whether a step found nobody. */
  readonly unreached: boolean
  /** Whether anything of it has been taken by a receiver. */
  readonly reached: boolean
  /** `station channel` of those who know of it, and have not been told that it is over. */
  readonly heard: ReadonlySet<string>
  /** By channel, oldest first. */
  readonly told: ReadonlyMap<string, readonly Told[]>
  /** Ids of its notifications that wait to be sent. */
  readonly waiting: ReadonlySet<string>
  /** Ids of its newest notifications. */
  readonly known: ReadonlySet<string>
}

export function heardKey(station: string, channel: string): string {
  return `${station} ${channel}`
}

export function receiptKey({ state, by }: { readonly state: string; readonly by: string | null }): string {
  return `${state} ${by ?? ''}`
}
