/** Scenario files written in tests, with the product's own profiles. */
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { problemText } from '../../../device-profiles/yaml-document.ts'
import type { Environment } from '../../../device-profiles/yaml-environment.ts'
import type { Scenario } from '../../../simulator/scenario.ts'
import { parseScenario } from '../../../simulator/scenario-file.ts'

const profiles = loadCatalogue()

/** A line with a radar gauge and an extinguisher tag, and a tag over MQTT. What is given replaces or adds whole keys. */
export const HEAD = `
name: { zh: 测试, en: Test }
seed: 7
broker: { url: 'mqtt://127.0.0.1:1883', username: field, password: secret }
lines:
  - { id: cabinet, type: modbus-tcp, host: 127.0.0.1, port: 0 }
devices:
  - { id: radar, profile: dfrobot-sen0676, parameters: { installation-height: 5 }, line: cabinet, unitId: 1, values: { level: 0.1 } }
  - { id: hook, profile: outpost-ref-extinguisher-tag-modbus, line: cabinet, unitId: 2, values: { pressure: 1200, present: 1 } }
  - { id: tag, profile: outpost-ref-extinguisher-tag, address: lobby, interval: 1h, values: { pressure: 1200, present: 1 } }
`

export function scenarioOf(text: string, environment: Environment = {}): Scenario {
  const result = parseScenario(text, { file: 'scenario.yaml', profiles, environment })
  if ('problems' in result) throw new Error(result.problems.map(problemText).join('\n'))
  return result.scenario
}

/** Each as `line «the word that stands at its column» path: message`, so that no test has to count columns. */
export function problemsOf(text: string, environment: Environment = {}): readonly string[] {
  const result = parseScenario(text, { file: 'scenario.yaml', profiles, environment })
  const problems = 'problems' in result ? result.problems : []
  return problems.map(({ line, column, path, message }) => {
    const rest = text.split('\n')[line - 1]?.slice(column - 1) ?? ''
    return `${line} «${/^\S*/.exec(rest)?.[0]}» ${path === '' ? '' : `${path}: `}${message}`
  })
}
