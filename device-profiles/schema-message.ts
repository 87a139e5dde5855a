/** Ajv's errors in words: what was expected, what came, what was perhaps meant. */
import type { ErrorObject } from 'ajv'
import { suggestion } from './suggestion.ts'
import { meantBy } from './synonyms.ts'
import { valueHint } from './value-hints.ts'

export interface SchemaMessage {
  /** The member the message is about, where it is not the value itself. */
  readonly key: string | null
  /** Whether the member's name or its value is wrong. */
  readonly at: 'key' | 'value'
  readonly message: string
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  number: 'a number',
  integer: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  object: 'a map of keys',
  array: 'a list',
  null: 'nothing',
}

interface ParentSchema {
  readonly description?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, ParentSchema>>
  readonly patternProperties?: Readonly<Record<string, unknown>>
  readonly anyOf?: readonly ParentSchema[]
  readonly oneOf?: readonly { readonly properties?: Readonly<Record<string, { readonly const?: unknown }>> }[]
}

export function schemaMessage(error: ErrorObject): SchemaMessage {
  const { keyword, params, data } = error
  const parent = (error.parentSchema ?? {}) as ParentSchema
  if (keyword === 'additionalProperties') return unknownKey(String(params.additionalProperty), parent, data)
  if (keyword === 'required') return missingKey(String(params.missingProperty), parent)
  if (keyword === 'discriminator') return wrongTag(params, parent)
  if (keyword === 'enum') return { key: null, at: 'value', message: wrongWord(params.allowedValues, data) }
  return {
    key: null,
    at: 'value',
    message: `expected ${expectation(error, parent)}, got ${describeValue(data)}${hint(error, parent)}`,
  }
}

function hint({ data, instancePath }: ErrorObject, parent: ParentSchema): string {
  const key = instancePath.split('/').at(-1) ?? ''
  const types = [parent, ...(parent.anyOf ?? [])].map(({ type }) => type)
  const wantsNumber = types.includes('number') || types.includes('integer')
  return valueHint(data, { key, wantsNumber }) || quotingHint(parent, data)
}

function missingKey(key: string, { properties }: ParentSchema): SchemaMessage {
  const description = properties?.[key]?.description
  const meaning = description === undefined ? '' : `: ${description}`
  return { key: null, at: 'value', message: `missing key "${key}"${meaning}` }
}

/** A value as people see it in the file, shortened. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1 item' : `a list of ${value.length} items`
  if (typeof value === 'object') return 'a map of keys'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  return String(value)
}

function unknownKey(key: string, parent: ParentSchema, data: unknown): SchemaMessage {
  const known = Object.keys(parent.properties ?? {})
  const [pattern] = Object.keys(parent.patternProperties ?? {})
  if (pattern !== undefined)
    return { key, at: 'key', message: `key "${key}" does not have the form that keys have here (${pattern})` }
  const near = elsewhere(key, parent) || wordHint(key, known)
  const keys = near === '' ? `; the keys here are ${known.join(', ')}` : near
  return { key, at: 'key', message: `unknown key "${key}"${keys}${commaHint(key, data)}` }
}

/** The key is right, and its place is not: a scale belongs into the binding, not beside it. */
function elsewhere(key: string, { properties = {} }: ParentSchema): string {
  if (Object.hasOwn(properties, key)) return ''
  const places = Object.entries(properties).filter(([, inner]) => Object.hasOwn(inner.properties ?? {}, key))
  if (places.length === 0) return ''
  return `; it belongs into ${places.map(([name]) => `"${name}"`).join(' or ')}`
}

/** Inside { } YAML takes the words behind a comma for one more key, without a value. */
function commaHint(key: string, data: unknown): string {
  const value = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>)[key] : undefined
  return value === null && /\s/.test(key) ? '; a text with a comma in it needs quotes inside { }' : ''
}

function wrongTag(params: ErrorObject['params'], parent: ParentSchema): SchemaMessage {
  const tag = String(params.tag)
  const tags = (parent.oneOf ?? []).map((branch) => String(branch.properties?.[tag]?.const))
  const words = wrongWord(tags, params.tagValue)
  if (params.tagValue !== undefined) return { key: tag, at: 'value', message: words }
  return { key: null, at: 'value', message: `missing key "${tag}": ${words}` }
}

function wrongWord(words: readonly unknown[], got: unknown): string {
  const isWord = typeof got === 'string' || typeof got === 'number'
  const near = isWord ? wordHint(String(got), words.map(String)) : ''
  return `expected one of ${words.join(', ')}, got ${describeValue(got)}${near}`
}

/** By its meaning before its spelling: "float" is nearer to float16, and means float32. */
function wordHint(word: string, words: readonly string[]): string {
  const meant = meantBy(word, words)
  if (meant.length === 0) return suggestion(word, words)
  return `; did you mean ${meant.map((candidate) => `"${candidate}"`).join(' or ')}?`
}

function expectation({ keyword, params }: ErrorObject, parent: ParentSchema): string {
  if (parent.description !== undefined && keyword !== 'maxLength') return parent.description
  switch (keyword) {
    case 'type':
      return typeName(params.type)
    case 'const':
      return JSON.stringify(params.allowedValue)
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${params.comparison} ${params.limit}`
    case 'minLength':
      return params.limit === 1 ? 'a text that is not empty' : `a text of at least ${params.limit} characters`
    case 'maxLength':
      return `a text of at most ${params.limit} characters`
    case 'minItems':
      return `a list of at least ${params.limit} ${params.limit === 1 ? 'item' : 'items'}`
    case 'maxItems':
    case 'additionalItems':
      return `a list of at most ${params.limit} items`
    case 'pattern':
      return `a text of the form ${params.pattern}`
    case 'anyOf':
      return [...new Set((parent.anyOf ?? []).map((branch) => branch.description ?? typeName(branch.type)))].join(
        ' or ',
      )
    default:
      return `something else (${keyword})`
  }
}

function typeName(type: unknown): string {
  return TYPE_NAMES[String(type)] ?? 'something else'
}

/** YAML reads 0300, 12:30 or yes as something else than a text; the remedy is not obvious to everyone. */
function quotingHint(parent: ParentSchema, data: unknown): string {
  if (parent.type !== 'string' || (typeof data !== 'number' && typeof data !== 'boolean')) return ''
  return parent.description === undefined ? '; write it in quotes if a text is meant' : ''
}
