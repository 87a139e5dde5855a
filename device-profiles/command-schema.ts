/** What a device can be told to do, how that is said on its wire, and how the device shows that it was done. */
import { type Static, Type } from 'typebox'
import { Duration, Id, LocalText, Scalar, strict } from './base-schema.ts'
import { ByteOrder, JsonBinding, ModbusBinding, WireType } from './binding-schema.ts'

const Code = Type.String({ pattern: '^[0-9]+$' })
const HexBytes = Type.String({
  pattern: '^[0-9A-F]{2}( [0-9A-F]{2})*$',
  description: 'bytes as hexadecimal text, e.g. FF 03',
})

/** The number that a person gives. Exactly one of `range` and `states` says which are allowed. */
export const CommandArgument = Type.Object(
  {
    name: Type.Optional(LocalText),
    unit: Type.String({ description: "the unit of the number; '1' for none" }),
    range: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
    /** Names of the codes that may be sent. */
    states: Type.Optional(Type.Record(Code, LocalText, strict)),
    /** Most digits after the point; 0 if absent. */
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
  },
  strict,
)

/**
 * The command is carried out only while the newest reading of `point` is good and as said here: one of `is`, none of `isNot`,
 * above or below a number. Exactly one of the four is given.
 */
export const Interlock = Type.Object(
  {
    point: Id,
    is: Type.Optional(Type.Array(Type.Number(), { minItems: 1 })),
    isNot: Type.Optional(Type.Array(Type.Number(), { minItems: 1 })),
    above: Type.Optional(Type.Number()),
    below: Type.Optional(Type.Number()),
    /** An older reading does not count; three of the device's intervals if absent. */
    maxAge: Type.Optional(Duration),
    /** Told to whoever is refused. */
    because: LocalText,
  },
  strict,
)

/** Exactly one of `point` (its own register, type and scale) and `register`. */
const registers = { point: Type.Optional(Id), register: Type.Optional(ModbusBinding) }

export const ModbusWrite = Type.Object(
  {
    ...registers,
    /** `single`: function code 5 or 6; `multiple`: 15 or 16. If absent: single where one register or coil is enough. */
    function: Type.Optional(Type.Enum(['single', 'multiple'])),
  },
  strict,
)

const bytes = {
  hex: HexBytes,
  /** The value, after these bytes. */
  value: Type.Optional(
    Type.Object(
      {
        type: WireType,
        byteOrder: Type.Optional(ByteOrder),
        scale: Type.Optional(Scalar),
        offset: Type.Optional(Scalar),
      },
      strict,
    ),
  ),
}

/** Bytes for a device behind a LoRaWAN network server, whose own way of sending them the connection to the broker names. */
export const LorawanSend = Type.Object(
  {
    fPort: Type.Integer({ minimum: 1, maximum: 223, description: 'a LoRaWAN port from 1 to 223' }),
    /** Whether the network has the device acknowledge it; true if absent. That confirms the radio, not the command. */
    confirmed: Type.Optional(Type.Boolean()),
    bytes: Type.Object(bytes, strict),
  },
  strict,
)

/** `{address}`, `{value}`, `{id}` (of the command, a UUID) and `{bytes}` stand for what belongs there. */
export const MqttSend = Type.Object(
  {
    /** The n-th `+` is what stood at the n-th `+` of the device's own topic when it last spoke. */
    topic: Type.String({ minLength: 1 }),
    /** The message as JSON. A text that is nothing but a place becomes what stands for it, a number as a number. */
    json: Type.Optional(Type.Unknown()),
    /** The message as text. */
    text: Type.Optional(Type.String()),
    /** The message as bytes or, beside `json` or `text`, what `{bytes}` stands for. */
    bytes: Type.Optional(Type.Object({ ...bytes, encoding: Type.Enum(['raw', 'hex', 'base64']) }, strict)),
    /** What `{value}` stands for, by the value, where that is not the number itself: { 0: false, 1: true }. */
    says: Type.Optional(Type.Record(Code, Type.Unknown(), strict)),
    /** 0 if absent: now or never. With 1 a broker may keep it for a device that is away, and bring it much later. */
    qos: Type.Optional(Type.Enum([0, 1])),
  },
  strict,
)

/** `equals` may be a place: `{value}`, `{id}` or `{address}`. */
export const MessageCondition = Type.Object({ pointer: JsonBinding.properties.pointer, equals: Type.Unknown() }, strict)

const shows = {
  /** What must be seen there; the value of the command if absent. */
  shows: Type.Optional(Type.Number()),
  /** How far that may be off; not at all, beyond a step of the wire, if absent. */
  tolerance: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
}

/** How it is known that the device has done it. A command that is not confirmed has failed. */
export const Confirmation = Type.Union([
  /** Modbus: these registers are read after the write; the written ones if neither is given. */
  Type.Object({ type: Type.Literal('read-back'), ...registers, ...shows, within: Type.Optional(Duration) }, strict),
  /** MQTT: a point of the device's own messages. */
  Type.Object({ type: Type.Literal('point'), point: Id, ...shows, within: Duration }, strict),
  /** MQTT: a JSON message for which all of `where` holds. All of `refusedWhere` says that the device refuses. */
  Type.Object(
    {
      type: Type.Literal('message'),
      /** The device's own topic if absent. `+` is any one level. */
      topic: Type.Optional(Type.String({ minLength: 1 })),
      where: Type.Array(MessageCondition, { minItems: 1 }),
      refusedWhere: Type.Optional(Type.Array(MessageCondition, { minItems: 1 })),
      within: Duration,
    },
    strict,
  ),
  /** Nothing shows it: the command is sent and counts as failed, and the person is told to look. */
  Type.Object({ type: Type.Literal('none'), because: LocalText }, strict),
])

/** What goes out for a value, as bytes that are known from the maker: encoded again in the catalogue test. */
export const CommandVector = Type.Object(
  {
    note: Type.Optional(Type.String()),
    value: Type.Optional(Type.Number()),
    /** Modbus: the request without unit id and CRC. */
    pdu: Type.Optional(HexBytes),
    /** Modbus RTU: the whole request; the catalogue test recomputes its CRC. */
    frame: Type.Optional(HexBytes),
    /** MQTT: what `{bytes}` stands for, or the message itself. */
    bytes: Type.Optional(HexBytes),
    /** MQTT: the message as text; compared as JSON where it is JSON. */
    text: Type.Optional(Type.String()),
  },
  strict,
)

export const CommandProfile = Type.Object(
  {
    id: Id,
    name: LocalText,
    /** What a person should know before sending it. */
    note: Type.Optional(LocalText),
    /** The value that is always sent. At most one of `value` and `argument` is given. */
    value: Type.Optional(Type.Number()),
    argument: Type.Optional(CommandArgument),
    interlock: Type.Optional(Type.Array(Interlock, { minItems: 1 })),
    modbus: Type.Optional(ModbusWrite),
    mqtt: Type.Optional(MqttSend),
    lorawan: Type.Optional(LorawanSend),
    /** Modbus: reading back what was written, within 2 s, if absent. */
    confirm: Type.Optional(Confirmation),
    /** After so long the value of `revert` is sent by itself, unless the command was repeated. */
    expiresAfter: Type.Optional(Duration),
    revert: Type.Optional(Type.Number()),
    vectors: Type.Optional(Type.Array(CommandVector)),
  },
  strict,
)

export type CommandArgument = Static<typeof CommandArgument>
export type Interlock = Static<typeof Interlock>
export type MqttSend = Static<typeof MqttSend>
export type LorawanSend = Static<typeof LorawanSend>
export type CommandBytes = LorawanSend['bytes']
export type MessageCondition = Static<typeof MessageCondition>
export type Confirmation = Static<typeof Confirmation>
export type CommandProfile = Static<typeof CommandProfile>
