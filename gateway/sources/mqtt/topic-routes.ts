/**
 * From a topic to the devices that speak on it.
 *
 * Most devices have a topic of their own: a Map answers for those. Filters with wildcards (a network server puts the
 * application or gateway into the topic) stand in a tree of levels, whose cost does not grow with their number.
 */

import type { MessageReader } from './message-reader.ts'

/** A device and the filter of its topic [MQTT 4.7]: `+` is any one level, `#` at the end any number of levels. */
export interface TopicRoute {
  readonly deviceId: string
  readonly topicFilter: string
  /** Takes the messages apart; several devices may share one. Absent: they are the device's own words. */
  readonly reader?: MessageReader
}

/** Gives each matching device, or reader, once. */
export type TopicRoutes = TopicIndex<TopicRoute>

export interface TopicIndex<T> {
  /** In the order of the entries; empty when the topic is unknown. */
  match(topic: string): readonly T[]
}

interface Node {
  readonly children: Map<string, Node>
  readonly entries: number[]
}

/** Throws an error that names the device where a filter is not valid. */
export function createTopicRoutes(routes: readonly TopicRoute[]): TopicRoutes {
  const index = createTopicIndex(routes, ({ deviceId }) => `device ${deviceId}`)
  return {
    match(topic) {
      const matched = index.match(topic)
      return matched.length < 2 ? matched : once(matched)
    },
  }
}

/** Throws an error that names the owner where a filter is not valid. */
export function createTopicIndex<T extends { readonly topicFilter: string }>(
  entries: readonly T[],
  ownerOf: (entry: T) => string,
): TopicIndex<T> {
  const exact = new Map<string, number[]>()
  const root: Node = { children: new Map(), entries: [] }
  let patterns = 0
  for (const [index, entry] of entries.entries()) {
    const { topicFilter } = entry
    const problem = topicFilterProblem(topicFilter)
    if (problem !== null) throw new Error(`${ownerOf(entry)}: topic filter "${topicFilter}": ${problem}`)
    if (/[+#]/.test(topicFilter)) {
      nodeOf(root, topicFilter).entries.push(index)
      patterns++
    } else {
      const same = exact.get(topicFilter)
      if (same === undefined) exact.set(topicFilter, [index])
      else same.push(index)
    }
  }
  const single = entries.map((entry) => [entry])
  return {
    match(topic) {
      const found = exact.get(topic) ?? []
      const matched = patterns === 0 ? found : [...found, ...matchPatterns(root, topic)]
      const [first, second] = matched
      if (first === undefined) return []
      if (second === undefined) return single[first] ?? []
      return matched.toSorted((a, b) => a - b).flatMap((index) => single[index] ?? [])
    },
  }
}

/** One reader takes a message for all its devices. */
function once(routes: readonly TopicRoute[]): readonly TopicRoute[] {
  const seen = new Set<unknown>()
  return routes.filter(({ deviceId, reader = deviceId }) => {
    if (seen.has(reader)) return false
    seen.add(reader)
    return true
  })
}

/** Why this is no topic filter, or null. */
export function topicFilterProblem(filter: string): string | null {
  if (filter === '') return 'it must not be empty [MQTT-4.7.3-1]'
  if (filter.includes('\u0000')) return 'it must not contain U+0000 [MQTT-4.7.3-2]'
  if (Buffer.byteLength(filter) > 65_535) return 'it may have at most 65535 bytes [MQTT-4.7.3-3]'
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '# must stand alone in the last level [MQTT-4.7.1-2]'
    }
    if (level.includes('+') && level !== '+') return '+ must stand alone in its level [MQTT-4.7.1-3]'
  }
  return null
}

function nodeOf(root: Node, filter: string): Node {
  let node = root
  for (const level of filter.split('/')) {
    let child = node.children.get(level)
    if (child === undefined) {
      child = { children: new Map(), entries: [] }
      node.children.set(level, child)
    }
    node = child
  }
  return node
}

function matchPatterns(root: Node, topic: string): number[] {
  const levels = topic.split('/')
  const found: number[] = []
  const visit = (node: Node, depth: number): void => {
    // A wildcard at the first level does not match the broker's own topics [MQTT-4.7.2-1].
    const wildcards = depth > 0 || !topic.startsWith('$')
    // '#' also matches its parent level.
    if (wildcards) found.push(...(node.children.get('#')?.entries ?? []))
    const level = levels[depth]
    if (level === undefined) {
      found.push(...node.entries)
      return
    }
    for (const name of wildcards ? [level, '+'] : [level]) {
      const child = node.children.get(name)
      if (child !== undefined) visit(child, depth + 1)
    }
  }
  visit(root, 0)
  return found
}
