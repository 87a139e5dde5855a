import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import type { Environment } from '../../device-profiles/yaml-environment.ts'
import type { Scenario } from '../scenario.ts'
import { loadScenario } from '../scenario-file.ts'

/** The scenario of a file; where it has problems, all of them, each with its place. */
export function readFile(
  file: string,
  environment: Environment = process.env,
): { readonly scenario: Scenario } | { readonly problems: readonly string[] } {
  const catalogue = loadCatalogue()
  const result = loadScenario(file, { profiles: catalogue, environment })
  const problems = [...catalogue.problems, ...('problems' in result ? result.problems : [])]
  return 'scenario' in result && problems.length === 0 ? result : { problems: problems.map(problemText) }
}

/** The scenario of a file; null, with everything that is wrong with it on stderr, where it has problems. */
export function loadFile(file: string): Scenario | null {
  const result = readFile(file)
  if ('scenario' in result) return result.scenario
  process.stderr.write(result.problems.map((problem) => `${problem}\n`).join(''))
  return null
}
