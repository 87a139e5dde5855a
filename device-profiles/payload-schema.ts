/** What stands in a message: JSON, or bytes in records, groups, items or fixed places. */
import { type Static, Type } from 'typebox'
import { strict } from './base-schema.ts'
import { ByteOrder, Pointer, RecordId } from './binding-schema.ts'

/** LoRaWAN network servers whose messages are understood. Through which one a unit comes is the installation's matter. */
export const NetworkServer = Type.Enum(['chirpstack-v4', 'the-things-stack-v3'])

/** Messages of another port are of another kind and say nothing about the points. */
const fPort = Type.Optional(Type.Integer({ minimum: 1, maximum: 255, description: 'a LoRaWAN port from 1 to 255' }))

const JsonTime = Type.Object(
  {
    pointer: Pointer,
    unit: Type.Enum(['ms', 's', 'iso8601']),
    /** What is meant by an iso8601 time without a zone of its own; without it such a time is not understood. */
    zone: Type.Optional(Type.String({ pattern: '^[+-][0-9]{2}:[0-9]{2}$', description: 'a zone like +08:00' })),
  },
  strict,
)

const JsonPayload = Type.Object(
  {
    format: Type.Literal('json'),
    fPort,
    /** Several readings in one message: where the list of them stands. Pointers of points and time begin at each item. */
    each: Type.Optional(Pointer),
    /** Earlier readings beside that of now: where the list of them stands. Pointers of points and time begin at each item. */
    history: Type.Optional(Pointer),
    /** The device's own time of measurement. */
    time: Type.Optional(JsonTime),
  },
  strict,
)

const Encoding = Type.Enum(['raw', 'hex', 'base64'])
/** Where the text of the bytes stands in a JSON message; absent: the whole message. */
const Within = Type.Object(
  { pointer: Pointer, fPort: Type.Optional(Type.Object({ pointer: Pointer, equals: Type.Integer() }, strict)) },
  strict,
)

/** The bytes are decoded by the script of the maker, in a sandbox; the points stand in what it returns. */
const CodecPayload = Type.Object(
  {
    format: Type.Literal('codec'),
    /** The script, beside the file of the profile. */
    file: Type.String({
      pattern: '^\\./([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\\.js$',
      description: 'a path to a .js file in the folder of the profile, which begins with ./',
    }),
    /** What it is called by: decodeUplink(input), Decode(fPort, bytes, variables) or Decoder(bytes, port). */
    api: Type.Enum(['lorawan', 'chirpstack-v3', 'ttn-v2']),
    fPort,
    encoding: Type.Optional(Encoding),
    within: Type.Optional(Within),
    history: Type.Optional(Pointer),
    time: Type.Optional(JsonTime),
  },
  strict,
)

const Offset = Type.Integer({ minimum: 0, maximum: 1023 })
/** A whole number that says something about the message itself. */
const NumberPlace = { at: Offset, byteOrder: Type.Optional(ByteOrder) }
const CountType = Type.Enum(['uint8', 'uint16', 'uint32'])
/** Time since 1970. */
const BinaryTime = Type.Object(
  { ...NumberPlace, type: Type.Enum(['uint32', 'uint64']), unit: Type.Enum(['s', 'ms']) },
  strict,
)

/** Bytes of a record's data, and where in them its own time stands: such a record is a reading of then, not of now. */
const RecordLayout = Type.Union([
  Type.Integer({ minimum: 0, maximum: 255 }),
  Type.Object({ length: Type.Integer({ minimum: 4, maximum: 255 }), time: BinaryTime }, strict),
])

/** Groups of bytes one after the other, of which a bit mask says which are there: bit i stands for group i. */
const Groups = Type.Object(
  {
    mask: Type.Object({ ...NumberPlace, type: CountType }, strict),
    /** Where the first group that is there begins. */
    at: Offset,
    /** Bytes of each group. */
    sizes: Type.Array(Type.Integer({ minimum: 1, maximum: 250 }), { minItems: 1, maxItems: 32 }),
  },
  strict,
)

/**
 * Earlier readings that are repeated at the end of the message, oldest first, of `size` bytes each. Each has a `time` of its
 * own, or the head of the message says when the `last` one was measured and that they are `every` so long apart.
 */
const Items = Type.Object(
  {
    at: Offset,
    size: Type.Integer({ minimum: 1, maximum: 250 }),
    /** How many there are; absent: as many as fit before the end. */
    count: Type.Optional(Type.Object({ ...NumberPlace, type: CountType }, strict)),
    time: Type.Optional(BinaryTime),
    last: Type.Optional(BinaryTime),
    every: Type.Optional(Type.Object({ ...NumberPlace, type: CountType, unit: Type.Enum(['s', 'min']) }, strict)),
  },
  strict,
)

const BinaryPayload = Type.Object(
  {
    format: Type.Literal('binary'),
    fPort,
    /** How the message writes the bytes; raw if absent. Not for what comes through a network server, which has its own way. */
    encoding: Type.Optional(Encoding),
    within: Type.Optional(Within),
    /** Multi-byte numbers without a `byteOrder` of their own. */
    byteOrder: Type.Enum(['ABCD', 'DCBA']),
    /** Type-length-value stream: length in bytes of each known record. An unknown record ends the decoding. */
    records: Type.Optional(Type.Record(RecordId, RecordLayout, strict)),
    /** Where the first record stands; 0 if absent. Points without a record stand before it. */
    recordsAt: Type.Optional(Offset),
    groups: Type.Optional(Groups),
    items: Type.Optional(Items),
    /** Fixed layout: the lengths that are legal. */
    lengths: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 1024 }), { minItems: 1 })),
    /** Bytes that must stand at these places (start and end marks, versions), as hexadecimal text; below 0: from the end. */
    constants: Type.Optional(
      Type.Array(
        Type.Object(
          { at: Type.Integer({ minimum: -16, maximum: 1023 }), bytes: Type.String({ pattern: '^([0-9A-F]{2})+$' }) },
          strict,
        ),
      ),
    ),
    /** Two bytes over all bytes before them, with `after` more bytes behind them. `byteOrder` DCBA: the low byte first. */
    checksum: Type.Optional(
      Type.Object(
        {
          type: Type.Literal('crc16-modbus', { description: 'the checksum crc16-modbus' }),
          byteOrder: Type.Enum(['ABCD', 'DCBA']),
          after: Type.Integer({ minimum: 0, maximum: 16 }),
        },
        strict,
      ),
    ),
    /** The device's own time of measurement. */
    time: Type.Optional(BinaryTime),
  },
  strict,
)

/** Sparkplug B: the points are metrics of an edge node or of a device behind one. */
const SparkplugPayload = Type.Object({ format: Type.Literal('sparkplug-b') }, strict)

/** SenML in JSON (RFC 8428): the points are its measurements, which say their times themselves. */
const SenmlPayload = Type.Object({ format: Type.Literal('senml') }, strict)

export const Payload = Type.Union([JsonPayload, BinaryPayload, CodecPayload, SparkplugPayload, SenmlPayload])

export type NetworkServer = Static<typeof NetworkServer>
export type JsonTime = Static<typeof JsonTime>
export type JsonPayload = Static<typeof JsonPayload>
export type CodecPayload = Static<typeof CodecPayload>
export type BinaryTime = Static<typeof BinaryTime>
export type BinaryPayload = Static<typeof BinaryPayload>
export type Payload = Static<typeof Payload>
