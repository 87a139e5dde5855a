/** RFC 6901 pointers into parsed JSON. */
const ARRAY_INDEX = /^(0|[1-9][0-9]*)$/

/** The reference tokens, unescaped; none for the whole document. */
export function pointerTokens(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands at the pointer, or undefined. Only own members count, so `/constructor` finds nothing. */
export function valueAt(document: unknown, tokens: readonly string[]): unknown {
  let value = document
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value) && !ARRAY_INDEX.test(token)) return undefined
    if (!Object.hasOwn(value, token)) return undefined
    value = (value as Record<string, unknown>)[token]
  }
  return value
}

/**
 * The document with `value` at the pointer. Missing members are created: arrays where the next token is an index (gaps become
 * null), objects elsewhere.
 */
export function withValueAt(document: unknown, tokens: readonly string[], value: unknown): unknown {
  const [token, ...rest] = tokens
  if (token === undefined) return value
  const container = document ?? (ARRAY_INDEX.test(token) ? [] : {})
  if (typeof container !== 'object') throw new RangeError(`"${token}" cannot stand inside a ${typeof container}`)
  const member = Object.hasOwn(container, token) ? (container as Record<string, unknown>)[token] : undefined
  const changed = withValueAt(member, rest, value)
  if (Array.isArray(container)) {
    while (container.length < Number(token)) container.push(null)
    container[Number(token)] = changed
  } else {
    // defineProperty, because assigning to "__proto__" would not make a member.
    Object.defineProperty(container, token, { value: changed, enumerable: true, writable: true, configurable: true })
  }
  return container
}
