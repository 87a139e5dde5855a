/** What a point is in the national data protocols, for the channels that speak them. */
import { type Static, Type } from 'typebox'
import { strict } from './base-schema.ts'
import { ANALOGUE_TYPES, COMPONENT_TYPES, ELEMENTS } from './national-tables.ts'

const component = Type.Union(
  [Type.Enum(Object.keys(COMPONENT_TYPES).map(Number)), Type.Integer({ minimum: 128, maximum: 255 })],
  { description: 'a component type of GB/T 26875.3-2011, 0 to 121, or 128 to 255 for one of your own' },
)
const analogue = Type.Union(
  [Type.Enum(Object.keys(ANALOGUE_TYPES).map(Number)), Type.Integer({ minimum: 128, maximum: 255 })],
  { description: 'an analogue type of GB/T 26875.3-2011, 1 to 12, or 128 to 255 for one of your own' },
)

export const National = Type.Object(
  {
    /** Identifier of the element of SL 651-2014 (table C.1). */
    sl651: Type.Optional(
      Type.Enum(Object.keys(ELEMENTS), { description: "an element of SL 651-2014 in two hexadecimal digits: '39'" }),
    ),
    gb26875: Type.Optional(
      Type.Object({ component: Type.Optional(component), analogue: Type.Optional(analogue) }, strict),
    ),
  },
  strict,
)

export type National = Static<typeof National>
