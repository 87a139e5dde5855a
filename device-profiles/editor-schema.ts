/**
 * JSON schemas for editors (the YAML extension of VS Code): what the checks of a file know, with a word about each key. The words are
 * the comments that stand above the keys in the source, so that they are written once.
 */
import { readFileSync } from 'node:fs'

export interface EditorSchemaOptions {
  readonly title: string
  /** Source files whose comments describe keys. A name that they describe in several ways gets none of them. */
  readonly sources: readonly URL[]
  /** Of keys without a comment, by name: one word means one thing everywhere. */
  readonly descriptions: Readonly<Record<string, string>>
  /** `${NAME}` may stand for any value, because the environment is put in its place. */
  readonly takesVariables: boolean
}

type Schema = Record<string, unknown>

export function editorSchemaText(schema: object, options: EditorSchemaOptions): string {
  const comments = keyComments(options.sources)
  const plain = JSON.parse(JSON.stringify(schema)) as Schema
  const made = described(plain, { words: new Map([...Object.entries(options.descriptions), ...comments]), options })
  const draft = 'http://json-schema.org/draft-07/schema#'
  return `${JSON.stringify({ $schema: draft, title: options.title, ...made }, null, 1)}\n`
}

interface Context {
  readonly words: ReadonlyMap<string, string>
  readonly options: EditorSchemaOptions
}

function described(schema: Schema, context: Context): Schema {
  const made: Schema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isSchema(value)) made[key] = properties(value, context)
    else if (Array.isArray(value)) made[key] = value.map((item) => (isSchema(item) ? described(item, context) : item))
    else made[key] = isSchema(value) ? described(value, context) : value
  }
  return made
}

function properties(all: Schema, context: Context): Schema {
  const entries = Object.entries(all).map(([name, value]): [string, unknown] => {
    if (!isSchema(value)) return [name, value]
    const own = described(value, context)
    const word = context.words.get(name)
    const texts = [word, own.description].filter((text) => typeof text === 'string')
    const description = texts.length === 0 ? {} : { description: texts.join(' – ') }
    const isTag = 'const' in own || (name === 'type' && 'enum' in own)
    if (!context.options.takesVariables || isTag) return [name, { ...own, ...description }]
    return [name, { ...withVariable(own), ...description }]
  })
  return Object.fromEntries(entries)
}

/** Numbers, switches, choices and texts of a given form. */
function withVariable(schema: Schema): Schema {
  const isLimited =
    ['number', 'integer', 'boolean'].includes(String(schema.type)) || 'enum' in schema || 'pattern' in schema
  return isLimited ? { anyOf: [schema, { type: 'string', pattern: '\\$\\{' }] } : schema
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keyComments(sources: readonly URL[]): ReadonlyMap<string, string> {
  const found = new Map<string, string | null>()
  for (const source of sources) {
    const text = readFileSync(source, 'utf8')
    for (const [, comment = '', name = ''] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+'?([\w-]+)'?: /g)) {
      const words = comment.replaceAll(/\s*\n?\s*\*?\s+/g, ' ').trim()
      found.set(name, found.has(name) && found.get(name) !== words ? null : words)
    }
  }
  return new Map([...found].flatMap(([name, words]) => (words === null ? [] : [[name, words] as const])))
}
