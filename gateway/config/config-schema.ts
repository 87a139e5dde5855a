/** Writes `outpost.schema.json`, which editors use to help with configurations. Run: node gateway/config/config-schema.ts */
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { editorSchemaText } from '../../device-profiles/editor-schema.ts'
import { ConfigFile } from './schema.ts'

const KEYS: Readonly<Record<string, string>> = {
  gateway: 'this gateway: its id, its files, its language',
  station: 'the station of this gateway, or the one that is responsible',
  stations: 'those above, beside and below it',
  people: 'who can be told, and how; in a shift: their ids',
  calendars: 'holidays and the days on which people work for them',
  places: 'what the stations look after',
  duty: 'who is on duty when: a roster, or elsewhere',
  level: 'of a station: station, centre or bureau; of a vote: the mildest that counts',
  kind: 'which kind of place, as low-ground or old-estate',
  days: 'on which it begins; every day if absent',
  risk: 'blue, yellow, orange or red',
  position: 'latitude and longitude in degrees',
  phone: 'as text, in quotes',
  http: 'the API and the console',
  storage: 'how much is kept',
  broker: 'at the top: the embedded MQTT broker; of a device: which broker it speaks through, or embedded',
  brokers: 'MQTT brokers elsewhere',
  lines: 'Modbus lines: modbus-tcp, modbus-rtu, modbus-rtu-over-tcp',
  devices: 'the installed units',
  groups: 'votes over the alarms of several devices',
  assessment: 'by what the work of a station is judged',
  drills: 'drills that come round by themselves',
  equipment: 'how often equipment has to be looked at, for its ledger',
  sinks: 'where readings and alarms go',
  children: 'gateways below, whose alarms this one shows and passes on',
  heartbeat: 'says at a steady pace that this gateway lives',
  commands: 'who may tell devices what to do',
  authentication: 'who may come in; there is no default',
  users: 'with password or passwordHash, and rights',
  rights: 'what a user may publish and subscribe to',
  place: 'where it is installed: the id of a place, or words',
  profile: 'the id of a device profile; "outpost profiles list" shows all',
  line: 'the id of one of the lines',
  unitId: 'address on the line, 1 to 247',
  address: 'of a device: its own part of the topic; of a station: where it is',
  parameters: 'what the profile asks of each unit, as installation-height',
  rules: 'changes to the rules of the profile, by their ids',
  levels: 'of a rule: changes to its setpoints, by their names',
  enabled: 'false switches it off',
  host: 'name or address',
  port: 'TCP port',
  path: 'of the serial port, as /dev/ttyUSB0',
  baudRate: 'bits per second',
  parity: 'none, even or odd',
  stopBits: '1 or 2',
  password: 'from the environment only, as a variable',
  token: 'from the environment only, as a variable',
  secret: 'from the environment only, as a variable',
  url: 'where it is reached',
  id: 'its name in alarms, topics and the API',
  name: 'what people call it',
  type: 'which of the alternatives it is',
  priority: 'low, medium, high or urgent',
  above: 'the setpoint; abnormal above it',
  below: 'the setpoint; abnormal below it',
  deadband: 'how far it must come back before the alarm returns',
  language: 'zh or en',
  timeZone: 'as Asia/Shanghai',
  username: 'as the server knows this gateway',
  protocolVersion: 'of MQTT: 4 is 3.1.1, 5 is 5',
  networkServer: 'the LoRaWAN network server whose messages come through it',
  dataBits: '8 as a rule',
  mustNotRead: 'registers that no request may touch, beside those of the profile',
  store: 'which readings are stored, by point',
  sends: 'readings, alarm-events or both',
  database: 'of InfluxDB 1',
  org: 'of InfluxDB 2',
  bucket: 'of InfluxDB 2',
  topic: 'that it publishes to',
}

/** For `# yaml-language-server: $schema=…` and the settings of editors. */
export function configSchemaText(): string {
  const own = import.meta.dirname
  const folders = [
    ...[
      { cwd: own, name: '*schema.ts' },
      { cwd: join(own, 'channels'), name: '*.ts' },
    ],
    { cwd: join(own, '../../device-profiles'), name: '*schema.ts' },
  ]
  const files = folders.flatMap(({ cwd, name }) => globSync(name, { cwd }).map((file) => join(cwd, file)))
  const sources = files.sort().map((file) => pathToFileURL(file))
  return editorSchemaText(ConfigFile, {
    ...{ title: 'Outpost configuration', sources, descriptions: KEYS, takesVariables: true },
  })
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'outpost.schema.json'), configSchemaText())
