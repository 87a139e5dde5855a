/** What a scenario file may say for testers: which gateway belongs to it, and what that gateway must tell of the story. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { GroupSection } from '../../device-profiles/group-schema.ts'
import { PriorityName, RuleOverride } from '../../device-profiles/rule-schema.ts'
import { Schedule } from '../../device-profiles/schedule-schema.ts'
import { StoreProfile } from '../../device-profiles/store-schema.ts'

const strict = { additionalProperties: false } as const

/** What the configuration of a gateway says about a device beside what the scenario knows already. */
const GatewayDevice = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1 })),
    place: Type.Optional(Type.String({ minLength: 1 })),
    pollInterval: Type.Optional(Duration),
    interval: Type.Optional(Duration),
    rules: Type.Optional(Type.Record(Id, RuleOverride, strict)),
    store: Type.Optional(Type.Record(Id, StoreProfile, strict)),
  },
  strict,
)

/** A configuration file beside the scenario, or what is added to the one that is made of its lines and devices. */
export const GatewaySection = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        devices: Type.Optional(Type.Record(Id, GatewayDevice, strict)),
        groups: Type.Optional(Type.Array(GroupSection)),
        schedules: Type.Optional(Type.Record(Id, Schedule, strict)),
        timeZone: Type.Optional(Type.String({ minLength: 1 })),
        /** More keys of a line, by its id: timeout, quietAfterTimeout … The gateway checks them. */
        lines: Type.Optional(Type.Record(Id, Type.Record(Type.String(), Type.Unknown()), strict)),
      },
      strict,
    ),
  ],
  { description: 'the path of a configuration file, or { devices, groups, lines, schedules, timeZone }' },
)

export const ALARM_STATES = [
  ...['normal', 'unacknowledged', 'acknowledged', 'returned-unacknowledged', 'latched-unacknowledged'],
  ...['latched-acknowledged', 'shelved', 'suppressed-by-design', 'out-of-service'],
] as const

/** What belongs together is checked apart, because that gives better errors. */
const Expectation = Type.Object(
  {
    /** Which alarm: all that is given must be so. A device or a group. */
    device: Type.Optional(Id),
    rule: Type.Optional(Id),
    /** The kind of its device. */
    kind: Type.Optional(Id),
    class: Type.Optional(Type.Enum(['alarm', 'fault'])),
    /** At which level it is raised, or that it reaches. */
    level: Type.Optional(Type.String({ minLength: 1 })),
    priority: Type.Optional(PriorityName),
    /** A moment of the story: not before; the beginning if absent. */
    at: Type.Optional(Duration),
    /** How long the gateway may take from that moment on. Its own time: `--speed` does not change it. */
    within: Type.Optional(Duration),
    /** It returns to normal: not before that moment of the story, and so long after it at the latest. */
    returned: Type.Optional(Type.Object({ at: Duration, within: Duration }, strict)),
    /** It is still active at the end. */
    stays: Type.Optional(Type.Literal(true, { description: 'true, or nothing' })),
    /** Its state at the end. */
    state: Type.Optional(Type.Enum([...ALARM_STATES])),
    /** There must be none like it. */
    never: Type.Optional(Type.Literal(true, { description: 'true, or nothing' })),
  },
  strict,
)

export const ExpectSection = Type.Object(
  {
    alarms: Type.Optional(Type.Array(Expectation)),
    /** No other alarm and no other fault of these devices and groups; alarms of the gateway's own health are only shown. */
    nothingElse: Type.Optional(Type.Boolean()),
    /** So long of the story at least is watched; to the end of the timeline if absent. */
    until: Type.Optional(Duration),
    /** The fastest at which the story still leaves the gateway the time that it needs; 1 if absent. */
    maxSpeed: Type.Optional(Type.Number({ minimum: 1, maximum: 1000, description: 'a number from 1 to 1000' })),
  },
  strict,
)

export type GatewaySection = Static<typeof GatewaySection>
export type ExpectationEntry = Static<typeof Expectation>
export type ExpectSection = Static<typeof ExpectSection>
