/** Checks requests against the schemas of their routes, and says what is wrong in one sentence. */
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler, FastifyTypeProvider } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { ApiError } from './errors.ts'

/** Handlers may answer with data that nobody may change. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

/** Gives handlers the types of their schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: this['schema'] extends TSchema ? Frozen<Static<this['schema']>> : unknown
}

const WHERE: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
}

/** What stands in a URL is text, so numbers are read from it; a JSON body must have the right types itself. */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const settings = { allErrors: false, useDefaults: true, removeAdditional: false, strict: false } as const
  const ofText = new Ajv({ ...settings, coerceTypes: 'array' })
  const ofJson = new Ajv({ ...settings, coerceTypes: false })
  return ({ schema, httpPart }) => {
    const validate = (httpPart === 'body' ? ofJson : ofText).compile(schema)
    const known = Object.keys((schema as { properties?: object }).properties ?? {})
    return (data: unknown) => {
      if (validate(data)) return { value: data }
      const first = validate.errors?.[0]
      const where = WHERE[httpPart ?? ''] ?? 'the request'
      const message = first === undefined ? `${where} is not valid` : explain(first, { where, known })
      return { error: new ApiError(400, 'invalid-request', { message }) }
    }
  }
}

function explain(error: ErrorObject, context: { readonly where: string; readonly known: readonly string[] }): string {
  const { where, known } = context
  const path = error.instancePath.slice(1).replaceAll('/', '.')
  const subject = path === '' ? where : `${where}: '${path}'`
  switch (error.keyword) {
    case 'additionalProperties':
      return `${where}: '${String(error.params.additionalProperty).slice(0, 64)}' is unknown; known: ${known.join(', ') || 'nothing'}`
    case 'required':
      return `${where}: '${String(error.params.missingProperty)}' is missing`
    case 'enum':
      return `${subject} must be one of ${(error.params.allowedValues as unknown[]).join(', ')}`
    default:
      return `${subject} ${error.message ?? 'is not valid'}`
  }
}

const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/

/** Milliseconds since 1970, from milliseconds or ISO 8601 with a time zone. `+` may have become a blank in a URL. */
export function parseTime(name: string, text: string): number {
  const trimmed = text.trim()
  const time = /^\d{1,15}(\.\d+)?$/.test(trimmed) ? Number(trimmed) : parseIso(trimmed.replace(' ', '+'))
  if (Number.isFinite(time)) return time
  throw new ApiError(400, 'invalid-request', {
    message: `the query: '${name}' must be milliseconds since 1970 or ISO 8601 with a time zone (2026-05-01T08:00:00+08:00), not '${text.slice(0, 64)}'`,
  })
}

function parseIso(text: string): number {
  return ISO_8601.test(text) ? Date.parse(text) : Number.NaN
}
