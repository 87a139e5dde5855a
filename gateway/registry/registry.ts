/** Answers about stations, people and places, from what the configuration says. */
import { LocalClock, momentOf } from '../local-time.ts'
import type { Person, Place, RegisteredStation, Registry } from '../registry-model.ts'
import type { RegistryContent, StationContent } from './registry-content.ts'
import { DutyPlan, type OnDuty, type Turn } from './roster.ts'

/** One shift that is on, with who has it. */
export interface ShiftOnDuty {
  readonly shift: string
  readonly people: readonly OnDuty[]
  /** When it ends, ms since 1970. */
  readonly until: number
}

/** A registry that can also say why somebody is on duty. */
export interface DutyRegistry extends Registry {
  /** The station of this gateway. */
  readonly own: RegisteredStation
  /** Null where another gateway or system knows who is on duty there, or there is no such station. */
  dutyAt(station: string, wall: number): readonly ShiftOnDuty[] | null
  /** Ids of the devices at each place that has some. */
  devicesAt(place: string): readonly string[]
}

/** Constant once it is made: a changed configuration makes another one. */
export function createRegistry(content: RegistryContent): DutyRegistry {
  const stations = new Map(content.stations.map(({ station }) => [station.id, station]))
  const places = new Map(content.places.map((place) => [place.id, place]))
  const duty = new Map(content.stations.map((station) => [station.station.id, new StationDuty(station)]))
  const chains = new Map<string, readonly RegisteredStation[]>()
  const devices = Map.groupBy(Object.keys(content.placeOfDevice), (device) => content.placeOfDevice[device] as string)
  const clock = new LocalClock()
  const own = stations.get(content.own)
  if (own === undefined) throw new Error(`expected the station "${content.own}" of this gateway in the registry`)

  const placeOf = (device: string): Place | null => places.get(content.placeOfDevice[device] ?? '') ?? null
  return {
    own,
    stations: () => stations.values(),
    station: (id) => stations.get(id),
    places: () => places.values(),
    place: (id) => places.get(id),
    placeOf,
    responsibleFor: (device) => stations.get(placeOf(device)?.station ?? '') ?? own,
    chainOf(id) {
      const chain = chains.get(id) ?? chainFrom(id, stations)
      if (stations.has(id)) chains.set(id, chain)
      return chain
    },
    onDuty: (id, wall) => duty.get(id)?.people(clock, wall) ?? [],
    dutyAt: (id, wall) => duty.get(id)?.shifts(clock, wall) ?? null,
    devicesAt: (place) => devices.get(place) ?? [],
  }
}

function chainFrom(id: string, stations: ReadonlyMap<string, RegisteredStation>): readonly RegisteredStation[] {
  const chain: RegisteredStation[] = []
  for (let next = stations.get(id); next !== undefined; next = stations.get(next.parent ?? '')) {
    // A configuration with a circle is refused; a registry of another making must not hang.
    if (chain.includes(next)) break
    chain.push(next)
  }
  return chain
}

const MINUTE_MS = 60_000
const NOBODY: readonly Person[] = []

/** Asked at each notification; the answer is good for a minute, because shifts begin on whole minutes. */
class StationDuty {
  readonly #timeZone: string
  readonly #plan: DutyPlan | null
  #minute = Number.NaN
  #people = NOBODY

  constructor({ station, roster }: StationContent) {
    this.#timeZone = station.timeZone
    this.#plan = roster === null ? null : new DutyPlan(roster)
  }

  people(clock: LocalClock, wall: number): readonly Person[] {
    const minute = Math.floor(wall / MINUTE_MS)
    if (this.#minute !== minute) {
      this.#people = this.#peopleAt(clock, wall)
      this.#minute = minute
    }
    return this.#people
  }

  shifts(clock: LocalClock, wall: number): readonly ShiftOnDuty[] | null {
    const plan = this.#plan
    if (plan === null) return null
    return plan.turnsAt(clock.at(this.#timeZone, wall)).map((turn) => ({
      ...{ shift: turn.shift.id, people: plan.peopleOf(turn), until: this.#endOf(turn) },
    }))
  }

  #peopleAt(clock: LocalClock, wall: number): readonly Person[] {
    const plan = this.#plan
    if (plan === null) return NOBODY
    const found = new Map<string, Person>()
    for (const turn of plan.turnsAt(clock.at(this.#timeZone, wall))) {
      for (const { person } of plan.peopleOf(turn)) found.set(person.id, person)
    }
    return [...found.values()]
  }

  #endOf({ shift, date }: Turn): number {
    return momentOf(this.#timeZone, { date, minutes: shift.to })
  }
}
