/** Which stations a step tells, over which channels. */
import type { RegisteredStation } from '../registry-model.ts'
import type { Case } from './case.ts'
import type { DispatchWorld } from './routing.ts'
import type { Ear } from './teller.ts'

/** From the responsible station, that is level 0, to the top. */
export function stationsAbove(
  { facts }: Pick<Case, 'facts'>,
  { registry }: DispatchWorld,
): readonly RegisteredStation[] {
  const station = registry.station(facts.station) ?? registry.responsibleFor(facts.device)
  return registry.chainOf(station.id)
}

/** At the level that the chain has reached: first all stations of the plan, then one above the other, over all its channels. */
export function earsOf(open: Pick<Case, 'facts' | 'plan' | 'level'>, world: DispatchWorld): readonly Ear[] {
  const { legs } = open.plan
  const above = open.level === 0 ? undefined : stationsAbove(open, world)[open.level]
  const ears = new Map<string, Ear>()
  for (const { stations, channels } of legs) {
    for (const station of above === undefined ? stations : [above.id]) {
      for (const id of channels) {
        const channel = world.channels.get(id)
        if (channel !== undefined) ears.set(`${station} ${id}`, { station, channel })
      }
    }
  }
  return [...ears.values()]
}
