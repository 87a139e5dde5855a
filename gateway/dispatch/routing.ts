/** Which stations are told over which channels. Pure: the registry and the moment are arguments. */
import type { Alarm } from '../alarm-model.ts'
import type { CaseFacts, Chain, Leg, Plan } from '../dispatch-event.ts'
import type { Purpose } from '../dispatch-model.ts'
import type { PlaceKind, Registry, RiskGrade } from '../registry-model.ts'
import { placeOfAlarm, responsibleForAlarm } from './alarm-place.ts'
import { NO_CHAIN } from './chain.ts'

/** All that is given must hold; of each list one word. */
export interface Match {
  readonly stations?: readonly string[]
  readonly places?: readonly string[]
  readonly placeKinds?: readonly PlaceKind[]
  readonly risks?: readonly RiskGrade[]
  readonly devices?: readonly string[]
  readonly kinds?: readonly string[]
  readonly priorities?: readonly Alarm['priority'][]
  readonly classes?: readonly Alarm['class'][]
  readonly marks?: readonly ('real' | 'exercise' | 'test')[]
  /** Name of a schedule. */
  readonly during?: string
}

export interface Route {
  readonly id: string
  /** Null: everything. */
  readonly when: Match | null
  /** Told beside the responsible one. */
  readonly alsoStations: readonly string[]
  readonly channels: readonly string[]
  readonly chain: Chain | null
  readonly continue: boolean
}

/** What the decisions need to know of a channel. */
export interface ChannelFacts {
  readonly id: string
  /** Ids of the stations that it serves; null: all. */
  readonly stations: ReadonlySet<string> | null
  /** Null: everything. */
  readonly tells: ReadonlySet<Purpose> | null
  /** One receiver that passes it on, people by their addresses, or a group in which people are called by name. */
  readonly reaches: 'receiver' | 'people' | 'group'
}

/** While a case like `source` is open, cases like `target` at the same device, place or station are not told. */
export interface Inhibition {
  readonly source: Match
  readonly target: Match
  readonly same: 'device' | 'place' | 'station'
}

/** All that the configuration says. */
export interface DispatchWorld {
  readonly registry: Registry
  readonly routes: readonly Route[]
  readonly channels: ReadonlyMap<string, ChannelFacts>
  readonly inhibitions: readonly Inhibition[]
  readonly grouping: { readonly withinMs: number; readonly most: number } | null
  isDuring(schedule: string, wall: number): boolean
  /** Id of the drill that an exercise belongs to. */
  drillOf(alarm: Alarm): string | null
}

export function factsOf(alarm: Alarm, registry: Registry): CaseFacts {
  const place = placeOfAlarm(registry, alarm)
  return {
    station: responsibleForAlarm(registry, alarm).id,
    device: alarm.device,
    place: place?.id ?? null,
    placeKind: place?.kind ?? null,
    risk: place?.risk ?? null,
    kind: alarm.kind,
    priority: alarm.priority,
    class: alarm.class,
    mark: alarm.mark,
  }
}

export type During = (schedule: string) => boolean

export function fits(match: Match | null, facts: CaseFacts, during: During): boolean {
  if (match === null) return true
  const { stations, places, placeKinds, risks, devices, kinds, priorities, classes, marks } = match
  return (
    has(stations, facts.station) &&
    has(places, facts.place) &&
    has(placeKinds, facts.placeKind) &&
    has(risks, facts.risk) &&
    has(devices, facts.device) &&
    has(kinds, facts.kind) &&
    has(priorities, facts.priority) &&
    has(classes, facts.class) &&
    has(marks, facts.mark ?? 'real') &&
    (match.during === undefined || during(match.during))
  )
}

function has<T>(words: readonly T[] | undefined, word: T | null): boolean {
  return words === undefined || (word !== null && words.includes(word))
}

/** The first route that fits, and those behind it as long as it says so. The chain is the first that one of them has. */
export function planFor(facts: CaseFacts, { routes, during }: { routes: readonly Route[]; during: During }): Plan {
  const legs: Leg[] = []
  let chain: Chain | null = null
  for (const route of routes) {
    if (!fits(route.when, facts, during)) continue
    legs.push({
      route: route.id,
      stations: [...new Set([facts.station, ...route.alsoStations])],
      channels: route.channels,
    })
    chain ??= route.chain
    if (!route.continue) break
  }
  return { legs, chain: chain ?? NO_CHAIN }
}
