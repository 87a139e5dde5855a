/** One folder per likely mistake in a profile under test/cases/profiles; `problems.txt` is what an engineer reads. Update with `vitest -u`. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCatalogue, loadProfileFile } from '../../../device-profiles/catalogue.ts'
import { problemText } from '../../../device-profiles/yaml-document.ts'

const cases = new URL('../../cases/profiles/', import.meta.url)
const { kinds } = loadCatalogue([cases.pathname])

describe('a profile with a mistake', () => {
  for (const name of readdirSync(cases).filter((folder) => folder !== 'kinds')) {
    it(name.replaceAll('-', ' '), async () => {
      const folder = new URL(`${name}/`, cases).pathname
      const { profile, problems, advice } = loadProfileFile(`${folder}gauge.yaml`, { kinds, profiles: new Map() })
      const lines = [...problems.map(problemText), ...advice.map((slip) => `advice: ${problemText(slip)}`)]
      const text = lines.map((line) => `${line.replace(folder, '')}\n`).join('') || 'no problem\n'
      expect(profile === null).toBe(problems.length > 0)
      expect(lines.length === 0).toBe(name === 'sound')
      await expect(text).toMatchFileSnapshot(`${folder}problems.txt`)
    })
  }
})
