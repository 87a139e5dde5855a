import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { problemText } from '../../device-profiles/yaml-document.ts'
import type { Environment } from '../../device-profiles/yaml-environment.ts'
import type { Scenario } from '../scenario.ts'
import { loadScenario } from '../scenario-file.ts'

const OWN_PROFILES = dirname(fileURLToPath(new URL('../../device-profiles/catalogue.ts', import.meta.url)))

interface FileOptions {
  readonly environment?: Environment
  /** A folder with models of one's own, beside those that come with Outpost. */
  readonly profiles?: string | undefined
}

/** The scenario of a file; where it has problems, all of them, each with its place. */
export function readFile(
  file: string,
  { environment = process.env, profiles }: FileOptions = {},
): { readonly scenario: Scenario } | { readonly problems: readonly string[] } {
  const catalogue = loadCatalogue([OWN_PROFILES, ...(profiles === undefined ? [] : [profiles])])
  const result = loadScenario(file, { profiles: catalogue, environment })
  const problems = [...catalogue.problems, ...('problems' in result ? result.problems : [])]
  return 'scenario' in result && problems.length === 0 ? result : { problems: problems.map(problemText) }
}

/**
 * The scenario of a file; null, with everything that is wrong with it on stderr, where it has problems. `profiles`: a folder
 * with models of one's own.
 */
export function loadFile(file: string, profiles?: string): Scenario | null {
  const result = readFile(file, { profiles })
  if ('scenario' in result) return result.scenario
  process.stderr.write(result.problems.map((problem) => `${problem}\n`).join(''))
  return null
}
