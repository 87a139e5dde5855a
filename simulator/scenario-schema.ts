/** What a scenario file may say; the one schema gives the types, the validation and the words of its errors. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText } from '../device-profiles/base-schema.ts'
import { NetworkServer } from '../device-profiles/payload-schema.ts'
import { GeneratorEntry } from './generator-schema.ts'
import type { RadioFault } from './message-fault.ts'
import type { PortFaultType, UnitFaultType } from './modbus/unit-fault.ts'
import type { PointFault } from './track.ts'
import { ExpectSection, GatewaySection } from './verdict/expect-schema.ts'

const strict = { additionalProperties: false } as const
const Host = Type.String({ minLength: 1, maxLength: 253 })
const Port = Type.Integer({ minimum: 0, maximum: 65535, description: 'a port from 0 (any free one) to 65535' })

const PointNumber = Type.Number({ description: 'a number, in the unit of its point' })

const BaudRate = Type.Integer({ minimum: 300, maximum: 4_000_000 })
const character = {
  parity: Type.Optional(Type.Enum(['none', 'even', 'odd'])),
  stopBits: Type.Optional(Type.Enum([1, 2])),
}
const anyLine = {
  id: Id,
  /** From the end of a request to the begin of its answer; none if absent, on a serial line the silence that ends a frame. */
  replyTime: Type.Optional(Duration),
}
const tcp = {
  ...anyLine,
  host: Host,
  port: Port,
  /** As many as the device can have; 4096 if absent. */
  maxConnections: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
  /** What it does with one more: `close` if absent. */
  whenFull: Type.Optional(Type.Enum(['refuse', 'close', 'ignore', 'close-oldest'])),
}

const Line = Type.Union([
  Type.Object({ ...tcp, type: Type.Literal('modbus-tcp') }, strict),
  Type.Object(
    /** With a baud rate: that of the wire behind the port. */
    { ...tcp, type: Type.Literal('modbus-rtu-over-tcp'), baudRate: Type.Optional(BaudRate), ...character },
    strict,
  ),
  Type.Object(
    {
      ...anyLine,
      type: Type.Literal('modbus-rtu'),
      path: Type.String({ minLength: 1 }),
      baudRate: BaudRate,
      ...character,
    },
    strict,
  ),
])

const Broker = Type.Object(
  {
    url: Type.String({
      pattern: '^mqtts?://[^@/\\s]+/?$',
      description: 'mqtt://host:port or mqtts://host:port; username and password are keys of their own',
    }),
    username: Type.Optional(Type.String({ minLength: 1 })),
    password: Type.Optional(Type.String({ minLength: 1, description: 'a text' })),
    /** In whose messages LoRaWAN devices come; chirpstack-v4 if absent. */
    networkServer: Type.Optional(NetworkServer),
  },
  strict,
)

/** What was measured once, played back. */
const Recorded = Type.Object(
  {
    /** A CSV file; a relative path begins at the scenario file. */
    file: Type.String({ minLength: 1 }),
    /** The column with the time, as seconds or as ISO 8601; `time` if absent. */
    time: Type.Optional(Type.String({ minLength: 1 })),
    /** The column of each point, in the point's unit. */
    points: Type.Record(Id, Type.String({ minLength: 1 }), { ...strict, minProperties: 1 }),
  },
  strict,
)

const Device = Type.Object(
  {
    id: Id,
    profile: Type.String({ minLength: 1 }),
    parameters: Type.Optional(Type.Record(Id, Type.Number(), strict)),
    /** Of a Modbus device. */
    line: Type.Optional(Id),
    unitId: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'a unit id from 0 to 255' })),
    /** Of an MQTT device: what stands for {address} in the topic of its profile. */
    address: Type.Optional(
      Type.String({
        pattern: '^[^+#\\s\\x00]+$',
        maxLength: 200,
        description: 'an address as a text without spaces, + and # (in quotes if it looks like a number)',
      }),
    ),
    /** Of an MQTT device: what its profile leaves open in its topics. */
    levels: Type.Optional(
      Type.Record(
        Id,
        Type.String({ minLength: 1, pattern: '^[^+#/\\x00]+$', description: 'one level of a topic' }),
        strict,
      ),
    ),
    /** How often an MQTT device speaks; the interval of its profile if absent. */
    interval: Type.Optional(Duration),
    /** In the unit of each point. Points without a value are not measured. */
    values: Type.Record(Id, PointNumber, strict),
    /** How far the value wavers to both sides. */
    noise: Type.Optional(Type.Record(Id, Type.Number({ minimum: 0 }), strict)),
    /** How far the value creeps away from the truth in an hour of the story. */
    driftPerHour: Type.Optional(Type.Record(Id, Type.Number(), strict)),
    /** The least step that the sensor shows. */
    resolution: Type.Optional(Type.Record(Id, Type.Number({ minimum: 0 }), strict)),
    /** How long the value sticks, about, until it comes loose and jumps to where the world is. */
    sticking: Type.Optional(Type.Record(Id, Duration, strict)),
    recorded: Type.Optional(Recorded),
  },
  strict,
)

/** What happens to a device, or to all devices of a line; none can be left out. */
const UNIT_FAULTS: Readonly<Record<UnitFaultType, true>> = {
  ...{ silent: true, lost: true, 'forgets-writes': true, exception: true, busy: true, late: true, slow: true },
  ...{ duplicated: true, foreign: true, garbage: true, truncated: true, 'bad-crc': true, 'wrong-unit': true },
  ...{ 'wrong-transaction': true, disconnect: true },
}
const PORT_FAULTS: Readonly<Record<PortFaultType, true>> = { frozen: true, 'half-open': true, cut: true }
const RADIO_FAULTS: Readonly<Record<RadioFault['type'], true>> = { offline: true, 'clock-wrong': true }
const POINT_FAULTS: Readonly<Record<PointFault['type'], true>> = {
  ...{ stuck: true, spikes: true, 'other-unit': true, missing: true },
}
export type FaultType = UnitFaultType | PortFaultType | RadioFault['type'] | PointFault['type']
const FAULTS = Object.keys({ ...UNIT_FAULTS, ...RADIO_FAULTS, ...POINT_FAULTS, ...PORT_FAULTS }) as FaultType[]

export function isPointFaultType(type: FaultType): type is PointFault['type'] {
  return Object.hasOwn(POINT_FAULTS, type)
}

/** A change of a value, a fault, or only words. What belongs together is checked apart, because that gives better errors. */
export const Step = Type.Object(
  {
    at: Duration,
    device: Type.Optional(Id),
    point: Type.Optional(Id),
    to: Type.Optional(PointNumber),
    /** Instead of `to`: as something in the world behaves. */
    generate: Type.Optional(GeneratorEntry),
    /** How long the value takes to get there, at once if absent; how long it is generated, until the next step if absent. */
    over: Type.Optional(Duration),
    /** Instead of a device, for a fault: several, those that speak MQTT, or all. */
    devices: Type.Optional(
      Type.Union([Type.Enum(['all', 'mqtt']), Type.Array(Id, { minItems: 1, uniqueItems: true })], {
        description: 'all, mqtt, or a list of devices',
      }),
    ),
    /** Instead of a device: all devices of a Modbus line. */
    line: Type.Optional(Id),
    fault: Type.Optional(Type.Enum(FAULTS)),
    /** How long the fault lasts; to the end if absent. */
    for: Type.Optional(Duration),
    /** Only every so many answers; all if absent. */
    every: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Only this share of the answers, by chance. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'a share from 0 to 1' })),
    /** Of the faults `late`, `slow` and `duplicated`: how late the answer or message, each byte, the second one. */
    by: Type.Optional(Duration),
    /** Of the fault `exception`: its code; 4 (device failure) if absent. */
    code: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    /** Of the fault `busy`: how often in a row; 3 if absent. */
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Of the fault `foreign`: what the frame that nobody asked for is of; `unit` if absent. */
    of: Type.Optional(Type.Enum(['unit', 'function'])),
    /** Of the fault `foreign`: on which side of the right answer it stands; `before` if absent. */
    place: Type.Optional(Type.Enum(['before', 'behind'])),
    /** Of the fault `clock-wrong`: how far the clock of the device is ahead (behind, with a minus). */
    offset: Type.Optional(
      Type.String({
        pattern: '^-?[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$',
        description: 'a duration with its unit, with a minus for a clock that is behind: 2h or -90s',
      }),
    ),
    /** Of the fault `other-unit`: what is told is the value times `factor` (1 if absent), plus `plus` (0). */
    factor: Type.Optional(Type.Number()),
    plus: Type.Optional(Type.Number()),
    say: Type.Optional(LocalText),
  },
  strict,
)

export const ScenarioFile = Type.Object(
  {
    name: LocalText,
    /** The same seed gives the same noise. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4294967295 })),
    broker: Type.Optional(Broker),
    lines: Type.Optional(Type.Array(Line)),
    devices: Type.Array(Device, { minItems: 1 }),
    timeline: Type.Optional(Type.Array(Step)),
    /** The story begins anew after so long; it is told once if absent. */
    repeatEvery: Type.Optional(Duration),
    /** The gateway that belongs to it; its configuration is made of the lines and devices if absent. */
    gateway: Type.Optional(GatewaySection),
    /** What the gateway must tell of it. */
    expect: Type.Optional(ExpectSection),
  },
  strict,
)

export type ScenarioFile = Static<typeof ScenarioFile>
export type LineEntry = Static<typeof Line>
export type DeviceEntry = Static<typeof Device>
export type StepEntry = Static<typeof Step>
