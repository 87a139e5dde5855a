/** What a point is in SL 651 and GB/T 26875.3: its own facts first, then those of its quantity, its model and its kind. */
import type { Finding } from './finding.ts'
import type { National } from './national-schema.ts'
import { ANALOGUE_TYPES, ELEMENTS } from './national-tables.ts'
import type { DeviceProfile, KindProfile, PointProfile } from './schema.ts'
import { conversion } from './units.ts'
import type { DocumentPath } from './yaml-document.ts'

export interface NationalFacts {
  readonly sl651?: string
  readonly component?: number
  readonly analogue?: number
}

export function nationalFacts(
  point: PointProfile,
  { profile, kind }: { readonly profile: DeviceProfile; readonly kind: KindProfile },
): NationalFacts {
  const { quantity } = point
  const ofQuantity = quantity === undefined ? undefined : kind.quantities[quantity]?.national
  const facts: { -readonly [K in keyof NationalFacts]: NationalFacts[K] } = {}
  for (const national of [kind.national, profile.national, ofQuantity, point.national]) {
    if (national?.sl651 !== undefined) facts.sl651 = national.sl651
    if (national?.gb26875?.component !== undefined) facts.component = national.gb26875.component
    if (national?.gb26875?.analogue !== undefined) facts.analogue = national.gb26875.analogue
  }
  return facts
}

/** Each number prescribes a unit; what is measured in another dimension cannot be sent under it. `unit` null: of no one point. */
export function* checkNational(
  national: National | undefined,
  { unit, path }: { readonly unit: string | null; readonly path: DocumentPath },
): Generator<Finding> {
  if (national === undefined) return
  const { sl651, gb26875 } = national
  const element = sl651 === undefined ? undefined : ELEMENTS[sl651]
  const type = gb26875?.analogue === undefined ? undefined : ANALOGUE_TYPES[gb26875.analogue]
  const places = [
    { at: ['sl651'], what: `element ${sl651} (${element?.en})`, prescribed: element?.unit },
    {
      at: ['gb26875', 'analogue'],
      what: `analogue type ${gb26875?.analogue} (${type?.name.en})`,
      prescribed: type?.unit,
    },
  ]
  for (const { at, what, prescribed } of places) {
    if (prescribed === undefined) continue
    if (unit === null) {
      yield { path: [...path, ...at], message: `${what} is about one value; give it to a quantity or a point` }
      continue
    }
    const way = conversion(unit, prescribed)
    if (typeof way === 'string') yield { path: [...path, ...at], message: `${what} is in ${prescribed}: ${way}` }
  }
}
