import { describe, expect, it } from 'vitest'
import { HEAD, problemsOf, scenarioOf } from '../scenarios.ts'

/** HEAD has 10 lines, so that what follows it begins in line 11. */
const withExpect = (...alarms: string[]) =>
  `${HEAD}expect:\n  alarms:\n${alarms.map((alarm) => `    - { ${alarm} }\n`).join('')}`
const LEVEL = 'device: radar, rule: water-level, within: 10s'
const GROUP = `gateway:
  groups:
    - id: basin
      name: { zh: 池, en: Basin }
      place: here
      members: [radar, hook]
      rules:
        - { id: wet, type: vote, name: { zh: 湿, en: Wet }, need: 1, priority: high, of: [{ device: radar, rule: water-level }] }
`

describe('the expectations of a scenario', () => {
  it('are read with what was left open', () => {
    const { expect: read, gateway } = scenarioOf(
      `${withExpect(
        'device: radar, rule: water-level, level: orange, priority: high, at: 10s, within: 20s, returned: { at: 1m, within: 40s }',
        'kind: extinguisher, class: fault, never: true',
        'device: hook, rule: pressure, within: 500ms, stays: true, state: unacknowledged',
      )}  nothingElse: true\n  until: 2m\n  maxSpeed: 4\n`,
    )
    expect(gateway).toEqual({ type: 'generated', additions: {} })
    const raised = { type: 'raised', returned: null, staysActive: false, state: null }
    expect(read).toEqual({
      nothingElse: true,
      untilSeconds: 120,
      maxSpeed: 4,
      alarms: [
        {
          pick: { device: 'radar', rule: 'water-level', level: 'orange', priority: 'high' },
          outcome: {
            ...raised,
            raised: { atSeconds: 10, withinMs: 20_000 },
            returned: { atSeconds: 60, withinMs: 40_000 },
          },
        },
        { pick: { kind: 'extinguisher', class: 'fault' }, outcome: { type: 'never' } },
        {
          pick: { device: 'hook', rule: 'pressure' },
          outcome: {
            ...raised,
            raised: { atSeconds: 0, withinMs: 500 },
            staysActive: true,
            state: 'unacknowledged',
          },
        },
      ],
    })
  })

  it('know the votes of the groups that belong to the scenario', () => {
    expect(problemsOf(`${withExpect('device: basin, rule: wett, within: 1s')}${GROUP}`)).toEqual([
      '13 «wett,» expect.alarms[0].rule: "basin" has no rule "wett"; did you mean "wet"?',
    ])
    expect(problemsOf(`${withExpect('device: basin, rule: wet-degraded, level: 1oo1, within: 1s')}${GROUP}`)).toEqual(
      [],
    )
  })

  it('leave what a configuration file may have to the gateway', () => {
    const text = `${withExpect('device: basin, rule: wet, within: 1s')}gateway: outpost.yaml\n`
    expect(problemsOf(text)).toEqual([])
    expect(scenarioOf(text).gateway).toEqual({ type: 'file', path: 'outpost.yaml' })
  })
})

const wrong: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'nothing',
    `${HEAD}expect: {}\n`,
    ['11 «{}» expect: nothing is expected here; add "alarms", or "nothingElse: true"'],
  ],
  [
    'an alarm that is not named',
    withExpect('within: 10s'),
    ['13 «{» expect.alarms[0]: say which alarm: "device", "rule", "kind" or "class"'],
  ],
  [
    'no time in which it must come',
    withExpect('device: radar, rule: water-level'),
    ['13 «{» expect.alarms[0]: say how long the gateway may take: "within"'],
  ],
  [
    'an unknown device',
    withExpect('device: rader, within: 10s'),
    ['13 «rader,» expect.alarms[0].device: there is no device or group "rader"; did you mean "radar"?'],
  ],
  [
    'an unknown rule',
    withExpect('device: radar, rule: water-levels, within: 10s'),
    ['13 «water-levels,» expect.alarms[0].rule: "radar" has no rule "water-levels"; did you mean "water-level"?'],
  ],
  [
    'an unknown rule of any device',
    withExpect('rule: presure, within: 10s'),
    ['13 «presure,» expect.alarms[0].rule: no device here has a rule "presure"; did you mean "pressure"?'],
  ],
  [
    'a level that the rule does not have',
    withExpect(`${LEVEL}, level: oranje`),
    ['13 «oranje» expect.alarms[0].level: rule "water-level" has no level "oranje"; did you mean "orange"?'],
  ],
  [
    'a level of a rule without levels',
    withExpect('device: hook, rule: removed, within: 10s, level: high'),
    ['13 «high» expect.alarms[0].level: rule "removed" has no level "high"; it has none; remove "level"'],
  ],
  [
    'an unknown kind',
    withExpect('kind: smok, within: 10s'),
    ['13 «smok,» expect.alarms[0].kind: there is no kind "smok"; did you mean "smoke"?'],
  ],
  [
    'an unknown priority',
    withExpect(`${LEVEL}, priority: urgend`),
    [
      '13 «urgend» expect.alarms[0].priority: expected one of low, medium, high, urgent, got "urgend"; did you mean "urgent"?',
    ],
  ],
  [
    'times for what never comes',
    withExpect(`${LEVEL}, never: true, stays: true`),
    [
      '13 «10s,» expect.alarms[0].within: what is "never" has no "within"; remove one of them',
      '13 «true» expect.alarms[0].stays: what is "never" has no "stays"; remove one of them',
    ],
  ],
  [
    'an alarm that returns and stays',
    withExpect(`${LEVEL}, returned: { at: 1m, within: 1s }, stays: true`),
    ['13 «true» expect.alarms[0].stays: an alarm cannot both return and stay; remove one of them'],
  ],
  [
    'an alarm that returns before it comes',
    withExpect(`${LEVEL}, at: 2m, returned: { at: 1m, within: 1s }`),
    ['13 «1m,» expect.alarms[0].returned.at: returns at 1m, before it is raised (2m)'],
  ],
  [
    'moments behind the end of the story',
    `${withExpect(`${LEVEL}, at: 2m`)}  until: 3m\nrepeatEvery: 1m\n`,
    [
      '13 «2m» expect.alarms[0].at: at 120 s the story has begun anew already; "repeatEvery" is 60 s',
      '14 «3m» expect.until: at 180 s the story has begun anew already; "repeatEvery" is 60 s',
    ],
  ],
  [
    'a gateway with unknown names',
    `${HEAD}gateway:\n  devices: { rader: { place: here } }\n  lines: { cabinett: { timeout: 1s } }\n`,
    [
      '12 «rader:» gateway.devices.rader: there is no device "rader"; did you mean "radar"?',
      '13 «cabinett:» gateway.lines.cabinett: there is no line "cabinett"; did you mean "cabinet"?',
    ],
  ],
  [
    'a rule of a device that does not exist',
    `${HEAD}gateway:\n  devices: { radar: { rules: { water-levl: { onDelay: 1s } } } }\n`,
    [
      '12 «{» gateway.devices.radar.rules.water-levl: no rule "water-levl" here; the rules are water-level, rising, level-soon, no-data, bad-quality; did you mean "water-level"?',
    ],
  ],
]

describe('a wrong expectation', () => {
  it.each(wrong)('says what is wrong: %s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })
})
