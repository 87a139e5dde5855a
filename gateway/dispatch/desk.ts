/** Writes decisions down, and tells: at once, or together with others of the same station. */
import type { AlarmEvent } from '../alarm-model.ts'
import type { Decision, DispatchEvent, DispatchEventContent } from '../dispatch-event.ts'
import type { Notification } from '../dispatch-model.ts'
import type { Instant } from '../model.ts'
import { type Case, type Held, heardKey } from './case.ts'
import { DispatchState } from './dispatch-state.ts'
import type { DispatchWorld } from './routing.ts'
import {
  addresseesOf,
  type Ear,
  groupOf,
  highestPriority,
  notificationId,
  notificationOf,
  type Telling,
} from './teller.ts'

export class Desk {
  readonly state = new DispatchState()
  world: DispatchWorld
  now: Instant = { wall: 0, mono: 0 }
  /** Of each open case the newest. */
  readonly events = new Map<string, AlarmEvent>()
  /** Until when (monotonic) what follows is held. Not part of the state: after a restart what was held is told at once. */
  readonly #windows = new Map<string, number>()
  #decisions: Decision[] = []

  constructor(world: DispatchWorld) {
    this.world = world
  }

  record(cases: readonly string[], content: DispatchEventContent, notification: Notification | null = null): void {
    const event = { seq: this.state.lastSeq + 1, time: this.now.wall, cases, ...content } as DispatchEvent
    this.state.apply(event)
    this.#decisions.push({ event, notification })
  }

  take(): readonly Decision[] {
    const taken = this.#decisions
    this.#decisions = []
    return taken
  }

  /** True where somebody is told now, or will be with others. */
  tell(open: Case, ears: readonly Ear[], telling: Telling): boolean {
    let reaches = false
    for (const ear of ears) {
      const purpose =
        telling.purpose === 'first' || telling.purpose === 'escalation'
          ? this.#calling(open, ear, telling)
          : telling.purpose
      if (this.#tellOne(open, ear, { ...telling, purpose })) reaches = true
    }
    return reaches
  }

  /** Those who know of it are told what has become of it. */
  tellHeard(open: Case, telling: Telling): void {
    const { channels } = this.world
    const ears = [...open.heard].flatMap((key) => {
      const [station = '', id = ''] = key.split(' ')
      const channel = channels.get(id)
      return channel === undefined ? [] : [{ station, channel }]
    })
    for (const ear of ears) this.#tellOne(open, ear, telling)
  }

  /** Of an alarm that waits with others, the newest is told. */
  refreshHeld(open: Case, event: AlarmEvent): void {
    for (const group of [...this.state.groups()]) {
      const item = this.state.held(group).find((held) => held.case === open.id)
      if (item === undefined) continue
      const { station, channel, purpose, step } = item
      this.record([open.id], { type: 'held', group, station, channel, purpose, step, event })
    }
  }

  /** It will be told anew, or not at all. */
  dropHeld(open: Case): void {
    for (const group of [...this.state.groups()]) {
      if (this.state.held(group).some((held) => held.case === open.id))
        this.record([open.id], { type: 'dropped', group })
    }
  }

  /** What has waited long enough is told. */
  releaseGroups(): void {
    for (const [group, until] of this.#windows) {
      if (this.now.mono >= until && this.state.held(group).length === 0) this.#windows.delete(group)
    }
    for (const group of [...this.state.groups()]) {
      if (this.now.mono >= (this.#windows.get(group) ?? Number.NEGATIVE_INFINITY)) this.#tellAll(group)
    }
  }

  /** A reminder of a case that nobody needs to be reminded of must not leave any more. */
  withdraw(open: Case, purposes: readonly string[], { reason, ear }: { reason: string; ear?: Ear }): void {
    for (const id of [...open.waiting]) {
      const known = this.state.notification(id)
      if (known === undefined || !purposes.includes(known.facts.purpose)) continue
      if (ear !== undefined && (known.facts.station !== ear.station || known.facts.channel !== ear.channel.id)) continue
      // Told together with others, for whom it is still true.
      if (known.cases.length > 1) continue
      this.record(known.cases, { type: 'withdrawn', notification: id, reason })
    }
  }

  #calling(open: Case, { station, channel }: Ear, { purpose }: Telling): Telling['purpose'] {
    return open.heard.has(heardKey(station, channel.id)) ? 'reminder' : purpose
  }

  #tellOne(open: Case, ear: Ear, telling: Telling): boolean {
    const { registry, grouping } = this.world
    const { purpose, step, event } = telling
    const to = addresseesOf(ear, { purpose, registry, wall: this.now.wall })
    if (to === null) return false
    // The newer one says all that the older one would.
    if (purpose !== 'first') {
      this.withdraw(open, ['reminder', 'update'], { reason: 'a newer one says more', ear })
    }
    const group = grouping === null ? null : groupOf(ear, telling, open)
    if (group !== null && grouping !== null) {
      if ((this.#windows.get(group) ?? Number.NEGATIVE_INFINITY) > this.now.mono) {
        const { station, channel } = ear
        this.record([open.id], { type: 'held', group, station, channel: channel.id, purpose, step, event })
        if (this.state.held(group).length >= grouping.most) this.#tellAll(group)
        return true
      }
      this.#windows.set(group, this.now.mono + grouping.withinMs)
    }
    this.#notify(ear, { to, telling, cases: [open], events: [event], group: null })
    return true
  }

  #tellAll(group: string): void {
    const most = this.world.grouping?.most ?? 1
    const items = this.state.held(group)
    for (let from = 0; from < items.length; from += most) this.#tellGroup(group, items.slice(from, from + most))
    if (this.world.grouping !== null) this.#windows.set(group, this.now.mono + this.world.grouping.withinMs)
  }

  #tellGroup(group: string, items: readonly Held[]): void {
    const [first] = items
    if (first === undefined) return
    const { purpose, step, event } = first
    const channel = this.world.channels.get(first.channel)
    const cases = items.flatMap((item) => this.state.case(item.case) ?? [])
    const { registry } = this.world
    const ear = channel === undefined ? null : { station: first.station, channel }
    const to = ear === null ? null : addresseesOf(ear, { purpose, registry, wall: this.now.wall })
    if (ear === null || to === null)
      this.record(
        items.map((item) => item.case),
        { type: 'dropped', group },
      )
    else {
      const telling = { purpose, step, event, base: event.id }
      this.#notify(ear, { to, telling, cases, events: items.map((item) => item.event), group })
    }
  }

  #notify(
    ear: Ear,
    {
      to,
      telling,
      cases,
      events,
      group,
    }: {
      readonly to: ReturnType<typeof addresseesOf> & object
      readonly telling: Telling
      readonly cases: readonly Case[]
      readonly events: readonly AlarmEvent[]
      readonly group: string | null
    },
  ): void {
    const [first] = cases
    if (first === undefined) return
    const { purpose, step } = telling
    const facts = {
      ...{ id: notificationId(ear, telling), seq: this.state.lastNotification + 1, channel: ear.channel.id },
      ...{ station: ear.station, to, purpose, step, drill: first.drill },
    }
    const { registry } = this.world
    const notification = notificationOf(facts, { events, first, registry, wall: this.now.wall })
    const kept = { ...facts, priority: highestPriority(events), events: events.map(({ id }) => id) }
    this.record(
      cases.map(({ id }) => id),
      { type: 'notified', group, notification: kept },
      notification,
    )
  }
}
