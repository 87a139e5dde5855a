/** What the shapes of the API are made of. They validate, serialize and document (`GET /api/openapi.json`). */
import { type TSchema, Type } from 'typebox'
import { PRIORITIES } from '../alarm-model.ts'
import type { StationType } from '../registry-model.ts'

export const strict = { additionalProperties: false } as const

export const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })

export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })

export const Value = Type.Unsafe<number | string | null>({ type: ['number', 'string', 'null'] })

export const Time = Type.Number({ description: 'milliseconds since 1970-01-01 UTC' })

export const NullableTime = Type.Unsafe<number | null>({
  type: ['number', 'null'],
  description: 'milliseconds since 1970-01-01 UTC',
})

export const LocalText = Type.Object({ zh: Type.String(), en: Type.String() })

export const PriorityName = Type.Enum([...PRIORITIES])

export const ClassName = Type.Enum(['alarm', 'fault'])

export const StationLevelName = Type.Enum(['station', 'centre', 'bureau'])

export const StationTypeName = Type.Unsafe<StationType | null>({
  type: ['string', 'null'],
  enum: ['community', 'industrial-park', 'street', null],
  description: 'null for a centre or a bureau',
})

export const QualityName = Type.Enum(['good', 'uncertain', 'bad'])

/** An id of ours: `deviceId`, `deviceId.pointId` or `deviceId.ruleId`. */
export const AnyId = Type.String({ minLength: 1, maxLength: 200, pattern: '^[a-z0-9][a-z0-9.:-]*$' })

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'stable; for programs' }),
      message: Type.String({ description: 'what was expected, what came, what to do' }),
      text: Type.Optional(LocalText),
      problems: Type.Optional(Type.Array(Type.String())),
    }),
  },
  { description: 'why it was refused' },
)

/** Absent where the place is only described in words. */
export const PlaceId = Type.Optional(Type.String({ description: 'id of the place, as GET /api/places has it' }))

/** Query parameters; an unknown one is refused, so that a misspelt filter is never taken for "everything". */
export function query<P extends Record<string, TSchema>>(properties: P) {
  return Type.Object(properties, strict)
}

/** OpenAPI's and fast-json-stringify's common way to say "or null" of an object. */
export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}
