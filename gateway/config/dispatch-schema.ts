/** Who is told of an alarm, over what, and who next if nobody answers. Each channel has a file of its own in `channels/`. */
import { type Static, Type } from 'typebox'
import { Duration, Id } from '../../device-profiles/base-schema.ts'
import { CapChannelSection } from './channels/cap.ts'
import { DeviceCommandChannelSection } from './channels/device-command.ts'
import { EmailChannelSection } from './channels/email.ts'
import { MqttChannelSection } from './channels/mqtt.ts'
import { DingtalkChannelSection, WecomChannelSection } from './channels/robots.ts'
import { WebhookChannelSection } from './channels/webhook.ts'
import { strict } from './common-schema.ts'

/** One line per type. */
const Channel = Type.Union([
  WebhookChannelSection,
  MqttChannelSection,
  CapChannelSection,
  EmailChannelSection,
  WecomChannelSection,
  DingtalkChannelSection,
  DeviceCommandChannelSection,
])

const ids = Type.Optional(Type.Array(Id, { minItems: 1 }))
const PLACE_KINDS = [
  ...(['crowded-place', 'fire-safety-key-unit', 'old-estate', 'small-shop', 'dangerous-slope'] as const),
  ...(['low-ground', 'small-construction-site', 'other'] as const),
]
const some = <T extends string>(words: readonly T[]) =>
  Type.Optional(Type.Array(Type.Enum([...words]), { minItems: 1 }))

/** All that is given must hold; of each list one word. */
const Match = Type.Object(
  {
    /** Ids of the stations that are responsible for the device. */
    stations: ids,
    places: ids,
    placeKinds: some(PLACE_KINDS),
    risks: some(['blue', 'yellow', 'orange', 'red']),
    devices: ids,
    /** Kinds of devices. */
    kinds: ids,
    priorities: some(['low', 'medium', 'high', 'urgent']),
    classes: some(['alarm', 'fault']),
    /** real: no exercise and no test. */
    marks: some(['real', 'exercise', 'test']),
    /** One of `schedules`. */
    during: Type.Optional(Id),
  },
  { ...strict, minProperties: 1, description: 'at least one condition' },
)

const Route = Type.Object(
  {
    id: Id,
    /** Everything if absent; so is the last route. */
    when: Type.Optional(Match),
    /** Told beside the responsible station. */
    alsoStations: ids,
    channels: Type.Array(Id, { minItems: 1 }),
    /** One of `chains`; without one, people are told once. */
    chain: Type.Optional(Id),
    /** Whether the routes behind it are looked at too; false if absent. */
    continue: Type.Optional(Type.Boolean()),
  },
  strict,
)

const Step = Type.Union([
  Type.Object({ type: Type.Literal('notify') }, strict),
  Type.Object({ type: Type.Literal('wait'), for: Duration }, strict),
  Type.Object({ type: Type.Literal('notify-parent') }, strict),
  Type.Object(
    { type: Type.Literal('repeat'), times: Type.Integer({ minimum: 1, maximum: 100, description: 'from 1 to 100' }) },
    strict,
  ),
  Type.Object({ type: Type.Literal('stop') }, strict),
])

const Chain = Type.Object(
  {
    steps: Type.Array(Step, { minItems: 1, maxItems: 50 }),
    /** Whether it ends when the condition is over and nobody has acknowledged; false if absent. */
    stopsOnReturn: Type.Optional(Type.Boolean()),
  },
  strict,
)

/** While an alarm like `source` is open, alarms like `target` at the same device, place or station are not told. */
const Inhibition = Type.Object(
  { source: Match, target: Match, same: Type.Enum(['device', 'place', 'station']) },
  strict,
)

const Grouping = Type.Object(
  {
    /** What follows the first within this time is told together; what is urgent never waits. */
    within: Duration,
    /** Most alarms in one notification; 100 if absent. */
    most: Type.Optional(Type.Integer({ minimum: 2, maximum: 1000, description: 'from 2 to 1000' })),
  },
  strict,
)

export const DispatchSection = Type.Object(
  {
    channels: Type.Array(Channel, { minItems: 1 }),
    chains: Type.Optional(Type.Record(Id, Chain, strict)),
    /** The first that fits counts. */
    routes: Type.Array(Route, { minItems: 1 }),
    grouping: Type.Optional(Grouping),
    inhibitions: Type.Optional(Type.Array(Inhibition)),
  },
  strict,
)

export type DispatchSection = Static<typeof DispatchSection>
export type ChannelSection = Static<typeof Channel>
export type RouteSection = Static<typeof Route>
export type ChainSection = Static<typeof Chain>
export type StepSection = Static<typeof Step>
export type MatchSection = Static<typeof Match>
export type InhibitionSection = Static<typeof Inhibition>

export type Reach = 'receiver' | 'people' | 'group'

/**
 * Whom a channel tells: one receiver that passes it on, the people on duty by their addresses, or a group that hears it anyway and in
 * which those on duty are called by name.
 */
export const REACHES: Readonly<Record<ChannelSection['type'], Reach>> = {
  webhook: 'receiver',
  mqtt: 'receiver',
  cap: 'receiver',
  email: 'people',
  wecom: 'group',
  dingtalk: 'group',
  'device-command': 'receiver',
}
