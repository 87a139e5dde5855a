/** Secrets come from the environment, and what comes from the environment is never printed. */
import { type Document, isPair, isScalar, type Node, visit } from 'yaml'
import type { DocumentProblem, YamlDocument } from '../../device-profiles/yaml-document.ts'

const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'token', 'secret'])

/** Values of these keys are texts, even when a variable gives nothing but digits. */
export const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...SECRET_KEYS,
  ...['id', 'name', 'username', 'clientId', 'address', 'place', 'host', 'path', 'org', 'bucket', 'database', 'topic'],
])

export interface LiteralSecret {
  readonly node: Node
  readonly message: string
}

/** The secrets that are written in the file itself. A URL with a password in it counts as one. */
export function literalSecrets(document: Document, fromEnvironment: ReadonlySet<Node>): readonly LiteralSecret[] {
  const found: LiteralSecret[] = []
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key) || !isScalar(pair.value) || fromEnvironment.has(pair.value)) return
      const key = String(pair.key.value)
      const text = String(pair.value.value)
      if (SECRET_KEYS.has(key) && text !== '') {
        const message = `expected a secret from the environment, as \${NAME}; a ${key} is never written in the file`
        found.push({ node: pair.value, message })
      } else if (/^[a-z]+:\/\/[^/@\s]*:[^/@\s]*@/.test(text)) {
        found.push({
          node: pair.value,
          message: 'expected a URL without a password; give username and password as keys',
        })
      }
    },
  })
  return found
}

/** The same problems, without the values that came from the environment or are secrets. */
export function withoutValues(
  problems: readonly DocumentProblem[],
  { document, nodes }: { readonly document: YamlDocument; readonly nodes: Iterable<Node> },
): readonly DocumentProblem[] {
  const hidden = new Set([...nodes].map((node) => placeKey(document.place(node))))
  return problems.map((problem) =>
    problem.file === document.file && hidden.has(placeKey(problem))
      ? { ...problem, message: problem.message.replace(/, got .*$/s, ', got another value (not shown)') }
      : problem,
  )
}

function placeKey({ line, column }: { readonly line: number; readonly column: number }): string {
  return `${line}:${column}`
}
