import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { lineFaultAt } from '../../../simulator/scenario.ts'
import { loadScenario } from '../../../simulator/scenario-file.ts'
import { HEAD, problemsOf, scenarioOf } from './scenarios.ts'

const changed = (from: string, to: string): string => {
  if (!HEAD.includes(from)) throw new Error(`the scenario does not contain ${from}`)
  return HEAD.replace(from, to)
}
const timeline = (...steps: string[]) => `${HEAD}timeline:\n${steps.map((step) => `  - { ${step} }\n`).join('')}`

/** Golden messages: the place, what was expected, what came, what to do. HEAD has 10 lines, so that steps begin in line 12. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are the variables of scenario files
const wrong: readonly (readonly [string, string, readonly string[]])[] = [
  ['an unknown key', changed('seed: 7', 'sead: 7'), ['3 «sead:» sead: unknown key "sead"; did you mean "seed"?']],
  [
    'a line of an unknown type',
    changed('modbus-tcp', 'modbus-udp'),
    [
      '6 «modbus-udp,» lines[0].type: expected one of modbus-tcp, modbus-rtu-over-tcp, modbus-rtu, got "modbus-udp"; did you mean "modbus-tcp"?',
    ],
  ],
  [
    'a broker with an account in its URL, which no message repeats',
    changed('mqtt://127', 'mqtt://me:secret@127'),
    [
      "4 «'mqtt://me:secret@127.0.0.1:1883',» broker.url: expected mqtt://host:port or mqtts://host:port; username and password are keys of their own, got something else",
    ],
  ],
  [
    'a password that is a number, which no message repeats',
    changed('password: secret', 'password: 4711'),
    ['4 «4711» broker.password: expected a text, got something else'],
  ],
  [
    'an unknown profile',
    changed('profile: dfrobot-sen0676', 'profile: dfrobot-sen0677'),
    ['8 «dfrobot-sen0677,» devices[0].profile: no device profile "dfrobot-sen0677"; did you mean "dfrobot-sen0676"?'],
  ],
  [
    'a profile that is the gateway itself',
    changed('profile: outpost-ref-extinguisher-tag, address: lobby, interval: 1h', 'profile: outpost-gateway'),
    ['10 «outpost-gateway,» devices[2].profile: profile outpost-gateway is the gateway itself and cannot be simulated'],
  ],
  [
    'a missing parameter',
    changed('parameters: { installation-height: 5 }, ', ''),
    [
      '8 «{» devices[0].parameters.installation-height: parameter "installation-height" (Installation height (sensor to the lowest ground), m) is required by profile dfrobot-sen0676',
    ],
  ],
  [
    'an unknown line',
    changed('line: cabinet, unitId: 1', 'line: cabinets, unitId: 1'),
    ['8 «cabinets,» devices[0].line: there is no line "cabinets"; did you mean "cabinet"?'],
  ],
  [
    'a Modbus device without a line',
    changed('line: cabinet, unitId: 1, ', ''),
    ['8 «{» devices[0]: profile dfrobot-sen0676 speaks Modbus; give the device "line" and "unitId"'],
  ],
  [
    'an MQTT device on a line',
    changed('address: lobby', 'address: lobby, line: cabinet'),
    ['10 «cabinet,» devices[2].line: profile outpost-ref-extinguisher-tag speaks MQTT; remove "line"'],
  ],
  [
    'an MQTT device without an address',
    changed('address: lobby, ', ''),
    ['10 «{» devices[2]: profile outpost-ref-extinguisher-tag speaks MQTT; give the device its "address"'],
  ],
  [
    'an MQTT device without a broker',
    changed("broker: { url: 'mqtt://127.0.0.1:1883', username: field, password: secret }", ''),
    [
      '10 «outpost-ref-extinguisher-tag,» devices[2].profile: profile outpost-ref-extinguisher-tag speaks MQTT, but the scenario has no "broker"',
    ],
  ],
  [
    'an address that looks like a number',
    changed('address: lobby', 'address: 24e1600000000010'),
    [
      '10 «24e1600000000010,» devices[2].address: expected an address as a text without spaces, + and # (in quotes if it looks like a number), got Infinity',
    ],
  ],
  [
    'a unit id that is taken',
    changed('unitId: 2', 'unitId: 1'),
    ['9 «1,» devices[1].unitId: unit 1 on line cabinet is taken by device "radar"'],
  ],
  [
    'a device that is given twice',
    changed('id: hook', 'id: radar'),
    ['9 «radar,» devices[1].id: device "radar" is given twice'],
  ],
  [
    'a reserved unit id on an RTU line',
    changed('type: modbus-tcp', 'type: modbus-rtu-over-tcp').replace('unitId: 2', 'unitId: 248'),
    ['9 «248,» devices[1].unitId: expected a unit id from 1 to 247 on a line of type modbus-rtu-over-tcp, got 248'],
  ],
  [
    'two lines on one port',
    changed(
      'host: 127.0.0.1, port: 0 }',
      'host: 127.0.0.1, port: 502 }\n  - { id: yard, type: modbus-tcp, host: 127.0.0.1, port: 502 }',
    ),
    ['7 «502» lines[1].port: 127.0.0.1:502 is taken by line "cabinet"'],
  ],
  [
    'a parity without a wire',
    changed(
      'type: modbus-tcp, host: 127.0.0.1, port: 0',
      'type: modbus-rtu-over-tcp, host: h, port: 502, parity: even',
    ),
    ['6 «even» lines[0].parity: "parity" belongs to a wire; add its "baudRate", or remove "parity"'],
  ],
  [
    'an unknown point',
    changed('values: { level: 0.1 }', 'values: { levl: 0.1 }'),
    ['8 «levl:» devices[0].values.levl: profile dfrobot-sen0676 has no point "levl"; did you mean "level"?'],
  ],
  [
    'a value outside the range of its point',
    changed('pressure: 1200, present: 1 } }\n  - { id: tag', 'pressure: 2501, present: 2 } }\n  - { id: tag'),
    [
      '9 «2501,» devices[1].values.pressure: expected 0 to 2500 kPa, got 2501',
      '9 «2» devices[1].values.present: expected 0 or 1, got 2',
    ],
  ],
  [
    'a level for which the gauge would have to stand in the water',
    changed('level: 0.1', 'level: 5'),
    ['8 «5» devices[0].values.level: level 5 needs a distance that cannot be measured: expected 0.01 to 10 m, got 0'],
  ],
  [
    'a derived point beside its source',
    changed('values: { level: 0.1 }', 'values: { level: 0.1, distance: 4.9 }'),
    ['8 «0.1,» devices[0].values.level: "level" is computed from "distance"; give one of them, not both'],
  ],
  [
    'noise without a value',
    changed('values: { level: 0.1 }', 'values: { level: 0.1 }, noise: { distance: 0.1 }'),
    ['8 «0.1» devices[0].noise.distance: there is no value to which noise could be added; add "distance" to values'],
  ],
  [
    'noise on a state',
    changed(
      'values: { pressure: 1200, present: 1 } }\n  - { id: tag',
      'values: { present: 1 }, noise: { present: 1 } }\n  - { id: tag',
    ),
    ['9 «1» devices[1].noise.present: "present" is no number and cannot waver'],
  ],
  [
    'an interval of nothing',
    changed('interval: 1h', 'interval: 0s'),
    ['10 «0s,» devices[2].interval: expected at least 10ms, got 0s'],
  ],
  [
    'a time without a unit',
    timeline('at: 20, device: radar, point: level, to: 1'),
    ['12 «20,» timeline[0].at: expected a duration with its unit: 500ms, 5s, 2m, 1h or 1d, got 20'],
  ],
  [
    'a step of an unknown device',
    timeline('at: 1s, device: rader, point: level, to: 1'),
    ['12 «rader,» timeline[0].device: there is no device "rader"; did you mean "radar"?'],
  ],
  [
    'a step of an unknown point',
    timeline('at: 1s, device: radar, point: levels, to: 1'),
    ['12 «levels,» timeline[0].point: profile dfrobot-sen0676 has no point "levels"; did you mean "level"?'],
  ],
  [
    'a step of the source of a derived point',
    timeline('at: 1s, device: radar, point: distance, to: 1'),
    ['12 «distance,» timeline[0].point: device "radar" gives its values as "level"; change that instead of "distance"'],
  ],
  [
    'a step of a point without a value',
    timeline('at: 1s, device: hook, point: battery, to: 1'),
    ['12 «battery,» timeline[0].point: "battery" has no value to start from; add it to the values of device "hook"'],
  ],
  [
    'a step to a value outside the range',
    timeline('at: 1s, device: hook, point: pressure, to: -1'),
    ['12 «-1» timeline[0].to: expected 0 to 2500 kPa, got -1'],
  ],
  [
    'a ramp of a state',
    timeline('at: 1s, device: hook, point: present, to: 0, over: 5s'),
    ['12 «5s» timeline[0].over: "present" is no number and changes at once; remove "over"'],
  ],
  [
    'overlapping ramps on one point, in any order',
    timeline(
      'at: 20s, device: radar, point: level, to: 1, over: 30s',
      'at: 50s, device: radar, point: level, to: 2, over: 5s',
      'at: 49s, device: radar, point: level, to: 2',
    ),
    ['14 «49s,» timeline[2].at: overlaps timeline[0], which changes radar.level already (20 s to 50 s); begin at 50 s'],
  ],
  [
    'two steps of one point at the same instant',
    timeline('at: 20s, device: tag, point: present, to: 0', 'at: 20s, device: tag, point: present, to: 1'),
    ['13 «20s,» timeline[1].at: overlaps timeline[0], which changes tag.present already (20 s); remove one of them'],
  ],
  [
    'overlapping faults',
    timeline('at: 20s, device: hook, fault: silent', 'at: 30s, device: hook, fault: late'),
    [
      '13 «30s,» timeline[1].at: overlaps timeline[0], which changes the faults of hook already (20 s to the end); give that one "for"',
    ],
  ],
  [
    'a fault that MQTT devices do not have',
    timeline('at: 1s, device: tag, fault: exception'),
    [
      '12 «exception» timeline[0].fault: expected one of silent, offline, lost, late, duplicated, garbage, truncated, clock-wrong, the faults of an MQTT device, got exception',
    ],
  ],
  [
    'a misspelt fault',
    timeline('at: 1s, device: hook, fault: silence'),
    [
      '12 «silence» timeline[0].fault: expected one of silent, lost, forgets-writes, exception, busy, late, slow, duplicated, foreign, garbage, truncated, bad-crc, wrong-unit, wrong-transaction, disconnect, offline, clock-wrong, stuck, spikes, other-unit, missing, frozen, half-open, cut, got "silence"; did you mean "silent"?',
    ],
  ],
  [
    'an exception code for a fault that has none',
    timeline('at: 1s, device: hook, fault: silent, code: 2, by: 1s'),
    [
      '12 «2,» timeline[0].code: "code" belongs to the fault exception only',
      '12 «1s» timeline[0].by: "by" belongs to the faults late, slow and duplicated only',
    ],
  ],
  [
    'a fault that strikes twice as often',
    timeline(
      'at: 1s, device: hook, fault: late, every: 10, share: 0.1',
      'at: 2s, line: cabinet, fault: frozen, every: 2',
    ),
    [
      '12 «0.1» timeline[0].share: give "every" or "share", not both',
      '13 «2» timeline[1].every: frozen is no fault of single answers; remove "every"',
    ],
  ],
  [
    'faults that a line of this type does not have',
    timeline(
      'at: 1s, device: hook, fault: bad-crc',
      'at: 1s, line: cabinet, fault: bad-crc',
      'at: 1s, device: radar, fault: half-open',
      'at: 1s, device: tag, fault: silent, every: 10',
    ),
    [
      '12 «bad-crc» timeline[0].fault: a line of type modbus-tcp cannot have the fault bad-crc: Modbus TCP has no checksum',
      '13 «bad-crc» timeline[1].fault: a line of type modbus-tcp cannot have the fault bad-crc: Modbus TCP has no checksum',
      '14 «half-open» timeline[2].fault: half-open is a fault of a whole line; give "line" instead of "device"',
      '15 «10» timeline[3].every: silent is no fault of single messages; remove "every"',
    ],
  ],
  [
    'a step of an unknown line, of a line and a device, and of a line to which nothing happens',
    timeline(
      'at: 1s, line: cabinets, fault: frozen',
      'at: 2s, line: cabinet, device: hook, fault: silent, for: 1s',
      'at: 3s, line: cabinet',
    ),
    [
      '12 «cabinets,» timeline[0].line: there is no line "cabinets"; did you mean "cabinet"?',
      '13 «cabinet,» timeline[1].line: give "device" or "line", not both',
      '14 «{» timeline[2]: say what happens to the line: "fault"',
    ],
  ],
  [
    'overlapping faults of a line',
    timeline('at: 20s, line: cabinet, fault: frozen, for: 20s', 'at: 30s, line: cabinet, fault: late'),
    [
      '13 «30s,» timeline[1].at: overlaps timeline[0], which changes the faults of line cabinet already (20 s to 40 s); begin at 40 s',
    ],
  ],
  [
    'a full line without a limit',
    changed('port: 0 }', 'port: 0, whenFull: refuse }'),
    ['6 «refuse» lines[0].whenFull: a line is full at "maxConnections"; add it, or remove "whenFull"'],
  ],
  [
    'a step that is both',
    timeline('at: 1s, device: hook, point: pressure, to: 1, fault: silent'),
    ['12 «{» timeline[0]: a step either changes a value ("point", "to") or brings a fault ("fault"), not both'],
  ],
  [
    'half a step',
    timeline('at: 1s, to: 1', 'at: 2s, for: 5s', 'at: 3s, device: hook', 'at: 4s'),
    [
      '12 «{» timeline[0]: a change of a value needs "device" and "point"',
      '13 «{» timeline[1]: a fault needs "device" or "line", and "fault"',
      '14 «{» timeline[2]: say what happens to the device: "point" and "to", or "fault"',
      '15 «{» timeline[3]: nothing happens here; add "device", "point" and "to", a "fault", or "say"',
    ],
  ],
  [
    'steps after the story has begun anew',
    `${timeline('at: 60s, device: radar, point: level, to: 1', 'at: 50s, device: hook, fault: silent, for: 11s')}repeatEvery: 60s\n`,
    [
      '12 «60s,» timeline[0].at: at 60 s the story has begun anew already; "repeatEvery" is 60 s',
      '13 «11s» timeline[1].for: ends at 61 s, after the story has begun anew; "repeatEvery" is 60 s',
    ],
  ],
  ['a story of no length', `${HEAD}repeatEvery: 0s\n`, ['11 «0s» repeatEvery: expected at least 1s, got 0s']],
  [
    'a variable that is not set',
    changed('password: secret', "password: '${MQTT_PASSWORD}'"),
    [
      "4 «'${MQTT_PASSWORD}'» expected the environment variable MQTT_PASSWORD, got none; set it, or give a default: ${MQTT_PASSWORD:-…}",
    ],
  ],
]

describe('a scenario file that is wrong', () => {
  it.each(wrong)('with %s', (_what, text, messages) => {
    expect(problemsOf(text)).toEqual(messages)
  })

  it('is told in whole: every problem at once, in the order of the file', () => {
    const text = changed('profile: dfrobot-sen0676', 'profile: sen0676').replace('unitId: 2', 'unitId: 1')
    expect(problemsOf(`${text}timeline:\n  - { at: 1s, device: nobody, point: level, to: 1 }\n`)).toEqual([
      '8 «sen0676,» devices[0].profile: no device profile "sen0676"',
      '12 «nobody,» timeline[0].device: there is no device "nobody"',
    ])
  })

  it('does not blame the timeline for a device that could not be made', () => {
    const text = changed('profile: dfrobot-sen0676', 'profile: nothing-like-it')
    const steps = 'timeline:\n  - { at: 1s, device: radar, point: level, to: 1 }\n'
    expect(problemsOf(text + steps)).toEqual([
      '8 «nothing-like-it,» devices[0].profile: no device profile "nothing-like-it"',
    ])
  })

  it('is a problem like any other when it cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-scenario-'))
    try {
      const file = join(folder, 'scenario.yaml')
      const options = { profiles: loadCatalogue(), environment: {} }
      expect(loadScenario(file, options)).toMatchObject({ problems: [{ message: /^cannot be read: ENOENT/ }] })
      writeFileSync(file, Uint8Array.of(0xff, 0xfe))
      expect(loadScenario(file, options)).toMatchObject({ problems: [{ message: /^cannot be read: .*not valid/ }] })
      writeFileSync(file, HEAD)
      expect(loadScenario(file, options)).toMatchObject({ scenario: { seed: 7 } })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a scenario file that is right', () => {
  it('is shown in the README', () => {
    const readme = readFileSync(new URL('../../../simulator/README.md', import.meta.url), 'utf8')
    const example = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? ''
    const scenario = scenarioOf(example, { MQTT_PASSWORD: 'x' })
    expect([...scenario.lines.keys(), ...scenario.devices.keys()]).toEqual(['cabinet', 'yard', 'bus', 'radar', 'tag'])
  })

  it('gives LoRaWAN devices the topic of the network server, and devices the levels that they choose', () => {
    const { devices } = scenarioOf(`
name: { zh: 测, en: Test }
broker: { url: 'mqtt://127.0.0.1:1883', networkServer: the-things-stack-v3 }
devices:
  - { id: probe, profile: milesight-em500-swl, address: probe-1, values: { level: 0.1 } }
  - { id: smoke, profile: heiman-hs1sa-e, address: kitchen, levels: { base: east }, values: { smoke: 0 } }
`)
    const topics = [...devices.values()].map(({ connection }) => connection.type === 'mqtt' && connection.topic)
    expect(topics).toEqual(['v3/simulator/devices/probe-1/up', 'east/kitchen'])
  })

  it('gives devices their topic, their interval and their parameters', () => {
    const { devices } = scenarioOf(HEAD)
    expect(devices.get('tag')?.connection).toEqual({
      type: 'mqtt',
      networkServer: 'chirpstack-v4',
      address: 'lobby',
      topic: 'outpost/extinguisher/lobby',
      intervalMs: 3_600_000,
    })
    expect(devices.get('radar')).toMatchObject({
      connection: { type: 'modbus', line: 'cabinet', unitId: 1 },
      parameters: { 'installation-height': 5 },
    })
  })

  it('fills in the level that a profile leaves open', () => {
    const text = changed(
      'profile: outpost-ref-extinguisher-tag, address: lobby, interval: 1h, values: { pressure: 1200, present: 1 }',
      'profile: tg563a, address: 24e16, values: { smoke: 0 }',
    )
    expect(scenarioOf(text.replace('24e16,', "'24e16',")).devices.get('tag')?.connection).toMatchObject({
      topic: 'application/simulator/device/24e16/event/up',
    })
  })

  it('takes what it needs from the environment', () => {
    const text = changed("'mqtt://127.0.0.1:1883'", "'mqtt://${HOST:-127.0.0.1}:${PORT}'")
      .replace('password: secret', "password: '${PASSWORD}'")
      .replace(
        '  - { id: cabinet, type: modbus-tcp, host: 127.0.0.1, port: 0 }',
        '  - id: cabinet\n    type: modbus-tcp\n    host: 127.0.0.1\n    port: ${MODBUS_PORT:-5020}',
      )
    const scenario = scenarioOf(text, { PORT: '2883', PASSWORD: '007' })
    expect(scenario.broker).toEqual({ url: 'mqtt://127.0.0.1:2883', username: 'field', password: '007' })
    expect(scenario.lines.get('cabinet')).toMatchObject({ port: 5020 })
    expect(scenarioOf(text, { PORT: '1', PASSWORD: 'x', MODBUS_PORT: '502' }).lines.get('cabinet')).toMatchObject({
      port: 502,
    })
  })

  it('gives lines the wire and the reply time that they have', () => {
    const lineOf = (line: string) => {
      const text = changed('type: modbus-tcp, host: 127.0.0.1, port: 0', line)
      return scenarioOf(text).lines.get('cabinet')
    }
    const place = { host: '127.0.0.1', port: 0 }
    expect(lineOf('type: modbus-tcp, host: 127.0.0.1, port: 0, replyTime: 20ms')).toEqual({
      ...{ ...place, type: 'modbus-tcp', replyTimeMs: 20 },
    })
    const wired = 'type: modbus-rtu-over-tcp, host: 127.0.0.1, port: 0, baudRate: 9600, parity: even, stopBits: 2'
    expect(lineOf(wired)).toEqual({
      ...{ ...place, type: 'modbus-rtu-over-tcp', baudRate: 9600, parity: 'even', stopBits: 2 },
    })
  })

  it('gives faults what they say of themselves, and what they leave open', () => {
    const steps = timeline(
      'at: 1s, device: hook, fault: late, by: 3s, every: 10, for: 1s',
      'at: 2s, device: hook, fault: foreign, for: 1s',
      'at: 3s, device: hook, fault: busy, share: 0.5, for: 1s',
      'at: 4s, device: hook, fault: duplicated',
      'at: 1s, line: cabinet, fault: half-open, for: 2s',
      'at: 5s, line: cabinet, fault: slow, by: 20ms',
    )
    const scenario = scenarioOf(steps)
    expect(scenario.devices.get('hook')?.faults.map(({ fault }) => fault)).toEqual([
      { type: 'late', ms: 3000, every: 10 },
      { type: 'foreign', of: 'unit', place: 'before' },
      { type: 'busy', times: 3, share: 0.5 },
      { type: 'duplicated', ms: 0 },
    ])
    const at = (seconds: number) => lineFaultAt(scenario, { line: 'cabinet', seconds })
    expect([at(0), at(1), at(3), at(9)]).toEqual([null, { type: 'half-open' }, null, { type: 'slow', ms: 20 }])
  })

  it('lets a step begin where a ramp ends', () => {
    const steps = timeline(
      'at: 20s, device: radar, point: level, to: 1, over: 30s',
      'at: 50s, device: radar, point: level, to: 0.1, over: 5s',
      'at: 10s, device: hook, fault: silent, for: 10s',
      'at: 20s, device: hook, fault: late',
    )
    expect(scenarioOf(steps).durationSeconds).toBe(55)
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are the variables of scenario files
