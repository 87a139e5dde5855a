/** Ajv's errors in words: what was expected, what came, what was perhaps meant. */
import type { ErrorObject } from 'ajv'
import { suggestion } from './suggestion.ts'

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
  readonly properties?: Readonly<Record<string, unknown>>
  readonly patternProperties?: Readonly<Record<string, unknown>>
  readonly anyOf?: readonly ParentSchema[]
  readonly oneOf?: readonly { readonly properties?: Readonly<Record<string, { readonly const?: unknown }>> }[]
}

export function schemaMessage(error: ErrorObject): SchemaMessage {
  const { keyword, params, data } = error
  const parent = (error.parentSchema ?? {}) as ParentSchema
  if (keyword === 'additionalProperties') return unknownKey(String(params.additionalProperty), parent)
  if (keyword === 'required') return { key: null, at: 'value', message: `missing key "${params.missingProperty}"` }
  if (keyword === 'discriminator') return wrongTag(params, parent)
  if (keyword === 'enum') return { key: null, at: 'value', message: wrongWord(params.allowedValues, data) }
  return {
    key: null,
    at: 'value',
    message: `expected ${expectation(error, parent)}, got ${describeValue(data)}${quotingHint(parent, data)}`,
  }
}

/** A value as people see it in the file, shortened. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1 item' : `a list of ${value.length} items`
  if (typeof value === 'object') return 'a map of keys'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  return String(value)
}

function unknownKey(key: string, parent: ParentSchema): SchemaMessage {
  const known = Object.keys(parent.properties ?? {})
  const [pattern] = Object.keys(parent.patternProperties ?? {})
  if (pattern !== undefined)
    return { key, at: 'key', message: `key "${key}" does not have the form that keys have here (${pattern})` }
  const near = suggestion(key, known)
  return {
    key,
    at: 'key',
    message: `unknown key "${key}"${near === '' ? `; the keys here are ${known.join(', ')}` : near}`,
  }
}

function wrongTag(params: ErrorObject['params'], parent: ParentSchema): SchemaMessage {
  const tag = String(params.tag)
  const tags = (parent.oneOf ?? []).map((branch) => String(branch.properties?.[tag]?.const))
  const words = wrongWord(tags, params.tagValue)
  if (params.tagValue !== undefined) return { key: tag, at: 'value', message: words }
  return { key: null, at: 'value', message: `missing key "${tag}": ${words}` }
}

function wrongWord(words: readonly unknown[], got: unknown): string {
  const near = typeof got === 'string' ? suggestion(got, words.map(String)) : ''
  return `expected one of ${words.join(', ')}, got ${describeValue(got)}${near}`
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
