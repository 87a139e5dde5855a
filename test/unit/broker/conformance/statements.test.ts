/** Each statement that a broker must keep is named by a test. */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { STATEMENTS } from './statements.ts'

const folder = new URL('..', import.meta.url).pathname
const texts = globSync(['conformance/*.test.ts', 'listeners.test.ts'], { cwd: folder }).map((file) =>
  readFileSync(`${folder}/${file}`, 'utf8'),
)
const named = new Set(texts.flatMap((text) => [...text.matchAll(/MQTT-(\d\.\d+\.\d+-\d+)/g)].map(([, id]) => id)))

test.each([...STATEMENTS].filter(([, keeper]) => keeper !== 'client').map(([id]) => id))(
  '[MQTT-%s] has a test',
  (id) => {
    expect([...named]).toContain(id)
  },
)

test('no test is named after a statement that does not exist', () => {
  expect([...named].filter((id) => id === undefined || !STATEMENTS.has(id))).toEqual([])
})
