/** A document against a TypeBox schema, with messages for people. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { schemaMessage } from './schema-message.ts'
import type { DocumentPath, DocumentProblem, YamlDocument } from './yaml-document.ts'

/** All problems of the document, in the order in which they stand in the file; none when it fits. */
export type SchemaCheck = (document: YamlDocument) => readonly DocumentProblem[]

/**
 * Unions of objects that share a constant key (`type`, `format`) are judged by that key alone. Compiled when it is needed
 * and kept as long as there is memory for it: the code for a configuration has megabytes, and a gateway reads one a month.
 */
export function compileSchema(schema: TSchema): SchemaCheck {
  let compiled: WeakRef<ValidateFunction> | null = null
  const validator = (): ValidateFunction => {
    const known = compiled?.deref()
    if (known !== undefined) return known
    // Ajv's optimizer costs a fifth of a start, and what it makes quicker runs once for each file.
    const ajv = new Ajv({
      allErrors: true,
      strict: true,
      discriminator: true,
      verbose: true,
      code: { optimize: false },
    })
    const fresh = ajv.compile(withDiscriminators(JSON.parse(JSON.stringify(schema))) as object)
    compiled = new WeakRef(fresh)
    return fresh
  }
  return (document) => {
    if (document.problems.length > 0) return document.problems
    // Reading the schema takes milliseconds, compiling it half a second; only who has to say what is wrong needs that.
    if (Check(schema, document.value)) return []
    const validate = validator()
    if (validate(document.value)) return []
    const problems = withoutOtherBranches(validate.errors ?? []).map((error) => toProblem(document, error))
    return problems.sort((a, b) => a.line - b.line || a.column - b.column)
  }
}

function toProblem(document: YamlDocument, error: ErrorObject): DocumentProblem {
  const path = pathOf(document.value, error.instancePath)
  const { key, at, message } = schemaMessage(error)
  if (key === null) return document.problem(path, message)
  return document.problem([...path, key], message, { at })
}

function pathOf(value: unknown, pointer: string): DocumentPath {
  let at = value
  return pointer
    .split('/')
    .slice(1)
    .map((token) => {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(at) ? Number(key) : key
      at = (at as Record<string, unknown>)[key]
      return step
    })
}

type Schema = Readonly<Record<string, unknown>>

/** TypeBox writes every union as `anyOf`; told by its tag, a union gives the errors of the chosen branch only. */
function withDiscriminators(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withDiscriminators)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withDiscriminators(value)]))
  const tag = Array.isArray(copy.anyOf) ? commonTag(copy.anyOf) : null
  if (tag === null) return copy
  const { anyOf, ...rest } = copy
  return { ...rest, type: 'object', discriminator: { propertyName: tag }, oneOf: anyOf }
}

function commonTag(branches: readonly Schema[]): string | null {
  const tags = branches.map((branch) => {
    const properties = (branch.properties ?? {}) as Readonly<Record<string, Schema>>
    const required = Array.isArray(branch.required) ? branch.required : []
    return Object.keys(properties).filter((key) => properties[key]?.const !== undefined && required.includes(key))
  })
  return tags[0]?.find((key) => tags.every((keys) => keys.includes(key))) ?? null
}

/** Of a union told by type (a number, or an object), the errors of the branch whose type came; else one error for all. */
function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept = errors
  const unions = errors.filter((error) => error.keyword === 'anyOf')
  for (const union of unions.sort((a, b) => a.schemaPath.length - b.schemaPath.length)) {
    if (!kept.includes(union)) continue
    const inside = kept.filter((error) => isInside(error, union))
    const branches = Map.groupBy(inside, (error) => error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0])
    const fitting = [...branches.values()].filter((branch) => !branch.some((error) => isMismatch(error, union)))
    const better = fitting.length === 1 ? (fitting[0] ?? []) : [union]
    kept = kept.filter((error) => better.includes(error) || (error !== union && !inside.includes(error)))
  }
  return kept
}

function isInside(error: ErrorObject, union: ErrorObject): boolean {
  const { instancePath: at } = error
  const deeper = at === union.instancePath || at.startsWith(`${union.instancePath}/`)
  return deeper && error.schemaPath.startsWith(`${union.schemaPath}/`)
}

function isMismatch(error: ErrorObject, union: ErrorObject): boolean {
  return error.instancePath === union.instancePath && ['type', 'const', 'enum'].includes(error.keyword)
}
