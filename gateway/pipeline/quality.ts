/** How far a value can be believed. */
import type { PointProfile } from '../../device-profiles/schema.ts'
import type { PointValue, Quality, QualityReason, Reading } from '../model.ts'
import type { Finding } from './decode.ts'

export interface Grade {
  readonly value: PointValue | null
  readonly quality: Quality
  /** Null exactly when `quality` is 'good'. */
  readonly reason: QualityReason | null
  /** What exactly was wrong, for people who repair. */
  readonly detail: string | null
}

/** `confirmed` is false for the first reply after a time-out on a line where it may answer an earlier request. */
export function grade(profile: PointProfile, finding: Finding, { confirmed }: { readonly confirmed: boolean }): Grade {
  if ('fault' in finding) return bad(finding.fault, finding.detail)
  const { value } = finding
  if (profile.type === 'text' ? typeof value !== 'string' : typeof value !== 'number' || !Number.isFinite(value)) {
    const expected = profile.type === 'text' ? 'a text' : 'a finite number'
    return bad('malformed', `${profile.id}: expected ${expected}, got ${JSON.stringify(value)}`)
  }
  if (profile.range !== undefined && typeof value === 'number') {
    const [low, high] = profile.range
    if (value < low || value > high) {
      return bad('out-of-range', `${profile.id}: ${value} ${profile.unit} is outside ${low} to ${high} ${profile.unit}`)
    }
  }
  if (!confirmed) {
    return { value, quality: 'uncertain', reason: 'unconfirmed', detail: `${profile.id}: first reply after a time-out` }
  }
  if (finding.doubt !== undefined) return { value, quality: 'uncertain', ...finding.doubt }
  return { value, quality: 'good', reason: null, detail: null }
}

/** Milliseconds after which the last good reading says nothing about now: three missed turns, but at least 3 s. */
export function staleAfter(intervalMs: number): number {
  return Math.max(3 * intervalMs, 3000)
}

/**
 * True for readings that throw doubt on the sensor or the device. Silence and age do not by themselves: where the whole
 * device is silent the no-data rule says so, and a point that is missed while its device speaks is found by time.
 */
export function isDistrusted(reading: Reading): boolean {
  return reading.quality === 'bad' && reading.reason !== 'communication-failure' && reading.reason !== 'stale'
}

function bad(reason: QualityReason, detail: string): Grade {
  return { value: null, quality: 'bad', reason, detail }
}
