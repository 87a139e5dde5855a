/** Alarms that would reach nobody: a missing receiver is an error of the configuration, and not of the night in which it shows. */
import { type ChannelSection, type DispatchSection, REACHES, type RouteSection } from './dispatch-schema.ts'
import { stationNodes } from './registry.ts'
import type { DutySection } from './registry-schema.ts'
import type { Report } from './report.ts'
import type { ConfigFile, StationNode } from './schema.ts'

interface Known {
  readonly file: ConfigFile
  readonly dispatch: DispatchSection
  readonly report: Report
}

type Calling = 'first' | 'escalation'

export function checkReach({ file, dispatch, report }: Known): void {
  const nodes = new Map(stationNodes(file).map(({ node }) => [node.id, node]))
  const channels = new Map(dispatch.channels.map((channel) => [channel.id, channel]))
  for (const [index, route] of dispatch.routes.entries()) {
    const used = route.channels.flatMap((id) => channels.get(id) ?? [])
    // Told about the names already.
    if (used.length < route.channels.length) continue
    for (const [station, calling] of heardBy(route, { file, dispatch, nodes })) {
      const node = nodes.get(station)
      const why = node === undefined ? null : problemAt(node, { used, calling, file })
      if (why !== null) report(['routes', index, 'channels'], why)
    }
  }
}

/** All stations that the route can tell, and how they first hear of an alarm. */
function heardBy(
  route: RouteSection,
  {
    file,
    dispatch,
    nodes,
  }: {
    readonly file: ConfigFile
    readonly dispatch: DispatchSection
    readonly nodes: ReadonlyMap<string, StationNode>
  },
): ReadonlyMap<string, Calling> {
  const responsible = new Set([
    file.station.id,
    ...(file.places ?? []).map(({ station }) => station ?? file.station.id),
  ])
  const own = [...responsible].filter((id) => route.when?.stations?.includes(id) ?? true)
  const heard = new Map<string, Calling>([...own, ...(route.alsoStations ?? [])].map((id) => [id, 'first']))
  const steps = dispatch.chains?.[route.chain ?? '']?.steps ?? []
  if (!steps.some(({ type }) => type === 'notify-parent')) return heard
  for (const id of own) {
    const seen = new Set([id])
    for (let next = nodes.get(id)?.parent; next !== undefined && !seen.has(next); next = nodes.get(next)?.parent) {
      seen.add(next)
      if (!heard.has(next)) heard.set(next, 'escalation')
    }
  }
  return heard
}

function problemAt(
  { id, duty }: StationNode,
  {
    used,
    calling,
    file,
  }: { readonly used: readonly ChannelSection[]; readonly calling: Calling; readonly file: ConfigFile },
): string | null {
  const serving = used.filter(
    ({ stations, tells }) => (stations?.includes(id) ?? true) && (tells?.includes(calling) ?? true),
  )
  const expected = `expected a channel that reaches somebody on duty at "${id}"`
  if (serving.length === 0) return `${expected} (${calling}), got none that serves it: ${namesOf(used)}`
  if (serving.some(({ type }) => REACHES[type] !== 'people')) return null
  if (duty?.type !== 'roster')
    return `${expected}, got only ${namesOf(serving)}, which tell people, and no duty roster there`
  const addresses = new Map((file.people ?? []).map((person) => [person.id, Object.keys(person.addresses ?? {})]))
  const isReached = (person: string) => serving.some((channel) => addresses.get(person)?.includes(channel.id) ?? false)
  const unreached = peopleOf(duty).find((person) => addresses.has(person) && !isReached(person))
  if (unreached === undefined) return null
  return `${expected} at any time, got ${namesOf(serving)}, for which "${unreached}" has no address in people`
}

function peopleOf({ shifts, standIns = [] }: Extract<DutySection, { type: 'roster' }>): readonly string[] {
  const people = shifts.flatMap(({ people = [], rotation }) => [...people, ...(rotation?.teams ?? []).flat()])
  return [...new Set([...people, ...standIns.map(({ by }) => by)])]
}

function namesOf(channels: readonly ChannelSection[]): string {
  return channels.map(({ id }) => `"${id}"`).join(', ')
}
