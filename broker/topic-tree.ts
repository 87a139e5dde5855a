/** Topic filters with their holders, found by topic [MQTT 4.7]. The cost of a match does not grow with their number. */
interface Node<T, H> {
  readonly children: Map<string, Node<T, H>>
  readonly values: Map<H, T>
}

export class TopicTree<T, H = string> {
  readonly #root: Node<T, H> = { children: new Map(), values: new Map() }

  /** `holder` may stand behind many filters, each time with another value. */
  set(filter: string, holder: H, value: T): void {
    let node = this.#root
    for (const level of filter.split('/')) {
      let child = node.children.get(level)
      if (child === undefined) {
        child = { children: new Map(), values: new Map() }
        node.children.set(level, child)
      }
      node = child
    }
    node.values.set(holder, value)
  }

  delete(filter: string, holder: H): void {
    remove(this.#root, filter.split('/'), holder)
  }

  get isEmpty(): boolean {
    return this.#root.children.size === 0
  }

  hasMatch(topic: string): boolean {
    if (this.isEmpty) return false
    let found = false
    this.match(topic, () => {
      found = true
    })
    return found
  }

  /** Calls `found` for each holder of each filter that matches. */
  match(topic: string, found: (holder: H, value: T) => void): void {
    const levels = topic.split('/')
    // A wildcard at the first level does not match the broker's own topics [MQTT-4.7.2-1].
    walk(this.#root, { levels, depth: 0, wildcards: !topic.startsWith('$') }, found)
  }
}

function walk<T, H>(
  node: Node<T, H>,
  at: { readonly levels: readonly string[]; readonly depth: number; readonly wildcards: boolean },
  found: (holder: H, value: T) => void,
): void {
  const report = (matched: Node<T, H> | undefined): void => {
    for (const [holder, value] of matched?.values ?? []) found(holder, value)
  }
  // '#' also matches its parent level [MQTT-4.7.1-2].
  if (at.wildcards) report(node.children.get('#'))
  const level = at.levels[at.depth]
  if (level === undefined) {
    report(node)
    return
  }
  const next = { levels: at.levels, depth: at.depth + 1, wildcards: true }
  for (const name of at.wildcards ? [level, '+'] : [level]) {
    const child = node.children.get(name)
    if (child !== undefined) walk(child, next, found)
  }
}

/** True when nothing is left under the node. */
function remove<T, H>(node: Node<T, H>, levels: readonly string[], holder: H): boolean {
  const [level, ...rest] = levels
  if (level === undefined) {
    node.values.delete(holder)
  } else {
    const child = node.children.get(level)
    if (child !== undefined && remove(child, rest, holder)) node.children.delete(level)
  }
  return node.children.size === 0 && node.values.size === 0
}

/** True when the filter matches the topic; for few topics and a filter that is used once. */
export function filterMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}

/** True when every topic that `wanted` matches is matched by `filter`. Both are valid filters. */
export function filterCovers(filter: string, wanted: string): boolean {
  const allowed = filter.split('/')
  const levels = wanted.split('/')
  // Wildcards at the first level do not reach the broker's own topics [MQTT-4.7.2-1].
  if (wanted.startsWith('$') && (allowed[0] === '+' || allowed[0] === '#')) return false
  for (const [i, level] of allowed.entries()) {
    const asked = levels[i]
    // '#' also matches its parent level [MQTT-4.7.1-2].
    if (level === '#') return true
    if (asked === undefined || asked === '#' || (level !== '+' && level !== asked)) return false
  }
  return allowed.length === levels.length
}
