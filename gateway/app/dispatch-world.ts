/** The section `dispatch` and the registry as the decisions of dispatch take them. */
import { parseDuration } from '../../device-profiles/duration.ts'
import type { Alarm } from '../alarm-model.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { DispatchConfig } from '../config/dispatch-config.ts'
import { type ChainSection, type ChannelSection, REACHES, type StepSection } from '../config/dispatch-schema.ts'
import { type ChainStep, compileChain } from '../dispatch/chain.ts'
import type { ChannelFacts, DispatchWorld, Route } from '../dispatch/routing.ts'
import type { Chain } from '../dispatch-event.ts'
import { isDuring, LocalClock } from '../local-time.ts'
import { createRegistry } from '../registry/registry.ts'

const MOST_IN_GROUP = 100

export function dispatchWorld(
  { registry }: Pick<GatewayConfig, 'registry'>,
  { dispatch, drillOf }: { readonly dispatch: DispatchConfig; readonly drillOf: (alarm: Alarm) => string | null },
): DispatchWorld {
  const clock = new LocalClock()
  const { channels, chains, routes, grouping, inhibitions, schedules } = dispatch
  const chainOf = new Map(Object.entries(chains).map(([id, chain]) => [id, compiled(chain)]))
  return {
    registry: createRegistry(registry),
    routes: routes.map(
      (route): Route => ({
        id: route.id,
        when: route.when ?? null,
        alsoStations: route.alsoStations ?? [],
        channels: route.channels,
        chain: chainOf.get(route.chain ?? '') ?? null,
        continue: route.continue ?? false,
      }),
    ),
    channels: new Map(channels.map((channel) => [channel.id, factsOf(channel)])),
    inhibitions,
    grouping:
      grouping === undefined
        ? null
        : { withinMs: parseDuration(grouping.within), most: grouping.most ?? MOST_IN_GROUP },
    isDuring(name, wall) {
      const schedule = schedules[name]
      return schedule !== undefined && isDuring(schedule, clock.at(schedule.timeZone, wall))
    },
    drillOf,
  }
}

function factsOf({ id, type, stations, tells }: ChannelSection): ChannelFacts {
  return {
    id,
    stations: stations === undefined ? null : new Set(stations),
    tells: tells === undefined ? null : new Set(tells),
    reaches: REACHES[type],
  }
}

function compiled({ steps, stopsOnReturn = false }: ChainSection): Chain {
  return compileChain(steps.map(stepOf), { stopsOnReturn })
}

function stepOf(step: StepSection): ChainStep {
  return step.type === 'wait' ? { type: 'wait', ms: parseDuration(step.for) } : step
}
