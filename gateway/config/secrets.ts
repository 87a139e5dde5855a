/** Secrets come from the environment, and what comes from the environment is never printed. */
import { type Document, isAlias, isPair, isScalar, type Node, visit } from 'yaml'
import type { DocumentProblem, YamlDocument } from '../../device-profiles/yaml-document.ts'
import type { Substitution } from '../../device-profiles/yaml-environment.ts'

/** Under these stands one `${NAME}` and nothing else. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'token', 'secret'])

/** Values of these keys are texts, even when a variable gives nothing but digits. */
export const TEXT_KEYS: ReadonlySet<string> = new Set([
  ...SECRET_KEYS,
  ...[
    'id',
    'name',
    'username',
    'clientId',
    'address',
    'place',
    'phone',
    'host',
    'path',
    'org',
    'bucket',
    'database',
    'topic',
    'certificate',
  ],
])

export interface LiteralSecret {
  readonly node: Node
  readonly message: string
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it shows how a variable is written
const ONE_VARIABLE = 'expected a secret from the environment, as ${NAME} without a default'

/** The secrets that are written in the file itself, also as a default. A URL with a password in it counts as one. */
export function literalSecrets(
  document: Document,
  { fromEnvironment, wholeVariables }: Substitution,
): readonly LiteralSecret[] {
  const found: LiteralSecret[] = []
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key)) return
      const { value } = pair
      if (!isScalar(value) && !isAlias(value)) return
      const key = String(pair.key.value)
      const text = isScalar(value) ? String(value.value) : `*${value.source}`
      if (SECRET_KEYS.has(key) && !wholeVariables.has(value) && text !== '') {
        found.push({ node: value, message: `${ONE_VARIABLE}; a ${key} is never written in the file` })
      } else if (!fromEnvironment.has(value) && /^[a-z]+:\/\/[^/@\s]*:[^/@\s]*@/.test(text)) {
        found.push({ node: value, message: 'expected a URL without a password; give username and password as keys' })
      }
    },
  })
  return found
}

/** A hash may stand in the file. It is not shown all the same: what is wrong with it may be that it is the password. */
export function hashNodes(document: Document): readonly Node[] {
  const found: Node[] = []
  visit(document, {
    Pair(_, pair) {
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === 'passwordHash' && isScalar(pair.value)) {
        found.push(pair.value)
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
