/** A street of three levels, alarms that people and sensors move, and a dispatcher that writes down what it decides. */
import type { Alarm, AlarmEvent, AlarmEventType, Suppression } from '../../../gateway/alarm-model.ts'
import { compileChain } from '../../../gateway/dispatch/chain.ts'
import { Dispatcher } from '../../../gateway/dispatch/dispatcher.ts'
import type { ChannelFacts, DispatchWorld, Route } from '../../../gateway/dispatch/routing.ts'
import type { Decision, DispatchEvent } from '../../../gateway/dispatch-event.ts'
import type { Notification } from '../../../gateway/dispatch-model.ts'
import type { Person, RegisteredStation, Registry } from '../../../gateway/registry-model.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

export const T0 = Date.UTC(2026, 8, 1, 8)
export const MINUTE = 60_000

const stationOf = (id: string, parent: string | null): RegisteredStation =>
  ({
    ...{ id, name: { zh: id, en: id }, level: 'station', type: 'community', parent, address: id, area: null },
    contacts: [],
  }) as unknown as RegisteredStation

const STATIONS = new Map(
  [stationOf('station', 'centre'), stationOf('centre', 'bureau'), stationOf('bureau', null)].map((s) => [s.id, s]),
)

export function registryOf(onDuty: (station: string) => readonly Person[] = () => []): Registry {
  const chainOf = (id: string): RegisteredStation[] => {
    const own = STATIONS.get(id)
    return own === undefined ? [] : [own, ...chainOf(own.parent ?? '')]
  }
  return {
    stations: () => STATIONS.values(),
    station: (id) => STATIONS.get(id),
    places: () => [],
    place: () => undefined,
    placeOf: () => null,
    responsibleFor: () => STATIONS.get('station') as RegisteredStation,
    chainOf,
    onDuty,
  }
}

export const channel = (id: string, facts: Partial<ChannelFacts> = {}): readonly [string, ChannelFacts] => [
  id,
  { id, stations: null, tells: null, reaches: 'receiver', ...facts },
]

export const route = (facts: Partial<Route> = {}): Route => ({
  ...{ id: 'all', when: null, alsoStations: [], channels: ['hook'], chain: null, continue: false },
  ...facts,
})

/** Told; after two minutes once more; after another three the parent; five minutes later nobody has answered. */
export const CHAIN = compileChain([
  ...([{ type: 'notify' }, { type: 'wait', ms: 2 * MINUTE }, { type: 'notify' }] as const),
  ...([{ type: 'wait', ms: 3 * MINUTE }, { type: 'notify-parent' }, { type: 'wait', ms: 5 * MINUTE }] as const),
])

export const worldOf = (world: Partial<DispatchWorld> = {}): DispatchWorld => ({
  ...{ registry: registryOf(), routes: [route({ chain: CHAIN })], channels: new Map([channel('hook')]) },
  ...{ inhibitions: [], grouping: null, isDuring: () => false, drillOf: () => null },
  ...world,
})

type Facts = Partial<{ active: boolean; acked: boolean; latched: boolean; suppression: Suppression | null }>

export interface AlarmChange extends Facts {
  readonly type: AlarmEventType
  readonly alarm?: string
  readonly occurrence?: number
  readonly priority?: Alarm['priority']
  readonly by?: string
  readonly row?: Partial<Alarm>
}

function stateOf({ active, acked, suppression }: Alarm['facts']): Alarm['state'] {
  if (suppression !== null) return suppression
  if (active) return acked ? 'acknowledged' : 'unacknowledged'
  return acked ? 'normal' : 'returned-unacknowledged'
}

/** A gateway of the mind: alarms change, time goes by, and everything decided is kept. */
export class Scene {
  readonly world: DispatchWorld
  dispatcher: Dispatcher
  readonly log: DispatchEvent[] = []
  readonly told: Notification[] = []
  readonly rows = new Map<string, Alarm>()
  readonly lastEvents = new Map<string, AlarmEvent>()
  now = { wall: T0, mono: 0 }
  seq = 0

  constructor(world: DispatchWorld = worldOf()) {
    this.world = world
    this.dispatcher = new Dispatcher(world)
  }

  /** The event, as the journal numbers it; the dispatcher has not seen it. */
  event({ type, alarm: id = 'device.fire', by, row = {}, occurrence, priority, ...facts }: AlarmChange): AlarmEvent {
    this.seq++
    const before = this.rows.get(id)
    const fresh = alarmEvent(this.seq).alarm
    const was = before ?? { ...fresh, id, device: id.split('.')[0] as string, station: 'station', priority: 'urgent' }
    const now = { ...was.facts, ...facts }
    const alarm: Alarm = {
      ...{ ...was, facts: now, state: stateOf(now), occurrence: occurrence ?? was.occurrence },
      ...{ priority: priority ?? was.priority, ...row },
    }
    this.rows.set(id, alarm)
    const event = { ...alarmEvent(this.seq), id: `gw-${this.seq}`, type, by: by ?? null, time: this.now.wall, alarm }
    this.lastEvents.set(id, event)
    return event
  }

  /** Gives what was told. */
  change(change: AlarmChange): readonly string[] {
    return this.take(this.dispatcher.accept(this.event(change), this.now))
  }

  pass(ms: number): readonly string[] {
    this.now = { wall: this.now.wall + ms, mono: this.now.mono + ms }
    return this.take(this.dispatcher.tick(this.now, (id) => this.rows.get(id)))
  }

  /** A receiver has confirmed all that waits. */
  confirm(state: 'sent' | 'acknowledged' = 'sent', by: string | null = null): void {
    for (const { facts } of [...this.dispatcher.state.waiting()]) {
      const receipt = { notification: facts.id, state, by, detail: null }
      this.take(this.dispatcher.receipt(receipt, this.now) ?? [])
    }
  }

  /** The process was killed; the next one has what is on disk. */
  restart({
    entries = this.log,
    away = 0,
    wallStep = 0,
  }: {
    entries?: DispatchEvent[]
    away?: number
    wallStep?: number
  } = {}) {
    this.now = { wall: this.now.wall + away + wallStep, mono: 5 }
    this.dispatcher = new Dispatcher(this.world)
    this.dispatcher.restore({
      ...{ events: entries, lastSeq: entries.at(-1)?.seq ?? 0, lastNotification: 0, accepted: this.seq, now: this.now },
      lastEvents: this.lastEvents.values(),
    })
  }

  take(decisions: readonly Decision[]): readonly string[] {
    const told = decisions.flatMap(({ notification }) => notification ?? [])
    this.log.push(...decisions.map(({ event }) => event))
    this.told.push(...told)
    return told.map(({ purpose, station, channel: over }) => `${purpose} ${station.id} ${over}`)
  }
}
