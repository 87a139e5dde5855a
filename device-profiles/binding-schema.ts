/** How points stand on the wire: registers, JSON members, bytes. */
import { type Static, Type } from 'typebox'
import { Id, Scalar, strict } from './base-schema.ts'

export const WireType = Type.Enum([
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float16',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'bit',
  'string',
])
/** The order of the bytes on the wire of a value whose big-endian bytes are A B C D, or A B C D E F G H where it has eight. */
export const ByteOrder = Type.Enum([
  'ABCD',
  'CDAB',
  'BADC',
  'DCBA',
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'EFGHABCD',
  'CDABGHEF',
  'FEHGBADC',
  'DCBAHGFE',
])

const RawRange = Type.Tuple([Type.Number(), Type.Number()])

/** A straight line through two points, e.g. the 4 to 20 mA of a current loop in µA as 0 to 10 m. */
export const LinearMap = Type.Object(
  {
    /** Two raw numbers, and the values in the point's unit that they stand for. */
    from: RawRange,
    to: Type.Tuple([Scalar, Scalar]),
    /** What the raw numbers are, where they are the current or the voltage of a loop: a fault is told in these words. */
    signal: Type.Optional(Type.Enum(['uA', 'mA', 'mV', 'V'])),
  },
  strict,
)

/**
 * From the raw number to the point's unit: value = raw × scale + offset, or along a `map`. Raw numbers in `sentinels` are not
 * values, and neither are NaN and the infinities, listed or not. Sentinels of a BCD type are the word as it stands: 0xFFFF.
 */
const conversion = {
  scale: Type.Optional(Scalar),
  offset: Type.Optional(Scalar),
  sentinels: Type.Optional(Type.Array(Type.Number())),
  /** Boolean points: the raw number that means true; every other number means false. Without it only 0 and 1 are understood. */
  trueWhen: Type.Optional(Type.Number()),
  /** Beside `trueWhen`: the raw number that means false; then every third one is malformed and means nothing. */
  falseWhen: Type.Optional(Type.Number()),
}

/** What only a number in bytes can need. */
const wire = {
  ...conversion,
  /** Number of the bit (0 = least significant) when `type` is 'bit'. */
  bit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 31,
      description: 'a bit from 0 (the least significant) to 15, or to 31 of two registers',
    }),
  ),
  /** The raw number is `count` bits of the word, of which bit `from` (0 = least significant) is the lowest; signed as the type is. */
  bits: Type.Optional(
    Type.Object(
      { from: Type.Integer({ minimum: 0, maximum: 31 }), count: Type.Integer({ minimum: 1, maximum: 32 }) },
      strict,
    ),
  ),
  map: Type.Optional(LinearMap),
  /** The raw numbers that a sound loop gives; outside them the device is at fault (broken wire, short circuit). */
  mapValid: Type.Optional(RawRange),
}

export const RegisterTable = Type.Enum(['coil', 'discrete-input', 'input-register', 'holding-register'])
export const RegisterWord = Type.Integer({
  minimum: 0,
  maximum: 65535,
  description: 'a word of 16 bits, from 0 to 65535',
})

/** Registers, or coils or discrete inputs, of one table. */
export const RegisterRange = Type.Object(
  {
    table: RegisterTable,
    address: Type.Integer({ minimum: 0, maximum: 65535, description: 'the zero-based PDU address of the first' }),
    count: Type.Integer({ minimum: 1, maximum: 65536, description: 'how many, from 1 to 65536' }),
  },
  strict,
)

export const ModbusBinding = Type.Object(
  {
    table: RegisterTable,
    address: Type.Integer({ minimum: 0, maximum: 65535, description: 'the zero-based PDU address, from 0 to 65535' }),
    type: WireType,
    byteOrder: Type.Optional(ByteOrder),
    ...wire,
    /** Registers of a string, two bytes each. */
    length: Type.Optional(Type.Integer({ minimum: 1, maximum: 125 })),
    /**
     * Address, in the same table, of an int16 that says by which power of ten the raw number is multiplied (SunSpec). It is read
     * in one request with the value and everything between them; at most 125 registers.
     */
    scaleFactor: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65535,
        description: 'the zero-based PDU address of the scale factor, which is read in one request with the value',
      }),
    ),
    /** The power of ten in that register when values are written or simulated; 0 if absent. Reading believes the register only. */
    scaleFactorWritten: Type.Optional(Type.Integer({ minimum: -10, maximum: 10 })),
  },
  strict,
)

export const Pointer = Type.String({
  pattern: '^(/([^~/]|~[01])*)*$',
  description: 'an RFC 6901 pointer, which begins with a slash',
})

/** Where a point stands in a JSON message. */
export const JsonBinding = Type.Object(
  {
    pointer: Pointer,
    /** Words that stand for numbers, e.g. { ON: 1, OFF: 0 }. JSON true and false are 1 and 0. */
    words: Type.Optional(Type.Record(Type.String(), Type.Number())),
    /** While this member has this value, the message says nothing about the point: a test is not a fire. */
    unless: Type.Optional(
      Type.Object({ pointer: Pointer, equals: Type.Union([Type.Boolean(), Type.Number(), Type.String()]) }, strict),
    ),
    ...conversion,
  },
  strict,
)

/** A metric of Sparkplug B by its name, or a measurement of SenML by the end of its name. */
export const MetricBinding = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256 }),
    /** Of SenML (RFC 8428, 12.1): a value in another unit, or without one, is malformed. */
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    /** Texts that stand for numbers, e.g. { OPEN: 1, CLOSED: 0 }. */
    words: Type.Optional(Type.Record(Type.String(), Type.Number())),
    ...conversion,
  },
  strict,
)

export const RecordId = Type.String({
  pattern: '^[0-9A-F]{2} [0-9A-F]{2}$',
  description: "channel and type, e.g. '03 82'",
})

const place = {
  record: Type.Optional(RecordId),
  /** The group, counted from 0. */
  group: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })),
  /** In each of the repeated items, which are earlier readings. */
  item: Type.Optional(Type.Literal(true, { description: 'true, or nothing' })),
  /** Offset in bytes: from the start of the record's data, the group or the item, else from the start of the message. */
  at: Type.Integer({ minimum: 0, maximum: 1023 }),
  type: WireType,
  byteOrder: Type.Optional(ByteOrder),
  ...wire,
  /** Bytes of a string. */
  length: Type.Optional(Type.Integer({ minimum: 1, maximum: 250 })),
}

/** Where a point stands in a binary message: in a type-length-value record, a group or an item, else at a fixed place. */
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

/** What the network server says of the radio link with each message: dBm, and dB. */
export const LinkFact = Type.Enum(['rssi', 'snr'])

export type WireType = Static<typeof WireType>
export type ByteOrder = Static<typeof ByteOrder>
export type RegisterRange = Static<typeof RegisterRange>
export type LinearMap = Static<typeof LinearMap>
export type ModbusBinding = Static<typeof ModbusBinding>
export type JsonBinding = Static<typeof JsonBinding>
export type MetricBinding = Static<typeof MetricBinding>
export type BinaryBinding = Static<typeof BinaryBinding>
export type LinkFact = Static<typeof LinkFact>
