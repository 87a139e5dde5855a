/** By what the work of a station is judged in its monthly report. */
import { type Static, Type } from 'typebox'
import { Duration } from '../../device-profiles/base-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { strict } from './common-schema.ts'

export const AssessmentSection = Type.Object(
  {
    /** From the alarm to the first message: 10s if absent. */
    notifyWithin: Type.Optional(Duration),
    /** From the alarm to the first acknowledgement: 3m if absent. */
    acknowledgeWithin: Type.Optional(Duration),
    /** From the alarm until nothing is left to do: 1d if absent. */
    handleWithin: Type.Optional(Duration),
  },
  strict,
)

export interface AssessmentConfig {
  readonly notifyMs: number
  readonly acknowledgeMs: number
  readonly handleMs: number
}

export function assessmentOf(section: Static<typeof AssessmentSection> = {}): AssessmentConfig {
  return {
    notifyMs: parseDuration(section.notifyWithin ?? '10s'),
    acknowledgeMs: parseDuration(section.acknowledgeWithin ?? '3m'),
    handleMs: parseDuration(section.handleWithin ?? '1d'),
  }
}
