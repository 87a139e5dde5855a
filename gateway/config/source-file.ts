/** A configuration file as it is written: its text, its environment, its form. What it means is for others. */
import { readFileSync, statSync } from 'node:fs'
import type { Node } from 'yaml'
import type { compileSchema } from '../../device-profiles/schema-check.ts'
import { type DocumentProblem, parseYamlDocument, type YamlDocument } from '../../device-profiles/yaml-document.ts'
import {
  type Environment,
  type MissingVariable,
  missingProblems,
  otherProblems,
  substituteEnvironment,
} from '../../device-profiles/yaml-environment.ts'
import { hashNodes, type LiteralSecret, literalSecrets, SECRET_KEYS, TEXT_KEYS, withoutValues } from './secrets.ts'

export interface SourceFile {
  /** Null where the form is wrong, and `problems` say how. */
  readonly document: YamlDocument | null
  readonly problems: readonly DocumentProblem[]
  /** Problems in the order of the file, without values that nobody may see. */
  shown(problems: readonly DocumentProblem[]): readonly DocumentProblem[]
}

/** A larger file is a mistake, not a configuration. */
const MAX_BYTES = 16 * 1024 * 1024

/** Never throws for what the file says. */
export function readSourceFile(
  file: string,
  { environment, check }: { readonly environment: Environment; readonly check: ReturnType<typeof compileSchema> },
): SourceFile {
  const text = readText(file)
  if (typeof text !== 'string') return { document: null, problems: [text], shown: inOrder }
  const source = parse(text, { file, environment })
  const { document } = source
  const hide = (problems: readonly DocumentProblem[]) => withoutValues(problems, { document, nodes: source.hidden })
  const shown = (problems: readonly DocumentProblem[]) => inOrder(hide(problems))
  const form = [...source.problems, ...hide(otherProblems(check(document), source))]
  return { document: form.length > 0 ? null : document, problems: inOrder(form), shown }
}

function inOrder(problems: readonly DocumentProblem[]): readonly DocumentProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

function readText(file: string): string | DocumentProblem {
  const problem = (message: string): DocumentProblem => ({ file, line: 0, column: 0, path: '', message })
  try {
    if (statSync(file).size > MAX_BYTES) return problem(`expected a file of at most ${MAX_BYTES / 1024 / 1024} MiB`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface ParsedFile {
  readonly document: YamlDocument
  readonly missing: readonly MissingVariable[]
  /** Values that no message may show. */
  readonly hidden: ReadonlySet<Node>
  readonly problems: readonly DocumentProblem[]
}

function parse(text: string, { file, environment }: { file: string; environment: Environment }): ParsedFile {
  let missing: readonly MissingVariable[] = []
  let literal: readonly LiteralSecret[] = []
  const hidden = new Set<Node>()
  const document = parseYamlDocument(text, file, {
    prepare(parsed) {
      const substitution = substituteEnvironment(parsed, { environment, textKeys: TEXT_KEYS })
      missing = substitution.missing
      literal = literalSecrets(parsed, substitution)
      const unseen = [...literal.map((secret) => secret.node), ...hashNodes(parsed)]
      for (const node of [...substitution.fromEnvironment, ...unseen]) hidden.add(node)
    },
  })
  const at = (node: Node, message: string): DocumentProblem => ({ file, ...document.place(node), path: '', message })
  const problems = [
    ...missingProblems(document, missing, SECRET_KEYS),
    ...literal.map(({ node, message }) => at(node, message)),
  ]
  return { document, missing, hidden, problems }
}
