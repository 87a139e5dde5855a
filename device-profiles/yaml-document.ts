/** YAML text whose values remember where they stand, so that every problem can be shown at its line and column. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { withoutConsequences, yamlMessage } from './yaml-messages.ts'

export interface DocumentProblem {
  readonly file: string
  /** From 1; 0 where the file could not be read at all. */
  readonly line: number
  readonly column: number
  /** E.g. `points[0].modbus.address`; empty for the whole file. */
  readonly path: string
  readonly message: string
}

export type DocumentPath = readonly (string | number)[]

export interface YamlDocument {
  readonly file: string
  /** Undefined where the text is no YAML; then `problems` says why. */
  readonly value: unknown
  readonly problems: readonly DocumentProblem[]
  /**
   * A problem at the value that stands at `path`, or at its nearest parent that exists.
   * `at: 'key'` points to the key instead of its value.
   */
  problem(path: DocumentPath, message: string, options?: { readonly at: 'key' | 'value' }): DocumentProblem
  /** Where a node stands, for those who took part by `prepare`. */
  place(node: Node): { readonly line: number; readonly column: number }
}

export interface YamlOptions {
  /** Changes the parsed document before its value is taken, e.g. to put variables in place. */
  readonly prepare?: (document: Document) => void
}

/** Never throws for what the text says. Aliases are limited, so that a small file cannot grow into a huge one. */
export function parseYamlDocument(text: string, file: string, options: YamlOptions = {}): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const found = withoutConsequences([...document.errors, ...document.warnings], ({ pos }) => at(pos[0]).line)
  const problems = found.map(
    (error): DocumentProblem => ({ file, ...at(error.pos[0]), path: '', message: yamlMessage(error, text) }),
  )
  if (problems.length === 0) options.prepare?.(document)
  const { value, failure } = problems.length === 0 ? toValue(document) : { value: undefined, failure: null }
  if (failure !== null) problems.push({ file, line: 1, column: 1, path: '', message: failure })
  return {
    file,
    value,
    problems,
    problem: (path, message, options) => {
      const offset = offsetOf(document, path, options?.at ?? 'value')
      return { file, ...at(offset), path: pathText(path), message }
    },
    place: (node) => at(node.range?.[0] ?? 0),
  }
}

/** `points[0].modbus.address` */
export function pathText(path: DocumentPath): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
}

/** One problem as one line: `file:line:column: path: message`. */
export function problemText({ file, line, column, path, message }: DocumentProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`
}

function toValue(document: Document): { readonly value: unknown; readonly failure: string | null } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), failure: null }
  } catch (error) {
    return { value: undefined, failure: error instanceof Error ? error.message : String(error) }
  }
}

function offsetOf(document: Document, path: DocumentPath, at: 'key' | 'value'): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [i, step] of path.entries()) {
    const child = childOf(document, node, step)
    if (child === null) break
    const last = i === path.length - 1
    offset = (at === 'key' && last ? child.key : child.value)?.range?.[0] ?? child.key?.range?.[0] ?? offset
    node = child.value
  }
  return offset
}

function childOf(
  document: Document,
  parent: Node | null,
  step: string | number,
): { readonly key: Node | null; readonly value: Node | null } | null {
  const node = isAlias(parent) ? (parent.resolve(document) ?? null) : parent
  if (isSeq(node)) {
    const item = node.items[Number(step)]
    return isNode(item) ? { key: null, value: item } : null
  }
  if (!isMap(node)) return null
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
  if (pair === undefined) return null
  return { key: isNode(pair.key) ? pair.key : null, value: isNode(pair.value) ? pair.value : null }
}
