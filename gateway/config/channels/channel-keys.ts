/** What all channels have. */
import { Type } from 'typebox'
import { Id } from '../../../device-profiles/base-schema.ts'

export const PURPOSES = ['first', 'update', 'reminder', 'escalation', 'ended'] as const

export const channelKeys = {
  id: Id,
  /** Ids of the stations that it serves; all if absent. */
  stations: Type.Optional(Type.Array(Id, { minItems: 1 })),
  /** What it is used for; everything if absent. A siren wants first and ended, as a rule. */
  tells: Type.Optional(Type.Array(Type.Enum([...PURPOSES]), { minItems: 1 })),
}
