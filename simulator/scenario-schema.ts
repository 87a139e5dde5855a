/** What a scenario file may say; the one schema gives the types, the validation and the words of its errors. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText } from '../device-profiles/base-schema.ts'

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
const tcp = { ...anyLine, host: Host, port: Port }

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
    /** How often an MQTT device speaks; the interval of its profile if absent. */
    interval: Type.Optional(Duration),
    /** In the unit of each point. Points without a value are not measured. */
    values: Type.Record(Id, Type.Number(), strict),
    /** How far the value wavers to both sides. */
    noise: Type.Optional(Type.Record(Id, Type.Number({ minimum: 0 }), strict)),
  },
  strict,
)

export const FAULTS = [
  'silent',
  'late',
  'exception',
  'garbage',
  'truncated',
  'wrong-unit',
  'disconnect',
  'forgets-writes',
] as const

/** A change of a value, a fault, or only words. What belongs together is checked apart, because that gives better errors. */
const Step = Type.Object(
  {
    at: Duration,
    device: Type.Optional(Id),
    point: Type.Optional(Id),
    to: Type.Optional(Type.Number()),
    /** How long the value takes to get there; a step at once if absent. */
    over: Type.Optional(Duration),
    fault: Type.Optional(Type.Enum([...FAULTS])),
    /** How long the fault lasts; to the end if absent. */
    for: Type.Optional(Duration),
    /** Of the fault `late`: how late the answers come; 2s if absent. */
    by: Type.Optional(Duration),
    /** Of the fault `exception`: its code; 4 (device failure) if absent. */
    code: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
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
  },
  strict,
)

export type ScenarioFile = Static<typeof ScenarioFile>
export type LineEntry = Static<typeof Line>
export type DeviceEntry = Static<typeof Device>
export type StepEntry = Static<typeof Step>
