/** The scenarios of the simulator, each against a gateway of its own: what they expect is what the gateway promises. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import type { Scenario } from '../../simulator/scenario.ts'
import { loadScenario, parseScenario } from '../../simulator/scenario-file.ts'
import { newPlaces, placeVariables } from '../../simulator/verdict/gateway-child.ts'
import { type TestResult, testScenario } from '../../simulator/verdict/test-run.ts'
import { verdictText } from '../../simulator/verdict/verdict-text.ts'
import { GatewayInProcess } from '../support/gateway-in-process.ts'

const folder = new URL('../../simulator/scenarios/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const profiles = loadCatalogue()
/** Each as fast as it supports if absent. */
const wantedSpeed = Number(process.env.OUTPOST_SCENARIO_SPEED ?? Number.POSITIVE_INFINITY)
const seedCount = Number(process.env.OUTPOST_SCENARIO_SEEDS ?? 0)
/** Undefined: each scenario's own. */
const seeds: readonly (number | undefined)[] =
  seedCount === 0 ? [undefined] : Array.from({ length: seedCount }, (_, i) => i + 1)

/** To start a gateway keeps the whole process busy, so that no story begins before the last one has started. */
class Start {
  readonly #missing: Set<string>
  readonly #all = Promise.withResolvers<void>()

  constructor(names: readonly string[]) {
    this.#missing = new Set(names)
  }

  reached(name: string): Promise<void> {
    this.#missing.delete(name)
    if (this.#missing.size === 0) this.#all.resolve()
    return this.#all.promise
  }
}

type Read = (options: {
  readonly profiles: typeof profiles
  readonly environment: Record<string, string>
}) => ReturnType<typeof loadScenario>

async function tell(
  file: string,
  {
    read,
    seed,
    untilAll,
  }: { readonly read: Read; readonly seed?: number | undefined; readonly untilAll: () => Promise<void> },
): Promise<{ readonly result: TestResult; readonly text: string }> {
  const places = await newPlaces()
  const loaded = read({ profiles, environment: placeVariables(places) })
  if ('problems' in loaded) throw new Error(loaded.problems.map(problemText).join('\n'))
  const scenario = seed === undefined ? loaded.scenario : { ...loaded.scenario, seed }
  const speed = Math.min(wantedSpeed, scenario.expect?.maxSpeed ?? 1)
  const result = await testScenario(scenario, {
    ...{ file, speed, signal: new AbortController().signal, onProgress: () => {}, onStory: () => {} },
    gateway: { type: 'started', places, create: (options) => new GatewayInProcess({ ...options, untilAll }) },
  })
  return { result, text: verdictText(outcomeOf(scenario, { file, speed, result }), (_, words) => words) }
}

function outcomeOf(
  { name, seed }: Scenario,
  { file, speed, result }: { readonly file: string; readonly speed: number; readonly result: TestResult },
) {
  return { type: 'judged', file, name, seed, speed, seconds: 0, result } as const
}

it('has every hazard of the mission', () => {
  expect(names.length).toBeGreaterThanOrEqual(15)
})

describe.each(seeds)('the library of scenarios (seed %s)', (seed) => {
  const failing = 'one that must fail'
  const start = new Start([...names, failing])

  it.concurrent.each(names)('%s', { timeout: 600_000 }, async (name) => {
    const file = new URL(name, folder).pathname
    const untilAll = () => start.reached(name)
    const read: Read = (options) => loadScenario(file, options)
    // One that cannot start shall not keep the others waiting.
    const { result, text } = await tell(file, { seed, untilAll, read }).finally(() => void untilAll())
    expect(result.verdict.isMet, text).toBe(true)
  })

  it.concurrent('fails where it must, and says what was missing', async () => {
    const file = 'removed.yaml'
    const text = `
name: { zh: 取下, en: Taken }
broker: { url: 'mqtt://127.0.0.1:1883' }
devices:
  - { id: tag, profile: outpost-ref-extinguisher-tag, address: lobby, interval: 1s, values: { pressure: 1200, present: 1 } }
timeline:
  - { at: 1s, device: tag, point: present, to: 0 }
gateway: { devices: { tag: { rules: { removed: { onDelay: 0s } } } } }
expect:
  alarms:
    - { device: tag, rule: removed, at: 1s, within: 10s, returned: { at: 2s, within: 1s } }
    - { device: tag, rule: pressure, level: low, at: 1s, within: 1s }
    - { kind: extinguisher, class: fault, never: true }
  nothingElse: true
`
    const { result, text: verdict } = await tell(file, {
      untilAll: () => start.reached(failing),
      read: (options) => parseScenario(text, { file, ...options }),
    }).finally(() => void start.reached(failing))
    expect(result.verdict.findings.map(({ status }) => status)).toEqual(['missed', 'missed', 'met', 'met'])
    expect(verdict).toContain('did not return to normal')
    expect(verdict).toMatch(/missed tag\.pressure at level low, .*\n +it did not come/)
  })
})
