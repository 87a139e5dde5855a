/** How often equipment has to be looked at; every default filled in. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import { strict } from './common-schema.ts'

export const EquipmentSection = Type.Object(
  {
    /** Kinds of devices that the equipment ledger is about; extinguisher if absent. */
    kinds: Type.Optional(Type.Array(Id, { minItems: 1 })),
    /** Between two looks: 30d if absent (GB 50444-2008, 5.2.1: monthly). */
    look: Type.Optional(Duration),
    /** The same at crowded places: 15d if absent (GB 50444-2008, 5.2.2: every half month). */
    lookWhereCrowded: Type.Optional(Duration),
    /** Between two checks: 365d if absent. */
    check: Type.Optional(Duration),
    /** Between two services: 1826d if absent; its maker may want it sooner. */
    service: Type.Optional(Duration),
  },
  strict,
)

export interface EquipmentConfig {
  readonly kinds: readonly string[]
  readonly lookMs: number
  readonly lookWhereCrowdedMs: number
  readonly checkMs: number
  readonly serviceMs: number
}

export function equipmentOf(section: Static<typeof EquipmentSection> = {}): EquipmentConfig {
  return {
    kinds: section.kinds ?? ['extinguisher'],
    lookMs: parseDuration(section.look ?? '30d'),
    lookWhereCrowdedMs: parseDuration(section.lookWhereCrowded ?? '15d'),
    checkMs: parseDuration(section.check ?? '365d'),
    serviceMs: parseDuration(section.service ?? '1826d'),
  }
}
