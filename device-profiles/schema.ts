/**
 * What a device-profile file and a kind file may say. One schema gives the TypeScript types, the validation, the editor
 * help (`profile.schema.json`) and the documentation.
 */
import { type Static, Type } from 'typebox'
import { Duration, Id, Level, LocalText, strict } from './base-schema.ts'
import {
  BinaryBinding,
  Derivation,
  JsonBinding,
  LinkFact,
  MetricBinding,
  ModbusBinding,
  Pointer,
  RegisterRange,
  RegisterTable,
  RegisterWord,
} from './binding-schema.ts'
import { CommandProfile } from './command-schema.ts'
import { Computation } from './computed-schema.ts'
import { National } from './national-schema.ts'
import { Payload } from './payload-schema.ts'
import { MaxDetectionSeconds, RuleOverride, RuleProfile } from './rule-schema.ts'
import { StoreProfile } from './store-schema.ts'
import { listedUnits } from './units.ts'

const UnitName = Type.String({
  description: "the unit people read, as kPa, mm/h or °C; '1' for none (the list is in README.md)",
  examples: listedUnits().map(({ name }) => name),
})

export const PointProfile = Type.Object(
  {
    id: Id,
    name: LocalText,
    /** What is measured, in the words of the kind file; default rules attach to it. */
    quantity: Type.Optional(Id),
    unit: UnitName,
    type: Type.Enum(['number', 'boolean', 'enum', 'text']),
    /** Names of the codes of a boolean (0 and 1) or an enum; of a number, of values that stand for something. */
    states: Type.Optional(Type.Record(Type.String({ pattern: '^[0-9]+$' }), LocalText, strict)),
    /** What the sensor can measure, in the point's unit. Outside it a value is not believed. */
    range: Type.Optional(Type.Tuple([Type.Number(), Type.Number()], { description: '[lowest, highest]' })),
    /** Digits after the point that people are shown. */
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 6 })),
    /** Which readings are stored; every one if absent. */
    store: Type.Optional(StoreProfile),
    modbus: Type.Optional(ModbusBinding),
    json: Type.Optional(JsonBinding),
    binary: Type.Optional(BinaryBinding),
    metric: Type.Optional(MetricBinding),
    /** A fact about the radio link, beside what the device says. */
    link: Type.Optional(LinkFact),
    derive: Type.Optional(Derivation),
    /** Computed by the gateway from other points and their past: it stands nowhere on the wire. */
    compute: Type.Optional(Computation),
    /** What it is in the national protocols, where its quantity and its kind do not say it. */
    national: Type.Optional(National),
  },
  strict,
)

export const Parameter = Type.Object(
  {
    name: LocalText,
    unit: UnitName,
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
    /** LoRaWAN: the port; that of the payload if absent. `hex` is then what the device sends, `text` what a codec made of it. */
    fPort: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    parameters: Type.Optional(Type.Record(Id, Type.Number(), strict)),
    /** Value of each point, also in another unit of its dimension, or the reason why it has none. */
    expect: Type.Record(
      Id,
      Type.Union([Type.Number(), Type.String(), Type.Object({ value: Type.Number(), unit: Type.String() }, strict)], {
        description: 'a number, a text or a reason, or { value, unit }',
      }),
      strict,
    ),
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
    /** The component that it is in GB/T 26875.3, where it is another than its kind. */
    national: Type.Optional(National),
    parameters: Type.Optional(Type.Record(Id, Parameter, strict)),
    modbus: Type.Optional(
      Type.Object(
        {
          pollInterval: Duration,
          /** Most registers one request may read; 125 if absent. */
          maxRegistersPerRead: Type.Optional(Type.Integer({ minimum: 1, maximum: 125 })),
          /** Registers between two points that may be read along; 0 if absent. */
          maxGap: Type.Optional(Type.Integer({ minimum: 0, maximum: 124 })),
          /** Registers that no request may touch, not even as a gap: reading them clears, resets or hangs the device. */
          mustNotRead: Type.Optional(Type.Array(RegisterRange)),
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
          /**
           * Topic of the device's messages. `{address}` is the unit's address from the configuration, other names in braces are
           * `levels`; `+` is any one level.
           */
          topic: Type.Optional(Type.String()),
          /** Other topics of its messages. */
          alsoOn: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
          /** Levels of the topics that each installation may choose, and what they usually are. */
          levels: Type.Optional(Type.Record(Id, Type.Object({ default: Type.Optional(Level) }, strict), strict)),
          /** In place of `{address}`: where the message, or each of its readings, names the unit. */
          addressIn: Type.Optional(Pointer),
          /** Topics on which somebody says that the unit is gone; a bridge may say it for all its units. */
          availability: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  topic: Type.String({ minLength: 1 }),
                  /** Where the word stands in a JSON message; the whole message is it if absent. */
                  pointer: Type.Optional(Pointer),
                  offline: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
                },
                strict,
              ),
              { minItems: 1 },
            ),
          ),
          /** In place of a topic: the messages come through a LoRaWAN network server, which each broker connection names. */
          through: Type.Optional(Type.Literal('lorawan')),
          /** How often the device speaks when all is well. */
          interval: Duration,
          payload: Payload,
        },
        strict,
      ),
    ),
    points: Type.Array(PointProfile, { minItems: 1 }),
    /** Computed points of the kind that this model has too, by their ids; each after those it is computed from. */
    computed: Type.Optional(Type.Array(Id)),
    /** Rules beside those of the kind; a rule with the id of a kind's rule replaces it. */
    rules: Type.Optional(Type.Array(RuleProfile)),
    /** Changes to the kind's rules for this model. */
    overrides: Type.Optional(Type.Record(Id, RuleOverride, strict)),
    /** What the device can be told to do. */
    commands: Type.Optional(Type.Array(CommandProfile)),
    vectors: Type.Optional(Type.Array(Vector)),
  },
  strict,
)

/** What every device of a kind shares: the names of its quantities and the rules that are sensible by default. */
export const KindProfile = Type.Object(
  {
    kind: Id,
    name: LocalText,
    /** The component that its devices are in GB/T 26875.3. */
    national: Type.Optional(National),
    quantities: Type.Record(
      Id,
      Type.Object(
        { name: LocalText, unit: UnitName, note: Type.Optional(LocalText), national: Type.Optional(National) },
        strict,
      ),
      strict,
    ),
    /** For every rule of the class alarm on a point that does not set its own. */
    maxDetectionSeconds: Type.Optional(MaxDetectionSeconds),
    /** Points that models of the kind can list as `computed`; their inputs are quantities. */
    computed: Type.Optional(Type.Array(PointProfile)),
    rules: Type.Array(RuleProfile),
  },
  strict,
)

/** A maker's script. */
export interface CodecScript {
  /** Where it was read. */
  readonly file: string
  readonly source: string
}

export type PointProfile = Static<typeof PointProfile>
/** As it stands in the file. */
export type WrittenVector = Static<typeof Vector>
export type WrittenProfile = Static<typeof DeviceProfile>
/** All values in the units of their points. */
export type Vector = Omit<WrittenVector, 'expect'> & { readonly expect: Readonly<Record<string, number | string>> }
/** `codec`: the script that the payload names, as the catalogue has read it. */
export type DeviceProfile = Omit<WrittenProfile, 'vectors'> & {
  readonly vectors?: readonly Vector[]
  readonly codec?: CodecScript
}
export type KindProfile = Static<typeof KindProfile>
