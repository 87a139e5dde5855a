/** What editors say of the files: nothing of those that are shipped, and something of a mistake; each key has a word of help. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { schemaFiles } from '../../../device-profiles/profile-schema.ts'
import { configSchemaText } from '../../../gateway/config/config-schema.ts'
import { scenarioSchemaText } from '../../../simulator/scenario-editor-schema.ts'

const root = new URL('../../..', import.meta.url).pathname

/** As an editor does it: the file says in its first line which schema it follows. */
const SCHEMA_LINE = /^# yaml-language-server: \$schema=(\S+)\n/
const shipped = globSync(
  ['device-profiles/{models,kinds}/*.yaml', 'simulator/{demo,scenarios}/*.yaml', '.docker/outpost.yaml'],
  {
    cwd: root,
  },
).sort()

// Draft 7 as editors understand it: what is more in the schemas are annotations.
const ajv = new Ajv({ strict: false, allErrors: true })
const validators = new Map<string, ReturnType<typeof ajv.compile>>()
function validatorOf(file: string) {
  const known = validators.get(file)
  if (known !== undefined) return known
  const made = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object)
  validators.set(file, made)
  return made
}

function schemaOf(file: string, text: string): string {
  const [, path = ''] = SCHEMA_LINE.exec(text) ?? []
  return join(root, dirname(file), path)
}

test.each(shipped)('%s names its schema and follows it', (file) => {
  const text = readFileSync(join(root, file), 'utf8')
  expect(text).toMatch(SCHEMA_LINE)
  const schema = schemaOf(file, text)
  expect(existsSync(schema), schema).toBe(true)
  const validate = validatorOf(schema)
  validate(parse(text))
  expect(validate.errors ?? []).toEqual([])
})

test('the schemas of configurations and scenarios are what the code says (config-schema.ts, scenario-editor-schema.ts write them)', () => {
  expect(readFileSync(join(root, 'gateway/config/outpost.schema.json'), 'utf8')).toBe(configSchemaText())
  expect(readFileSync(join(root, 'simulator/scenario.schema.json'), 'utf8')).toBe(scenarioSchemaText())
})

describe('a mistake is marked while it is typed', () => {
  test.each([
    ['simulator/demo/outpost.yaml', 'unitId: 1', 'unitID: 1'],
    ['simulator/demo/outpost.yaml', 'timeout: 500ms', 'timeout: 500'],
    ['simulator/demo/scenario.yaml', 'repeatEvery: 120s', 'repeatEvery: soon'],
    ['device-profiles/models/qdy30a.yaml', 'table: holding-register', 'table: holding'],
    ['device-profiles/models/qdy30a.yaml', 'range: [-0.3, 10]', 'range: 10'],
  ])('%s with %s as %s', (file, from, to) => {
    const text = readFileSync(join(root, file), 'utf8')
    expect(text).toContain(from)
    const validate = validatorOf(schemaOf(file, text))
    expect(validate(parse(text.replace(from, to)))).toBe(false)
  })
})

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Names of the keys of a schema and of the members of its lists that have no word of help. */
function wordless({ properties = {} }: Schema): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const members = [schema.items ?? {}, ...(schema.items?.anyOf ?? [])]
    const inside = members.flatMap((member) => Object.entries(member.properties ?? {}))
    const lacking = inside.flatMap(([key, { description }]) => (description === undefined ? [`${name}[].${key}`] : []))
    return [...(schema.description === undefined ? [name] : []), ...lacking]
  })
}

test.each([
  ...schemaFiles(),
  { name: 'outpost.schema.json', text: configSchemaText() },
  { name: 'scenario.schema.json', text: scenarioSchemaText() },
])('$name has a word about each key of the file and of its lists', ({ text }) => {
  expect([...new Set(wordless(JSON.parse(text) as Schema))]).toEqual([])
})
