/** Gateways below: each is known by a token of its own. */
import { parseDuration } from '../../device-profiles/duration.ts'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

/** A heartbeat may be lost on the way. */
const SHORTEST_SILENCE_MS = 3000

export function checkChildren({ gateway, children = [] }: ConfigFile, report: Report): void {
  const owners = new Map<string, string>()
  for (const [index, { id, token, silentAfter }] of children.entries()) {
    if (id === gateway.id) report(['children', index, 'id'], `expected another gateway, got "${id}", which is this one`)
    const owner = owners.get(token)
    if (owner === undefined) owners.set(token, id)
    else report(['children', index, 'token'], `expected a token of its own for "${id}"; "${owner}" has the same`)
    if (silentAfter !== undefined && parseDuration(silentAfter) < SHORTEST_SILENCE_MS) {
      report(['children', index, 'silentAfter'], `expected 3s or more without a heartbeat, got "${silentAfter}"`)
    }
  }
}
