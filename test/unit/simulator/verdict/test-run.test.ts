/** Whole: a simulated field, a real gateway, and the verdict on what it told. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { systemClock } from '../../../../gateway/clock.ts'
import type { Scenario } from '../../../../simulator/scenario.ts'
import { gatewayConfiguration } from '../../../../simulator/verdict/gateway-configuration.ts'
import { junitXml } from '../../../../simulator/verdict/junit.ts'
import { testScenario } from '../../../../simulator/verdict/test-run.ts'
import { verdictText } from '../../../../simulator/verdict/verdict-text.ts'
import { type AppInProcess, startApp } from '../../../support/app-in-process.ts'
import { FIELD_USER, type GatewayPlan } from '../../../support/gateway-process.ts'
import { scenarioOf } from '../scenarios.ts'
import { xmlProblem } from './xml-problem.ts'

const storyText = (mqttPort: number, expected: string): string => `
name: { zh: 取下 & <放回>, en: Taken & put <back> }
broker: { url: 'mqtt://127.0.0.1:${mqttPort}', username: ${FIELD_USER.name}, password: ${FIELD_USER.password} }
devices:
  - { id: tag, profile: outpost-ref-extinguisher-tag, address: lobby, interval: 5s, values: { pressure: 1200, present: 1 } }
timeline:
  - { at: 500ms, device: tag, point: present, to: 0 }
  - { at: 1s, device: tag, point: present, to: 1 }
gateway:
  devices: { tag: { interval: 1m, rules: { removed: { onDelay: 0s, offDelay: 0s } } } }
expect:
${expected}`
const story = (mqttPort: number, expected: string): Scenario => scenarioOf(storyText(mqttPort, expected))

let app: AppInProcess
beforeAll(async () => {
  const scenario = story(1, '  nothingElse: true')
  const plan = { linePorts: new Map(), httpPort: 1, mqttPort: 1, speed: 1, dataDirectory: 'data' }
  const { devices } = parse(gatewayConfiguration(scenario, plan)) as Pick<GatewayPlan, 'devices'>
  app = await startApp({ devices }, { clock: systemClock })
}, 120_000)
afterAll(() => app.remove())

const folder = mkdtempSync(join(tmpdir(), 'outpost-verdict-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The command line, against that gateway or another. */
async function command(expected: string, url = `http://127.0.0.1:${app.gateway.httpPort}`) {
  const file = join(folder, 'taken.yaml')
  writeFileSync(file, storyText(app.gateway.mqttPort, expected))
  const results = ['--junit', join(folder, 'junit.xml'), '--picture', `${folder}/`]
  const main = fileURLToPath(new URL('../../../../simulator/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, 'test', file, '--gateway', url, ...results])
  const [out, err] = [child.stdout, child.stderr].map((stream) => text(stream))
  const [code] = await once(child, 'close')
  return { code: code as number, out: await out, err: await err }
}

function tell(expected: string) {
  const url = `http://127.0.0.1:${app.gateway.httpPort}`
  return testScenario(story(app.gateway.mqttPort, expected), {
    ...{ file: 'taken.yaml', speed: 1, gateway: { type: 'running', address: { url } } },
    ...{ onProgress: () => {}, onStory: () => {}, signal: new AbortController().signal },
  })
}

const outcome = (result: Awaited<ReturnType<typeof tell>>) =>
  ({ type: 'judged', file: 'taken.yaml', name: result.scenario.name, seed: 1, speed: 1, seconds: 3, result }) as const
const plain = (_: string, text: string): string => text

describe('a scenario that is told to a gateway', { timeout: 120_000 }, () => {
  it('is met by what the gateway told', async () => {
    const result = await tell(`
  nothingElse: true
  alarms: [{ device: tag, rule: removed, class: alarm, at: 500ms, within: 20s, returned: { at: 1s, within: 20s } }]`)
    expect(result.verdict.findings.map(({ status }) => status)).toEqual(['met', 'met'])
    expect(result.trends.get('tag.pressure')?.at(-1)).toMatchObject({ value: 1200 })
  })

  it('fails where it must fail, and says what was missing', async () => {
    const result = await tell(`
  nothingElse: true
  alarms: [{ device: tag, rule: pressure, level: low, at: 500ms, within: 300ms }]`)
    const said = verdictText(outcome(result), plain)
    expect(said).toMatch(/✗ missed tag\.pressure at level low, 00:00\.5 to 00:00\.8\n +it did not come\n/)
    expect(said).toMatch(/✗ missed nothing else\n +not expected: alarm tag\.removed \(high at 00:[\d.]+, returned at /)
    expect(said).toContain('0 of 2 expectations met')
    const xml = junitXml([outcome(result), { ...outcome(result), type: 'failed', reason: 'no "gateway"\nat all' }])
    expect(xmlProblem(xml)).toBe(null)
    expect(xml).toContain('<testsuites name="outpost-simulator" tests="3" failures="2" errors="1" time="6.000">')
    expect(xml).toContain('<testsuite name="Taken &amp; put &lt;back&gt;"')
    expect(xml).toContain('<error message="no &quot;gateway&quot;">')
  })

  it('is not told to a gateway that does not have its devices', async () => {
    const scenario = story(app.gateway.mqttPort, '  nothingElse: true')
    const tag = scenario.devices.get('tag') ?? expect.fail('the scenario has a tag')
    const other = { ...scenario, devices: new Map([['tagg', { ...tag, id: 'tagg' }]]) }
    const url = `http://127.0.0.1:${app.gateway.httpPort}`
    await expect(
      testScenario(other, {
        ...{ file: 'x.yaml', speed: 1, gateway: { type: 'running', address: { url } } },
        ...{ onProgress: () => {}, onStory: () => {}, signal: new AbortController().signal },
      }),
    ).rejects.toThrow(`${url} has no device or group "tagg"; did you mean "tag"?`)
  })
  it('is told from the command line, with exit codes and files of what came of it', async () => {
    const alarm = '{ device: tag, rule: removed, at: 500ms, within: 20s, returned: { at: 1s, within: 20s } }'
    const met = await command(`\n  alarms: [${alarm}]`)
    expect(met).toMatchObject({ code: 0, err: '' })
    // No terminal, so no colours.
    expect(met.out).toContain('\n  ✓ met    tag.removed, 00:00.5 to 00:20.5\n')
    const picture = readFileSync(join(folder, 'taken.svg'), 'utf8')
    expect(xmlProblem(picture)).toBe(null)
    expect(picture).toContain('取下 &amp; &lt;放回&gt; / Taken &amp; put &lt;back&gt;')
    const missed = await command('\n  until: 1s\n  alarms: [{ device: tag, rule: removed, never: true }]')
    expect([missed.code, missed.out]).toEqual([1, expect.stringContaining('✗ missed never tag.removed')])
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('tests="1" failures="1" errors="0"')
  })

  it('is not to be tested without a gateway, and that is another exit code', async () => {
    const gone = await command('\n  nothingElse: true', 'http://127.0.0.1:1')
    expect(gone.code).toBe(2)
    expect(gone.out).toContain('could not be tested: http://127.0.0.1:1/api/alarms?open=true: ')
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('tests="1" failures="0" errors="1"')
    const wrong = await command('\n  nothingElse: perhaps')
    expect([wrong.code, wrong.out]).toEqual([2, expect.stringContaining('expect.nothingElse: ')])
  })
})
