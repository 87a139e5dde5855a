/** What a user may publish and subscribe to. */
import { filterCovers, filterMatches } from './topic-tree.ts'

/** `topics`: filters, in which {username} and {clientId} stand for what the client is called. */
export type Rights =
  | { readonly type: 'everything' }
  | { readonly type: 'topics'; readonly publish: readonly string[]; readonly subscribe: readonly string[] }

export interface ClientName {
  readonly username: string
  readonly clientId: string
}

/** The rights of one client. */
export interface Permissions {
  mayPublish(topic: string): boolean
  /** True where everything that the filter can match is allowed. */
  maySubscribe(filter: string): boolean
}

const EVERYTHING: Permissions = { mayPublish: () => true, maySubscribe: () => true }

export function permissionsOf(rights: Rights, client: ClientName): Permissions {
  if (rights.type === 'everything') return EVERYTHING
  const publish = rights.publish.flatMap((filter) => filled(filter, client))
  const subscribe = rights.subscribe.flatMap((filter) => filled(filter, client))
  // Most devices have few topics without wildcards.
  const exact = new Set(publish.filter((filter) => !/[+#]/.test(filter)))
  const patterns = publish.filter((filter) => !exact.has(filter))
  return {
    mayPublish: (topic) => exact.has(topic) || patterns.some((filter) => filterMatches(filter, topic)),
    maySubscribe: (wanted) => subscribe.some((filter) => filterCovers(filter, wanted)),
  }
}

/** Nothing where a name would change the meaning of the filter. */
function filled(filter: string, { username, clientId }: ClientName): readonly string[] {
  const names: Readonly<Record<string, string>> = { '{username}': username, '{clientId}': clientId }
  const used = Object.keys(names).filter((place) => filter.includes(place))
  if (used.some((place) => /[+#/]|^$/.test(names[place] ?? ''))) return []
  return [filter.replaceAll(/\{username\}|\{clientId\}/g, (place) => names[place] ?? '')]
}
