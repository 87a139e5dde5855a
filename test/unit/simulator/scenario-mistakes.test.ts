/** One folder per mistake under test/cases/scenarios; `problems.txt` is what a tester reads. Update with `vitest -u`. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { problemText } from '../../../device-profiles/yaml-document.ts'
import { loadScenario } from '../../../simulator/scenario-file.ts'

const cases = new URL('../../cases/scenarios/', import.meta.url)
const profiles = loadCatalogue()

describe('a scenario with a mistake', () => {
  for (const name of readdirSync(cases).sort()) {
    it(name.replaceAll('-', ' '), async () => {
      const folder = new URL(`${name}/`, cases)
      const result = loadScenario(new URL('scenario.yaml', folder).pathname, { profiles, environment: {} })
      const problems = 'problems' in result ? result.problems : []
      const text = problems.map((problem) => `${problemText(problem)}\n`.replaceAll(folder.pathname, '')).join('')
      expect(problems.length).toBeGreaterThan(0)
      expect(text).not.toContain('secret')
      await expect(text).toMatchFileSnapshot(new URL('problems.txt', folder).pathname)
    })
  }
})
