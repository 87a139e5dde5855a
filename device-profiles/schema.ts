/**
 * What a device-profile file and a kind file may say. One schema gives the TypeScript types, the validation, the editor
 * help (`profile.schema.json`) and the documentation.
 */
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

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

export const LocalText = Type.Object({ zh: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) }, strict)

/**
 * A number, or the name of a parameter that each installed unit sets. `times` changes the parameter's sign or unit, so that
 * people can be asked for "the distance at installation" and not for minus that distance.
 */
export const Scalar = Type.Union(
  [Type.Number(), Type.Object({ parameter: Id, times: Type.Optional(Type.Number()) }, strict)],
  { description: 'a number, or { parameter: <id> } for a value that each installed unit sets' },
)

export const WireType = Type.Enum(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bit'])
/** The order of the bytes on the wire of a value whose big-endian bytes are A B C D. */
export const ByteOrder = Type.Enum(['ABCD', 'CDAB', 'BADC', 'DCBA'])

/**
 * From the raw number to the point's unit: value = raw × scale + offset. Raw numbers in `sentinels` are not values, and
 * neither are NaN and the infinities, listed or not.
 */
const conversion = {
  scale: Type.Optional(Scalar),
  offset: Type.Optional(Scalar),
  sentinels: Type.Optional(Type.Array(Type.Number())),
  /** Boolean points: the raw number that means true; every other number means false. Without it only 0 and 1 are understood. */
  trueWhen: Type.Optional(Type.Number()),
  /** Number of the bit (0 = least significant) when `type` is 'bit'. */
  bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })),
}

export const RegisterTable = Type.Enum(['coil', 'discrete-input', 'input-register', 'holding-register'])
const RegisterWord = Type.Integer({ minimum: 0, maximum: 65535 })

export const ModbusBinding = Type.Object(
  {
    table: RegisterTable,
    address: Type.Integer({ minimum: 0, maximum: 65535, description: 'the zero-based PDU address' }),
    type: WireType,
    byteOrder: Type.Optional(ByteOrder),
    ...conversion,
  },
  strict,
)

/** Where a point stands in a JSON message. */
export const JsonBinding = Type.Object(
  {
    pointer: Type.String({ pattern: '^(/([^~/]|~[01])*)*$', description: 'an RFC 6901 pointer' }),
    /** Words that stand for numbers, e.g. { ON: 1, OFF: 0 }. JSON true and false are 1 and 0. */
    words: Type.Optional(Type.Record(Type.String(), Type.Number())),
    scale: conversion.scale,
    offset: conversion.offset,
    sentinels: conversion.sentinels,
    trueWhen: conversion.trueWhen,
  },
  strict,
)

const RecordId = Type.String({ pattern: '^[0-9A-F]{2} [0-9A-F]{2}$', description: "channel and type, e.g. '03 82'" })

const place = {
  record: Type.Optional(RecordId),
  /** Offset in bytes: from the start of the record's data, or from the start of the message when `record` is absent. */
  at: Type.Integer({ minimum: 0, maximum: 1023 }),
  type: WireType,
  byteOrder: Type.Optional(ByteOrder),
  ...conversion,
}

/** Where a point stands in a binary message: in a type-length-value record, or at a fixed place when `record` is absent. */
export const BinaryBinding = Type.Object(
  {
    ...place,
    /** Other records that bring the same point (alarm records). The encoder does not use them. */
    also: Type.Optional(Type.Array(Type.Object(place, strict), { minItems: 1 })),
  },
  strict,
)

/** A point that is computed from another one of the same device, in the same unit. */
export const Derivation = Type.Object(
  {
    type: Type.Literal('level-from-distance', { description: 'installation height minus measured distance' }),
    distance: Id,
    installationHeight: Scalar,
  },
  strict,
)

export const PointProfile = Type.Object(
  {
    id: Id,
    name: LocalText,
    /** What is measured, in the words of the kind file; default rules attach to it. */
    quantity: Type.Optional(Id),
    unit: Type.String({ description: "the unit people read: m, mm, kPa, dB/m, %, °, °C; '1' for none" }),
    type: Type.Enum(['number', 'boolean', 'enum', 'text']),
    /** Names of the codes of a boolean (0 and 1) or an enum. */
    states: Type.Optional(Type.Record(Type.String({ pattern: '^[0-9]+$' }), LocalText, strict)),
    /** What the sensor can measure, in the point's unit. Outside it a value is not believed. */
    range: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
    /** Digits after the point that people are shown. */
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
    modbus: Type.Optional(ModbusBinding),
    json: Type.Optional(JsonBinding),
    binary: Type.Optional(BinaryBinding),
    derive: Type.Optional(Derivation),
  },
  strict,
)

export const LevelName = Type.Enum(['blue', 'yellow', 'orange', 'red', 'high-high', 'high', 'low', 'low-low'])
const PriorityName = Type.Enum(['low', 'medium', 'high', 'urgent'])

/** One setpoint of a limit. Exactly one of `above` and `below` is given. */
export const Level = Type.Object(
  {
    level: LevelName,
    above: Type.Optional(Type.Number()),
    below: Type.Optional(Type.Number()),
    /** How far back through the setpoint the value must come to clear. */
    deadband: Type.Optional(Type.Number({ minimum: 0 })),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    priority: PriorityName,
  },
  strict,
)

const ruleBase = {
  id: Id,
  name: LocalText,
  /** About the hazard (alarm) or about our ability to see it (fault). Default: fault for no-data and bad-quality, else alarm. */
  class: Type.Optional(Type.Enum(['alarm', 'fault'])),
  /** Stays until a person resets it, even when the value is normal again. */
  latching: Type.Optional(Type.Boolean()),
  guidance: Type.Optional(LocalText),
}
/** Exactly one of `quantity` (every point that measures it) and `point` (that one). */
const onPoint = { quantity: Type.Optional(Id), point: Type.Optional(Id) }
const single = { priority: PriorityName, onDelay: Type.Optional(Duration), offDelay: Type.Optional(Duration) }

export const LimitRule = Type.Object(
  { ...ruleBase, ...onPoint, type: Type.Literal('limit'), levels: Type.Array(Level, { minItems: 1 }) },
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

/** What one installed unit changes of one setpoint; it stays on its side (above or below). */
const LevelOverride = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    above: Type.Optional(Type.Number()),
    below: Type.Optional(Type.Number()),
    deadband: Type.Optional(Type.Number({ minimum: 0 })),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    priority: Type.Optional(PriorityName),
  },
  strict,
)

/** What one installed unit changes of a rule; levels are matched by their name. Delays of a limit go to all its levels. */
export const RuleOverride = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    latching: Type.Optional(Type.Boolean()),
    priority: Type.Optional(PriorityName),
    onDelay: Type.Optional(Duration),
    offDelay: Type.Optional(Duration),
    after: Type.Optional(Duration),
    levels: Type.Optional(Type.Partial(Type.Record(LevelName, LevelOverride), strict)),
  },
  strict,
)

/** How a message becomes bytes, and how points stand in them. */
export const Payload = Type.Union([
  Type.Object(
    {
      format: Type.Literal('json'),
      /** The device's own time of measurement. */
      time: Type.Optional(
        Type.Object({ pointer: JsonBinding.properties.pointer, unit: Type.Enum(['ms', 's', 'iso8601']) }, strict),
      ),
    },
    strict,
  ),
  Type.Object(
    {
      format: Type.Literal('binary'),
      encoding: Type.Enum(['raw', 'hex', 'base64']),
      /** Where the text of the bytes stands in a JSON message (network servers); absent: the whole message. */
      within: Type.Optional(
        Type.Object(
          {
            pointer: JsonBinding.properties.pointer,
            fPort: Type.Optional(
              Type.Object({ pointer: JsonBinding.properties.pointer, equals: Type.Integer() }, strict),
            ),
          },
          strict,
        ),
      ),
      /** Multi-byte numbers without a `byteOrder` of their own. */
      byteOrder: Type.Enum(['ABCD', 'DCBA']),
      /** Type-length-value stream: length in bytes of each known record. An unknown record ends the decoding. */
      records: Type.Optional(Type.Record(RecordId, Type.Integer({ minimum: 0, maximum: 255 }), strict)),
      /** Fixed layout: the lengths that are legal. */
      lengths: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 1024 }), { minItems: 1 })),
      /** Bytes that must stand at these places (start marks, versions), as hexadecimal text. */
      constants: Type.Optional(
        Type.Array(
          Type.Object(
            { at: Type.Integer({ minimum: 0 }), bytes: Type.String({ pattern: '^([0-9A-F]{2})+$' }) },
            strict,
          ),
        ),
      ),
    },
    strict,
  ),
])

export const Parameter = Type.Object(
  {
    name: LocalText,
    unit: Type.String(),
    default: Type.Optional(Type.Number()),
    range: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
  },
  strict,
)

export const Fact = Type.Object(
  { title: Type.String(), url: Type.Optional(Type.String()), note: Type.Optional(Type.String()) },
  strict,
)

/** A frame or a message whose meaning is known: decoded and encoded in the catalogue test. */
export const Vector = Type.Object(
  {
    note: Type.Optional(Type.String()),
    /** Modbus: register words by table and address, e.g. { holding-register: { "4": [153] } }. */
    registers: Type.Optional(
      Type.Partial(
        Type.Record(RegisterTable, Type.Record(Type.String({ pattern: '^[0-9]+$' }), Type.Array(RegisterWord), strict)),
        strict,
      ),
    ),
    /** Modbus RTU: the whole reply that the words were taken from; the catalogue test recomputes its CRC. */
    frame: Type.Optional(Type.String({ pattern: '^([0-9A-F]{2} )+[0-9A-F]{2}$' })),
    /** MQTT: the message as text, or as hexadecimal text of its bytes. */
    text: Type.Optional(Type.String()),
    hex: Type.Optional(Type.String({ pattern: '^([0-9A-Fa-f]{2})*$' })),
    parameters: Type.Optional(Type.Record(Id, Type.Number(), strict)),
    /** Value of each point, or the reason why it has none. */
    expect: Type.Record(Id, Type.Union([Type.Number(), Type.String()]), strict),
    /** False where several messages say the same, so that encoding need not give these very bytes. */
    encodes: Type.Optional(Type.Boolean()),
  },
  strict,
)

export const DeviceProfile = Type.Object(
  {
    id: Id,
    vendor: Type.String(),
    model: Type.String(),
    name: LocalText,
    kind: Id,
    protocol: Type.Enum(['modbus', 'mqtt', 'self']),
    /** verified: every point is covered by a vector; from-manual: written from the maker's text; unverified: from hearsay; reference: defined by Outpost. */
    status: Type.Enum(['verified', 'from-manual', 'unverified', 'reference']),
    sources: Type.Array(Fact, { minItems: 1 }),
    caveats: Type.Optional(Type.Array(LocalText)),
    parameters: Type.Optional(Type.Record(Id, Parameter, strict)),
    modbus: Type.Optional(
      Type.Object(
        {
          pollInterval: Duration,
          /** Most registers one request may read; 125 if absent. */
          maxRegistersPerRead: Type.Optional(Type.Integer({ minimum: 1, maximum: 125 })),
          /** Registers between two points that may be read along; 0 if absent. */
          maxGap: Type.Optional(Type.Integer({ minimum: 0, maximum: 124 })),
          serial: Type.Optional(
            Type.Object(
              {
                baudRate: Type.Integer(),
                parity: Type.Enum(['none', 'even', 'odd']),
                stopBits: Type.Enum([1, 2]),
                unitId: Type.Optional(Type.Integer()),
              },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    mqtt: Type.Optional(
      Type.Object(
        {
          /** Topic of the device's messages; `{address}` is the unit's address from the configuration; `+` is any one level. */
          topic: Type.String(),
          /** How often the device speaks when all is well. */
          interval: Duration,
          payload: Payload,
        },
        strict,
      ),
    ),
    points: Type.Array(PointProfile, { minItems: 1 }),
    /** Rules beside those of the kind; a rule with the id of a kind's rule replaces it. */
    rules: Type.Optional(Type.Array(RuleProfile)),
    /** Changes to the kind's rules for this model. */
    overrides: Type.Optional(Type.Record(Id, RuleOverride, strict)),
    vectors: Type.Optional(Type.Array(Vector)),
  },
  strict,
)

/** What every device of a kind shares: the names of its quantities and the rules that are sensible by default. */
export const KindProfile = Type.Object(
  {
    kind: Id,
    name: LocalText,
    quantities: Type.Record(
      Id,
      Type.Object({ name: LocalText, unit: Type.String(), note: Type.Optional(LocalText) }, strict),
      strict,
    ),
    rules: Type.Array(RuleProfile),
  },
  strict,
)

export type LocalText = Static<typeof LocalText>
export type Scalar = Static<typeof Scalar>
export type WireType = Static<typeof WireType>
export type ByteOrder = Static<typeof ByteOrder>
export type ModbusBinding = Static<typeof ModbusBinding>
export type JsonBinding = Static<typeof JsonBinding>
export type BinaryBinding = Static<typeof BinaryBinding>
export type PointProfile = Static<typeof PointProfile>
export type Level = Static<typeof Level>
export type RuleProfile = Static<typeof RuleProfile>
export type RuleOverride = Static<typeof RuleOverride>
export type Payload = Static<typeof Payload>
export type Vector = Static<typeof Vector>
export type DeviceProfile = Static<typeof DeviceProfile>
export type KindProfile = Static<typeof KindProfile>
