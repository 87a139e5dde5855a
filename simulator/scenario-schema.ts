/** What a scenario file may say; the one schema gives the types, the validation and the words of its errors. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText } from '../device-profiles/base-schema.ts'
import { NetworkServer } from '../device-profiles/payload-schema.ts'
import type { LineFaultType, PortFaultType, UnitFaultType } from './modbus/unit-fault.ts'
import { ExpectSection, GatewaySection } from './verdict/expect-schema.ts'

const strict = { additionalProperties: false } as const
const Host = Type.String({ minLength: 1, maxLength: 253 })
const Port = Type.Integer({ minimum: 0, maximum: 65535, description: 'a port from 0 (any free one) to 65535' })

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
    values: Type.Record(Id, Type.Number(), strict),
    /** How far the value wavers to both sides. */
    noise: Type.Optional(Type.Record(Id, Type.Number({ minimum: 0 }), strict)),
  },
  strict,
)

/** What happens to a device, or to all devices of a line; none can be left out. */
const UNIT_FAULTS: Readonly<Record<UnitFaultType, true>> = {
  ...{ silent: true, lost: true, 'forgets-writes': true, exception: true, busy: true, late: true, slow: true },
  ...{ duplicated: true, foreign: true, garbage: true, truncated: true, 'bad-crc': true, 'wrong-unit': true },
  ...{ 'wrong-transaction': true, disconnect: true },
}
const PORT_FAULTS: Readonly<Record<PortFaultType, true>> = { frozen: true, 'half-open': true }
const FAULTS = Object.keys({ ...UNIT_FAULTS, ...PORT_FAULTS }) as LineFaultType[]

/** A change of a value, a fault, or only words. What belongs together is checked apart, because that gives better errors. */
const Step = Type.Object(
  {
    at: Duration,
    device: Type.Optional(Id),
    point: Type.Optional(Id),
    to: Type.Optional(Type.Number()),
    /** How long the value takes to get there; a step at once if absent. */
    over: Type.Optional(Duration),
    /** Instead of a device: all devices of a Modbus line. */
    line: Type.Optional(Id),
    fault: Type.Optional(Type.Enum(FAULTS)),
    /** How long the fault lasts; to the end if absent. */
    for: Type.Optional(Duration),
    /** Only every so many answers; all if absent. */
    every: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Only this share of the answers, by chance. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'a share from 0 to 1' })),
    /** Of the faults `late`, `slow` and `duplicated`: how late the answer, each byte, the second answer. */
    by: Type.Optional(Duration),
    /** Of the fault `exception`: its code; 4 (device failure) if absent. */
    code: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    /** Of the fault `busy`: how often in a row; 3 if absent. */
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Of the fault `foreign`: what the frame that nobody asked for is of; `unit` if absent. */
    of: Type.Optional(Type.Enum(['unit', 'function'])),
    /** Of the fault `foreign`: on which side of the right answer it stands; `before` if absent. */
    place: Type.Optional(Type.Enum(['before', 'behind'])),
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
