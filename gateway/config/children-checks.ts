/** Gateways below: each is known by a token of its own. */
import { parseDuration } from '../../device-profiles/duration.ts'
import { suggestion } from '../../device-profiles/suggestion.ts'
import type { Report } from './report.ts'
import type { ConfigFile } from './schema.ts'

/** A heartbeat may be lost on the way. */
const SHORTEST_SILENCE_MS = 3000

export function checkChildren({ gateway, broker, brokers = [], children = [] }: ConfigFile, report: Report): void {
  const names = [...(broker === undefined ? [] : ['embedded']), ...brokers.map(({ id }) => id)]
  const owners = new Map<string, string>()
  for (const [index, { id, token, silentAfter }] of children.entries()) {
    const over = children[index]?.broker
    if (over !== undefined && !names.includes(over)) {
      const hint = suggestion(over, names) || `; there are: ${names.join(', ') || 'none'}`
      report(['children', index, 'broker'], `expected a broker of this file, got "${over}"${hint}`)
    }
    if (id === gateway.id) report(['children', index, 'id'], `expected another gateway, got "${id}", which is this one`)
    const owner = owners.get(token)
    if (owner === undefined) owners.set(token, id)
    else report(['children', index, 'token'], `expected a token of its own for "${id}"; "${owner}" has the same`)
    if (silentAfter !== undefined && parseDuration(silentAfter) < SHORTEST_SILENCE_MS) {
      report(['children', index, 'silentAfter'], `expected 3s or more without a heartbeat, got "${silentAfter}"`)
    }
  }
}
