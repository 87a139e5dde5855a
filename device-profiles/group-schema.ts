/** Devices that are judged together, and the votes over them. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText, strict } from './base-schema.ts'
import { LevelName, ruleBase, single } from './rule-schema.ts'

/** One condition of one member. */
const Condition = Type.Object({ device: Id, rule: Id, level: Type.Optional(LevelName) }, strict)

export const VoteProfile = Type.Object(
  {
    ...ruleBase,
    ...single,
    type: Type.Literal('vote'),
    /** A rule that every member has; or conditions one by one, several of one device among them. */
    of: Type.Union([Id, Type.Array(Condition, { minItems: 1 })], {
      description: 'the id of a rule that every member has, or a list of { device, rule }',
    }),
    /** The mildest level of that rule that counts; every one if absent. */
    level: Type.Optional(LevelName),
    /** How many must be in alarm. */
    need: Type.Union([Type.Integer({ minimum: 1 }), Type.Enum(['all', 'any'])], {
      description: 'a number of members, all or any',
    }),
    /** One that was raised counts for so long, also when it has returned since. Only while it is active if absent. */
    within: Type.Optional(Duration),
    /** What becomes of `need` when a member is lost: lowered with each (safety, if absent), or only where it must (availability). */
    degradation: Type.Optional(Type.Enum(['safety', 'availability'])),
    /** A member that cannot be believed for so long is lost; 10s if absent. */
    memberFailsAfter: Type.Optional(Duration),
  },
  strict,
)

export const GroupSection = Type.Object(
  {
    id: Id,
    name: LocalText,
    /** Where it is, in words that a duty officer finds. */
    place: Type.String({ minLength: 1 }),
    /** Ids of devices. */
    members: Type.Array(Id, { minItems: 1 }),
    /** What people call its members: detectors, gauges. */
    memberName: Type.Optional(LocalText),
    rules: Type.Optional(Type.Array(VoteProfile)),
  },
  strict,
)

export type VoteProfile = Static<typeof VoteProfile>
export type GroupSection = Static<typeof GroupSection>
