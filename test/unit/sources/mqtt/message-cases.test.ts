/** One folder per envelope and trap under test/cases/messages; `expected.txt` is what became of it. Update with `vitest -u`. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { playMessageCase } from '../../../support/message-case.ts'

const cases = new URL('../../../cases/messages/', import.meta.url)

test.each(readdirSync(cases).sort())('%s', async (name) => {
  const folder = new URL(`${name}/`, cases).pathname
  await expect(await playMessageCase(folder)).toMatchFileSnapshot(`${folder}expected.txt`)
})
