/**
 * `${NAME}` and `${NAME:-default}` in the values of a YAML file stand for environment variables. They are put in place in
 * the parsed document, so that every problem still points to its line, and the places are remembered, so that a value
 * from the environment need not be printed.
 */
import { type Document, isPair, isScalar, type Node, type Pair, Scalar, visit } from 'yaml'
import type { DocumentProblem, YamlDocument } from './yaml-document.ts'

/** `$${NAME}` is the text `${NAME}` itself. */
const VARIABLE = /(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/** One variable, no default, nothing around it. */
const WHOLE_VARIABLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

export type Environment = Readonly<Record<string, string | undefined>>

export interface MissingVariable {
  readonly node: Node
  readonly name: string
  /** The key that the value stands under; empty in a list. */
  readonly key: string
}

export interface Substitution {
  /** The scalars whose text came, wholly or partly, from the environment. */
  readonly fromEnvironment: ReadonlySet<Node>
  /** Those of them that are one `${NAME}` and nothing else: not a letter of their text stands in the file. */
  readonly wholeVariables: ReadonlySet<Node>
  readonly missing: readonly MissingVariable[]
}

/**
 * Replaces the variables in every value of `document`, in place. Keys are left as they are.
 * A value that is all digits becomes a number, except under `textKeys`: a password of digits is still a text.
 */
export function substituteEnvironment(
  document: Document,
  { environment, textKeys }: { environment: Environment; textKeys: ReadonlySet<string> },
): Substitution {
  const fromEnvironment = new Set<Node>()
  const wholeVariables = new Set<Node>()
  const missing: MissingVariable[] = []
  visit(document, {
    Scalar(key, node, path) {
      const parent = path.at(-1)
      if (typeof node.value !== 'string' || !node.value.includes('${')) return
      if (key === 'key' && isPair(parent)) return
      const text = node.value.replace(VARIABLE, (_match, name: string, fallback: string | undefined) => {
        const value = environment[name]
        if (value !== undefined && value !== '') return value
        if (fallback === undefined) missing.push({ node, name, key: keyOf(parent) })
        return fallback ?? ''
      })
      VARIABLE.lastIndex = 0
      if (VARIABLE.test(node.value)) fromEnvironment.add(node)
      if (WHOLE_VARIABLE.test(node.value)) wholeVariables.add(node)
      const plain = text.replaceAll('$${', '${')
      node.value = node.type === Scalar.PLAIN && !textKeys.has(keyOf(parent)) ? numberIfNumeric(plain) : plain
    },
  })
  return { fromEnvironment, wholeVariables, missing }
}

function keyOf(parent: unknown): string {
  const pair = isPair(parent) ? (parent as Pair) : undefined
  return isScalar(pair?.key) ? String(pair.key.value) : ''
}

function numberIfNumeric(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** One problem per variable that is missing. Under `secretKeys` no default is recommended. */
export function missingProblems(
  document: YamlDocument,
  missing: readonly MissingVariable[],
  secretKeys: ReadonlySet<string> = new Set(),
): readonly DocumentProblem[] {
  return missing.map(({ node, name, key }) => ({
    file: document.file,
    ...document.place(node),
    path: '',
    message:
      `expected the environment variable ${name}, got none; set it` +
      (secretKeys.has(key) ? '' : `, or give a default: \${${name}:-…}`),
  }))
}

/** The problems that are not about a value whose variable is missing: that is said already. */
export function otherProblems(
  problems: readonly DocumentProblem[],
  { document, missing }: { readonly document: YamlDocument; readonly missing: readonly MissingVariable[] },
): readonly DocumentProblem[] {
  const known = missing.map(({ node }) => document.place(node))
  return problems.filter(({ line, column }) => !known.some((place) => place.line === line && place.column === column))
}
