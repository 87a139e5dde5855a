/**
 * Modes: times in which alarms mean something else. A person begins them, with a reason, and each ends by itself.
 *
 * Maintenance suppresses by design what is raised at a device, a place or a station. A drill lets people exercise alarms of a
 * station. A test is of one point: its readings and what they raise are marked, and suppressed unless dispatch is to hear it.
 */
import type { LocalText } from './model.ts'

export type ModeType = 'maintenance' | 'drill' | 'test'
export const MODE_TYPES: readonly ModeType[] = ['maintenance', 'drill', 'test']

export type ModeTargetType = 'device' | 'place' | 'station' | 'point'

export interface ModeTarget {
  readonly type: ModeTargetType
  /** Of a device, a station or a point (`deviceId.pointId`); of a place its id, or its name. */
  readonly id: string
}

/** What each mode can be of. */
export const TARGETS_OF: Readonly<Record<ModeType, readonly ModeTargetType[]>> = {
  maintenance: ['device', 'place', 'station'],
  drill: ['station'],
  test: ['point'],
}

const HOUR = 3_600_000

/** A mode that somebody forgot must not hide an alarm for days; what takes longer is out of service. */
export const LONGEST_MODE_MS: Readonly<Record<ModeType, number>> = {
  maintenance: 24 * HOUR,
  drill: 4 * HOUR,
  test: 8 * HOUR,
}

export interface Mode {
  readonly id: string
  readonly type: ModeType
  readonly target: ModeTarget
  readonly by: string
  readonly comment: string
  readonly at: number
  /** At the latest. */
  readonly until: number
  /** Of a test: what it raises is told as an alarm, marked; otherwise it is suppressed by design. */
  readonly dispatch: boolean
}

/** One change of one mode. `by` is null where its time is over. */
export interface ModeEventDraft {
  readonly time: number
  readonly type: 'begun' | 'changed' | 'ended'
  readonly by: string | null
  readonly comment: string | null
  readonly mode: Mode
}

/** The same with its number on disk. */
export interface ModeEvent extends ModeEventDraft {
  readonly seq: number
}

export interface ModeWish {
  readonly type: ModeType
  readonly target: ModeTarget
  readonly durationMs: number
  readonly by: string
  readonly comment: string
  readonly dispatch: boolean
}

export type ModeRefusal = 'wrong-target' | 'unknown-target' | 'mode-too-long' | 'too-many-modes' | 'unknown-mode'

export type ModeAnswer =
  | { readonly ok: true; readonly mode: Mode }
  | { readonly ok: false; readonly refusal: ModeRefusal; readonly message: LocalText }
