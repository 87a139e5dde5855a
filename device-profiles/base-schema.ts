/** What all schemas of device profiles share. */
import { type Static, Type } from 'typebox'

/** Unknown keys are errors. */
export const strict = { additionalProperties: false } as const

/** Lower-case words joined by hyphens: safe in a URL, a topic and a tag. */
export const Id = Type.String({
  pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
  maxLength: 64,
  description: 'an id: lower-case letters, digits and single hyphens',
})

export const Duration = Type.String({
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$',
  description: 'a duration with its unit: 500ms, 5s, 2m, 1h or 1d',
})

/** One or more levels of an MQTT topic. */
export const Level = Type.String({
  pattern: '^[^+#\\u0000]+$',
  maxLength: 256,
  description: 'levels of a topic, without + and #',
})

export const LocalText = Type.Object(
  {
    zh: Type.String({ minLength: 1, description: 'the text in Chinese' }),
    en: Type.String({ minLength: 1, description: 'the text in English' }),
  },
  { ...strict, description: 'a text in both languages, { zh: …, en: … }' },
)

/**
 * A number, or the name of a parameter that each installed unit sets. `times` changes the parameter's sign or unit, so that
 * people can be asked for "the distance at installation" and not for minus that distance.
 */
export const Scalar = Type.Union(
  [Type.Number(), Type.Object({ parameter: Id, times: Type.Optional(Type.Number()) }, strict)],
  { description: 'a number, or { parameter: <id> } for a value that each installed unit sets' },
)

export type LocalText = Static<typeof LocalText>
export type Scalar = Static<typeof Scalar>
