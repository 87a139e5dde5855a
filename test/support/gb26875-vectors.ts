/** Published packets of GB/T 26875.3-2011, each recomputed: lengths and checksums are right where nothing else is said. */

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.trim().split(/\s+/), (pair) => Number.parseInt(pair, 16))

const TIME = '3A 09 1A 09 0C'
const SPACES = `${'20 '.repeat(30)}00`
const ZONE_A = '03 00 d9 00 06 00 02 00 a3 c1 c7 f8 a3 b1 b2 e3 df c8 b2 b8 d7 df c0 c8'
const ZEROS = Array.from({ length: 15 }, () => '00').join(' ')
const HEAD_OF_B = `40 40 00 00 01 01 18 0d 11 16 0a 14 ${Array.from({ length: 12 }, () => '00').join(' ')} 30 00 02`
const DATA_OF_B = `02 01 01 ${ZONE_A} ${ZEROS} 30 12 13 01 08 14`

/** GB26875文档.md of ActorLancer/GB-T-26875.3.2011-rs. */
export const PACKETS = {
  /** Fire at a smoke detector, zone 10 number 2. */
  fire: bytes(
    `40 40 01 00 01 01 20 ${TIME} 79 03 00 00 00 00 38 5B 01 00 00 00 30 00 02 02 01 01 01 28 0A 00 02 00 02 00 ${SPACES} 02 ${TIME} 46 23 23`,
  ),
  confirmed: bytes(`40 40 01 00 01 01 23 ${TIME} 38 5B 01 00 00 00 79 03 00 00 00 00 00 00 03 AB 23 23`),
  denied: bytes(`40 40 01 00 01 01 23 ${TIME} 38 5B 01 00 00 00 79 03 00 00 00 00 00 00 06 AE 23 23`),
  version: bytes(`40 40 01 00 01 01 20 ${TIME} 79 03 00 00 00 00 38 5B 01 00 00 00 04 00 02 19 01 01 01 C7 23 23`),
  time: bytes(`40 40 01 00 01 01 20 ${TIME} 79 03 00 00 00 00 38 5B 01 00 00 00 08 00 02 1C 01 02 ${TIME} 40 23 23`),
  /** A type of its maker's own, 150. */
  own: bytes(
    '40 40 00 00 01 01 0F 22 0E 19 07 13 01 00 00 00 00 00 FF FF 00 00 00 00 12 00 02 96 01 00 03 5B 01 00 00 00 02 00 00 0F 22 0E 19 07 13 F1 23 23',
  ),
}

/** codec_test.go of shootingfans/codec_gb26875_3_2011; the two above are wrong on purpose. */
export const BAD_CHECKSUM = bytes(`${HEAD_OF_B} ${DATA_OF_B} 43 23 23`)
export const BAD_END = bytes(`${HEAD_OF_B} ${DATA_OF_B} 53 23 13`)
/** The same, mended. */
export const MENDED = bytes(`${HEAD_OF_B} ${DATA_OF_B} 53 23 23`)

const at = (second: number, minute = 0) => ({ ...{ year: 2021, month: 7, day: 2 }, ...{ hour: 9, minute, second } })

/** Application data of the same source, with what they say. */
export const DATA: readonly (readonly [name: string, data: Uint8Array, unit: object])[] = [
  [
    'two system states',
    bytes('01 02 01 02 04 02 04 00 09 02 07 15 0d 03 05 01 05 00 09 02 07 15'),
    {
      type: 'system-state',
      objects: [
        { system: { type: 1, address: 2 }, state: 0x0204, time: at(4) },
        { system: { type: 13, address: 3 }, state: 0x0105, time: at(5) },
      ],
    },
  ],
  [
    'a temperature of 80.0 °C and a height of 204.81 m',
    bytes('03 02 01 02 28 01 02 03 04 03 20 03 04 00 09 02 07 15 0d 03 79 03 04 05 06 02 01 50 05 00 09 02 07 15'),
    {
      type: 'analogue',
      objects: [
        {
          ...{ system: { type: 1, address: 2 }, component: { type: 40, address: 0x04030201 } },
          ...{ kind: 3, value: 800, time: at(4) },
        },
        {
          ...{ system: { type: 13, address: 3 }, component: { type: 121, address: 0x06050403 } },
          ...{ kind: 2, value: 20_481, time: at(5) },
        },
      ],
    },
  ],
  [
    'an operation of a system',
    bytes('04 01 01 02 84 fa 04 00 09 02 07 15'),
    { type: 'operation', objects: [{ system: { type: 1, address: 2 }, flags: 0x84, operator: 250, time: at(4) }] },
  ],
  [
    'the version of a system',
    bytes('05 01 01 02 03 04'),
    { type: 'version', objects: [{ system: { type: 1, address: 2 }, major: 3, minor: 4 }] },
  ],
  [
    'the time of a system',
    bytes('08 01 01 02 04 00 09 02 07 15'),
    { type: 'time', objects: [{ system: { type: 1, address: 2 }, time: at(4) }] },
  ],
  [
    'the state of the device',
    bytes('15 01 08 04 00 09 02 07 15'),
    { type: 'device-state', objects: [{ state: 8, time: at(4) }] },
  ],
  [
    'an operation of the device',
    bytes('18 01 31 fa 04 00 09 02 07 15'),
    { type: 'device-operation', objects: [{ flags: 0x31, operator: 250, time: at(4) }] },
  ],
  ['the version of the device', bytes('19 01 03 04'), { type: 'device-version', objects: [{ major: 3, minor: 4 }] }],
  ['the time of the device', bytes('1c 01 05 00 09 02 07 15'), { type: 'device-time', objects: [{ time: at(5) }] }],
  [
    'a request for two component states',
    bytes('3e 02 01 01 03 02 11 01 0d 03 78 56 34 12'),
    {
      type: 'read-component-state',
      objects: [
        { system: { type: 1, address: 1 }, address: 0x01110203 },
        { system: { type: 13, address: 3 }, address: 0x12345678 },
      ],
    },
  ],
]
