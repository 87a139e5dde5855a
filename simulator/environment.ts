/** `${NAME}` and `${NAME:-default}` in the values of a scenario file stand for environment variables. */
import { type Document, isPair, isScalar, type Node, Scalar, visit } from 'yaml'

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
/** A password of digits is still a text. */
const TEXT_KEYS: ReadonlySet<string> = new Set(['username', 'password', 'address', 'path'])

export type Environment = Readonly<Record<string, string | undefined>>

export interface MissingVariable {
  readonly node: Node
  readonly name: string
}

/**
 * Puts the variables in place in the parsed document, so that every problem still points to its line. A value without
 * quotes that is a number becomes one. Gives back the variables that are neither set nor have a default.
 */
export function substituteEnvironment(document: Document, environment: Environment): readonly MissingVariable[] {
  const missing: MissingVariable[] = []
  visit(document, {
    Scalar(key, node, path) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const text = node.value.replaceAll(VARIABLE, (_all, name: string, fallback: string | undefined) => {
        const value = environment[name]
        if (value !== undefined && value !== '') return value
        if (fallback === undefined) missing.push({ node, name })
        return fallback ?? ''
      })
      node.value = node.type === Scalar.PLAIN && !TEXT_KEYS.has(keyOf(path.at(-1))) ? numberIfNumeric(text) : text
    },
  })
  return missing
}

function keyOf(parent: unknown): string {
  return isPair(parent) && isScalar(parent.key) ? String(parent.key.value) : ''
}

function numberIfNumeric(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
