/** When a point or a device is abnormal, and what one installed unit may change of that. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText, strict } from './base-schema.ts'
import { Schedule } from './schedule-schema.ts'
import { TrendProfile } from './trend-schema.ts'

export const LevelName = Type.Enum(['blue', 'yellow', 'orange', 'red', 'high-high', 'high', 'low', 'low-low'])
export const PriorityName = Type.Enum(['low', 'medium', 'high', 'urgent'])

const scaled = { times: Type.Optional(Type.Number()), plus: Type.Optional(Type.Number()) }
/** A number; or what another point says, or a parameter of the unit, multiplied and shifted. */
const Setpoint = Type.Union(
  [
    Type.Number(),
    Type.Object(
      {
        /** A point of the same device, or `device.point`. */
        point: Type.String({ pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)?$', description: 'a point, or device.point' }),
        ...scaled,
      },
      strict,
    ),
    Type.Object({ parameter: Id, ...scaled }, strict),
  ],
  { description: 'a number, { point } or { parameter }' },
)

const levelUnit = Type.String({
  description:
    'a unit of the same dimension as the point: the numbers of this level are in it; if absent, in that of the point',
})

/** One setpoint of a limit. Exactly one of `above` and `below` is given. */
export const Level = Type.Object(
  {
    level: LevelName,
    /** Of the setpoint and the deadband; that of what is compared if absent. */
    unit: Type.Optional(levelUnit),
    above: Type.Optional(Setpoint),
    below: Type.Optional(Setpoint),
    /** How far back through the setpoint the value must come to clear. */
    deadband: Type.Optional(Type.Number({ minimum: 0 })),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    priority: PriorityName,
  },
  strict,
)

/** What one installed unit changes of one setpoint; it stays on its side (above or below). */
export const LevelOverride = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    /** Of the numbers that stand here. */
    unit: Type.Optional(levelUnit),
    above: Type.Optional(Setpoint),
    below: Type.Optional(Setpoint),
    deadband: Type.Optional(Type.Number({ minimum: 0 })),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    priority: Type.Optional(PriorityName),
  },
  strict,
)

/** What a rule is at some times. Of several that hold the first one counts. */
const ScheduledChange = Type.Object(
  {
    /** The name of a schedule of the configuration, or the times themselves. */
    during: Type.Union([Id, Schedule], { description: 'the name of a schedule, or { season, days, time }' }),
    /** The alarm is then suppressed by design; it runs on underneath. */
    enabled: Type.Optional(Type.Literal(false)),
    levels: Type.Optional(Type.Partial(Type.Record(LevelName, LevelOverride), strict)),
  },
  strict,
)
const scheduled = Type.Optional(Type.Array(ScheduledChange, { minItems: 1 }))

export const ruleBase = {
  id: Id,
  name: LocalText,
  /** About the hazard (alarm) or about our ability to see it (fault). Default: fault for no-data and bad-quality, else alarm. */
  class: Type.Optional(Type.Enum(['alarm', 'fault'])),
  /** Stays until a person resets it, even when the value is normal again. */
  latching: Type.Optional(Type.Boolean()),
  guidance: Type.Optional(LocalText),
  /** Rules of the same device: while one of them is active this one is suppressed by design, because it says nothing new. */
  inhibitedBy: Type.Optional(Type.Array(Id, { minItems: 1 })),
  /** An alarm that is still active so long after it was acknowledged asks again. Never if absent. */
  reAlarm: Type.Optional(Duration),
  /** Longest time a person may shelve it; 8 h if absent. */
  longestShelving: Type.Optional(Duration),
  /** Other setpoints at some times, or none. */
  scheduled,
}
/** Longest time from a change in the field to the alarm. A Modbus line that cannot keep it is refused. */
export const MaxDetectionSeconds = Type.Number({ exclusiveMinimum: 0, description: 'a number of seconds above 0' })
const onPoint = {
  /** Exactly one of `quantity` (every point that measures it) and `point` (that one). */
  quantity: Type.Optional(Id),
  point: Type.Optional(Id),
  maxDetectionSeconds: Type.Optional(MaxDetectionSeconds),
  /** A text that says more, named as the rule names its point; its value stands in the reason of the alarm. */
  detail: Type.Optional(Id),
}
export const single = { priority: PriorityName, onDelay: Type.Optional(Duration), offDelay: Type.Optional(Duration) }

export const LimitRule = Type.Object(
  {
    ...ruleBase,
    ...onPoint,
    type: Type.Literal('limit'),
    /** What the setpoints are compared with; the value itself if absent. */
    trend: Type.Optional(TrendProfile),
    /** Its levels are proposed, and confirmed or declined by a person (DZ/T 0460-2023 8.4.2). */
    confirm: Type.Optional(Type.Literal('person')),
    levels: Type.Array(Level, { minItems: 1 }),
  },
  strict,
)
export const DiscreteRule = Type.Object(
  {
    ...ruleBase,
    ...onPoint,
    ...single,
    type: Type.Literal('discrete'),
    abnormal: Type.Array(Type.Number(), { minItems: 1 }),
  },
  strict,
)
/** The device has said nothing for `after`, or for so many of its own intervals. */
export const NoDataRule = Type.Object(
  {
    ...ruleBase,
    ...single,
    type: Type.Literal('no-data'),
    after: Type.Union([Duration, Type.Object({ intervals: Type.Number({ minimum: 1 }) }, strict)]),
  },
  strict,
)
/** The device talks, but one of its points cannot be believed. */
export const BadQualityRule = Type.Object({ ...ruleBase, ...single, type: Type.Literal('bad-quality') }, strict)

export const RuleProfile = Type.Union([LimitRule, DiscreteRule, NoDataRule, BadQualityRule])

/** What one installed unit changes of a rule; levels are matched by their name. Delays of a limit go to all its levels. */
export const RuleOverride = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    latching: Type.Optional(Type.Boolean()),
    /** Of a limit: whether a person confirms its levels. */
    confirm: Type.Optional(Type.Enum(['person', 'nobody'])),
    reAlarm: Type.Optional(Duration),
    longestShelving: Type.Optional(Duration),
    priority: Type.Optional(PriorityName),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    after: Type.Optional(Duration),
    /** Of a limit on a trend. */
    window: Type.Optional(Duration),
    maxDetectionSeconds: Type.Optional(MaxDetectionSeconds),
    scheduled,
    levels: Type.Optional(Type.Partial(Type.Record(LevelName, LevelOverride), strict)),
  },
  strict,
)

export type ScheduledChange = Static<typeof ScheduledChange>
export type Setpoint = Static<typeof Setpoint>
export type Level = Static<typeof Level>
export type RuleProfile = Static<typeof RuleProfile>
export type RuleOverride = Static<typeof RuleOverride>
