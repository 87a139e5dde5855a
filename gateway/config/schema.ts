/** What a configuration file may say. Types, validation and editor help come from this one schema. */
import { type Static, Type } from 'typebox'
import { Duration, Id, Level } from '../../device-profiles/base-schema.ts'
import { RegisterRange } from '../../device-profiles/binding-schema.ts'
import { GroupSection } from '../../device-profiles/group-schema.ts'
import { NetworkServer } from '../../device-profiles/payload-schema.ts'
import { RuleOverride } from '../../device-profiles/rule-schema.ts'
import { Schedule } from '../../device-profiles/schedule-schema.ts'
import { StoreProfile } from '../../device-profiles/store-schema.ts'
import { AssessmentSection } from './assessment.ts'
import { BrokerSection } from './broker-schema.ts'
import { AnonymousOnLoopback, Host, HttpUrl, MqttUrl, Path, Port, Secret, strict } from './common-schema.ts'
import { DispatchSection } from './dispatch-schema.ts'
import { DrillSection } from './drill-schema.ts'
import { EquipmentSection } from './equipment.ts'
import { CommandsSection } from './mqtt-commands.ts'
import {
  CalendarsSection,
  DutySection,
  ofStations,
  PeopleSection,
  PlacesSection,
  StationsSection,
} from './registry-schema.ts'

/** By which a gateway knows one below it. */
const GatewayToken = Type.String({
  minLength: 16,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it shows how a variable is written
  description: 'a token of at least 16 characters from the environment, as ${NAME}',
})

const GatewaySection = Type.Object(
  {
    id: Id,
    /** Where the journals live. */
    dataDirectory: Path,
    /** Folder with device profiles of one's own, beside those that come with Outpost. */
    deviceProfiles: Type.Optional(Path),
    language: Type.Optional(Type.Enum(['zh', 'en'])),
    logLevel: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
  },
  strict,
)

const StationSection = Type.Object(
  {
    ...ofStations,
    // `station` if absent.
    level: Type.Optional(Type.Enum(['station', 'centre', 'bureau'])),
    /** Asked for as soon as the file names people, other stations or places. */
    duty: Type.Optional(DutySection),
  },
  strict,
)

const HttpSection = Type.Object(
  {
    host: Type.Optional(Host),
    port: Type.Optional(Port),
    authentication: Type.Union([
      AnonymousOnLoopback,
      Type.Object(
        {
          type: Type.Literal('tokens'),
          tokens: Type.Array(
            Type.Object(
              {
                name: Id,
                token: Type.String({ minLength: 16, description: 'a token of at least 16 characters' }),
                /** A viewer may look; an operator (the default) may also acknowledge, reset and reload. */
                role: Type.Optional(Type.Enum(['viewer', 'operator'])),
              },
              strict,
            ),
            { minItems: 1 },
          ),
        },
        strict,
      ),
    ]),
  },
  strict,
)

const tls = { caFile: Type.Optional(Path), certFile: Type.Optional(Path), keyFile: Type.Optional(Path) }

const ExternalBroker = Type.Object(
  {
    id: Id,
    url: MqttUrl,
    username: Type.Optional(Type.String()),
    password: Type.Optional(Secret),
    /** Fixed, because the broker keeps the session under this name; `outpost-<gateway id>-<broker id>` if absent. */
    clientId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    /** 4 (MQTT 3.1.1) if absent. */
    protocolVersion: Type.Optional(Type.Enum([4, 5])),
    /** MQTT 5: each message goes to one of the clients that name the same group. */
    sharedGroup: Type.Optional(
      Type.String({ pattern: '^[^/+#\\u0000]+$', maxLength: 128, description: 'a name without /, + and #' }),
    ),
    /** Whose messages its LoRaWAN devices come in; chirpstack-v4 if absent. */
    networkServer: Type.Optional(NetworkServer),
    ...tls,
  },
  strict,
)

const lineTiming = {
  id: Id,
  timeout: Type.Optional(Duration),
  interRequestDelay: Type.Optional(Duration),
  connectDelay: Type.Optional(Duration),
  /** Silence after a time-out, longer than the slowest device is ever late. */
  quietAfterTimeout: Type.Optional(Duration),
  /** Whether the connection is closed when nothing is to be asked, so that other masters can use the device; `keep` if absent. */
  connection: Type.Optional(Type.Enum(['keep', 'release-between-polls'])),
  /** How long a device takes to answer; the detection times are computed with it. Nothing waits for it. */
  replyTime: Type.Optional(Duration),
}
const endpoint = { host: Host, port: Port }
const Line = Type.Union([
  Type.Object(
    {
      ...lineTiming,
      type: Type.Literal('modbus-tcp'),
      ...endpoint,
      /** Most connections to the device at a time; units are shared out over them. 1 if absent. */
      maxConnections: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 32,
          description: 'from 1 to 32 connections, as many as the device allows',
        }),
      ),
    },
    strict,
  ),
  Type.Object({ ...lineTiming, type: Type.Literal('modbus-rtu-over-tcp'), ...endpoint }, strict),
  Type.Object(
    {
      ...lineTiming,
      type: Type.Literal('modbus-rtu'),
      path: Type.String({
        minLength: 1,
        description: 'a serial port, best by its stable name under /dev/serial/by-id',
      }),
      baudRate: Type.Integer({ minimum: 300, maximum: 4_000_000 }),
      parity: Type.Optional(Type.Enum(['none', 'even', 'odd'])),
      dataBits: Type.Optional(Type.Enum([7, 8])),
      stopBits: Type.Optional(Type.Enum([1, 2])),
      /** Only where RTS switches the direction of the transceiver and neither the hardware nor the kernel does it. */
      rts: Type.Optional(
        Type.Object(
          {
            whileSending: Type.Enum(['high', 'low']),
            beforeSend: Type.Optional(Duration),
            afterSend: Type.Optional(Duration),
          },
          strict,
        ),
      ),
    },
    strict,
  ),
])

const DeviceSection = Type.Object(
  {
    id: Id,
    name: Type.Optional(Type.String({ minLength: 1 })),
    /** Where it hangs, in words that a duty officer finds. */
    place: Type.String({ minLength: 1 }),
    profile: Id,
    /** Modbus: the line and the unit id on it. */
    line: Type.Optional(Id),
    unitId: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'a unit id from 0 to 255' })),
    pollInterval: Type.Optional(Duration),
    /** Modbus: registers of this very unit that no request may touch, beside those that its profile names. */
    mustNotRead: Type.Optional(Type.Array(RegisterRange)),
    /** MQTT: `embedded` or the id of an outside broker, and the device's own part of the topic. */
    broker: Type.Optional(Id),
    address: Type.Optional(Type.String({ pattern: '^[^+#\\u0000/]+$', maxLength: 256 })),
    /** What stands in the topics where the profile leaves a level open. */
    levels: Type.Optional(Type.Record(Id, Level)),
    interval: Type.Optional(Duration),
    parameters: Type.Optional(Type.Record(Id, Type.Number())),
    rules: Type.Optional(Type.Record(Id, RuleOverride)),
    /** Which readings of a point are stored, by the point's id in the profile. */
    store: Type.Optional(Type.Record(Id, StoreProfile)),
  },
  strict,
)

const what = { sends: Type.Optional(Type.Array(Type.Enum(['readings', 'alarm-events']), { minItems: 1 })) }
const influx = { id: Id, url: HttpUrl, timeout: Type.Optional(Duration), caFile: Type.Optional(Path), ...what }
const Sink = Type.Union([
  Type.Object(
    {
      ...influx,
      type: Type.Literal('influxdb-1'),
      database: Type.String({ minLength: 1 }),
      username: Type.Optional(Type.String()),
      password: Type.Optional(Secret),
    },
    strict,
  ),
  Type.Object(
    {
      ...influx,
      type: Type.Literal('influxdb-2'),
      org: Type.String(),
      bucket: Type.String({ minLength: 1 }),
      token: Type.Optional(Secret),
    },
    strict,
  ),
  Type.Object(
    {
      ...influx,
      type: Type.Literal('influxdb-3'),
      database: Type.String({ minLength: 1 }),
      token: Type.Optional(Secret),
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('webhook'),
      id: Id,
      url: HttpUrl,
      secret: Secret,
      timeout: Type.Optional(Duration),
      heartbeat: Type.Optional(Type.Object({ interval: Duration }, strict)),
    },
    strict,
  ),
  Type.Object(
    {
      /** The gateway above. */
      type: Type.Literal('outpost'),
      id: Id,
      url: HttpUrl,
      /** As the gateway above has it under `children`. */
      token: GatewayToken,
      timeout: Type.Optional(Duration),
      /** Every 10 s if absent. */
      heartbeat: Type.Optional(Type.Object({ interval: Duration }, strict)),
      ...tls,
    },
    strict,
  ),
  Type.Object(
    {
      /** The same over a broker that both can reach. */
      type: Type.Literal('outpost-mqtt'),
      id: Id,
      url: MqttUrl,
      token: GatewayToken,
      username: Type.Optional(Type.String()),
      password: Type.Optional(Secret),
      /** 4 (MQTT 3.1.1) if absent. */
      protocolVersion: Type.Optional(Type.Enum([4, 5])),
      timeout: Type.Optional(Duration),
      heartbeat: Type.Optional(Type.Object({ interval: Duration }, strict)),
      ...tls,
    },
    strict,
  ),
  Type.Object(
    {
      type: Type.Literal('mqtt'),
      id: Id,
      url: MqttUrl,
      /** May hold {gateway}, {station}, {device}, {rule} and {type}. */
      topic: Type.String({ minLength: 1 }),
      username: Type.Optional(Type.String()),
      password: Type.Optional(Secret),
      /** 5 if absent; 4 (MQTT 3.1.1) for a broker that knows nothing newer. */
      protocolVersion: Type.Optional(Type.Enum([4, 5])),
      /** Its topic may hold {gateway} and {station}. */
      heartbeat: Type.Optional(Type.Object({ interval: Duration, topic: Type.String({ minLength: 1 }) }, strict)),
      ...tls,
      ...what,
    },
    strict,
  ),
])

const ChildSection = Type.Object(
  {
    /** The `gateway.id` of the gateway below. */
    id: Id,
    token: GatewayToken,
    /** Over which it speaks if not over HTTP: `embedded`, or the id of an outside broker. */
    broker: Type.Optional(Id),
    /** Instead of three of its own heartbeats. */
    silentAfter: Type.Optional(Duration),
  },
  strict,
)

const StorageSection = Type.Object(
  {
    /** Most readings that wait for their sinks; then the oldest are dropped, counted and alarmed. */
    maxReadings: Type.Optional(Type.Integer({ minimum: 1000 })),
    /** Most alarm events that are kept; older ones go once every sink has them. */
    maxAlarmEvents: Type.Optional(Type.Integer({ minimum: 1000 })),
    /** How long trends are kept on this machine. */
    historyDays: Type.Optional(Type.Number({ minimum: 0.01 })),
  },
  strict,
)

export const ConfigFile = Type.Object(
  {
    gateway: GatewaySection,
    station: StationSection,
    /** Above, beside and below the station of this gateway. */
    stations: Type.Optional(StationsSection),
    people: Type.Optional(PeopleSection),
    calendars: Type.Optional(CalendarsSection),
    places: Type.Optional(PlacesSection),
    http: HttpSection,
    storage: Type.Optional(StorageSection),
    broker: Type.Optional(BrokerSection),
    brokers: Type.Optional(Type.Array(ExternalBroker)),
    lines: Type.Optional(Type.Array(Line)),
    devices: Type.Array(DeviceSection),
    /** Named times, for rules that differ then. */
    schedules: Type.Optional(Type.Record(Id, Schedule, strict)),
    groups: Type.Optional(Type.Array(GroupSection)),
    sinks: Type.Optional(Type.Array(Sink)),
    /** Gateways whose alarms this one shows and passes on. */
    children: Type.Optional(Type.Array(ChildSection)),
    /** Who is told of an alarm, over what, and who next if nobody answers. */
    dispatch: Type.Optional(DispatchSection),
    commands: Type.Optional(CommandsSection),
    equipment: Type.Optional(EquipmentSection),
    assessment: Type.Optional(AssessmentSection),
    drills: Type.Optional(Type.Array(DrillSection)),
  },
  strict,
)

export type ConfigFile = Static<typeof ConfigFile>
export type LineSection = Static<typeof Line>
export type DeviceSection = Static<typeof DeviceSection>
export type SinkSection = Static<typeof Sink>
export type ExternalBrokerSection = Static<typeof ExternalBroker>
export type StationNode = Omit<ConfigFile['station'], 'level'> & { readonly level: 'station' | 'centre' | 'bureau' }
