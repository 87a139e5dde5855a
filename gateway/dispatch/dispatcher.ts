/**
 * Decides who is told what and when. Pure: alarm events, the time, receipts and the configuration come in, decisions go out, and its state
 * is the fold of them, so that after a crash in any step it goes on from what is on disk. Ids are made of the alarm event, the
 * station, the channel, the purpose and the step: the same thing decided twice is the same notification.
 */
import { type Alarm, type AlarmEvent, PRIORITIES } from '../alarm-model.ts'
import { type CaseFacts, caseIdOf, type Decision, type DispatchEvent } from '../dispatch-event.ts'
import type { Receipt } from '../dispatch-model.ts'
import type { Instant } from '../model.ts'
import type { Case } from './case.ts'
import { Deadlines } from './deadlines.ts'
import { Desk } from './desk.ts'
import type { DispatchState } from './dispatch-state.ts'
import { earsOf, stationsAbove } from './ears.ts'
import { Inhibitors } from './inhibitors.ts'
import { saysMore } from './receipts.ts'
import { type DispatchWorld, type During, factsOf, planFor } from './routing.ts'
import { type Wanted, wantedOf } from './wanted.ts'

export interface Restored {
  readonly events: readonly DispatchEvent[]
  readonly lastSeq: number
  readonly lastNotification: number
  /** Number of the last alarm event that was accepted. */
  readonly accepted: number
  /** The last event of each alarm. */
  readonly lastEvents: Iterable<AlarmEvent>
  readonly now: Instant
}

export class Dispatcher {
  readonly #desk: Desk
  readonly #deadlines = new Deadlines()
  #inhibitors: Inhibitors
  /** Number of the last alarm event that was accepted: what comes again decides nothing again. */
  #accepted = 0

  constructor(world: DispatchWorld) {
    this.#desk = new Desk(world)
    this.#inhibitors = new Inhibitors(world.inhibitions)
  }

  get state(): DispatchState {
    return this.#desk.state
  }

  restore({ events, lastSeq, lastNotification, accepted, lastEvents, now }: Restored): void {
    const { state } = this.#desk
    this.#accepted = accepted
    this.#desk.now = now
    for (const event of events) state.apply(event)
    state.lastSeq = Math.max(state.lastSeq, lastSeq)
    state.lastNotification = Math.max(state.lastNotification, lastNotification)
    for (const event of lastEvents) {
      const open = state.caseOf(event.alarm.id)
      if (open !== undefined) this.#desk.events.set(open.id, event)
    }
    for (const open of state.cases()) this.#deadlines.set(open, now)
    this.#findInhibitors()
  }

  accept(event: AlarmEvent, now: Instant): readonly Decision[] {
    if (event.seq <= this.#accepted) return []
    this.#accepted = event.seq
    const desk = this.#desk
    desk.now = now
    const { alarm } = event
    const open = desk.state.caseOf(alarm.id)
    if (open !== undefined) desk.events.set(open.id, event)
    const wanted = wantedOf(alarm, { stopsOnReturn: open?.plan.chain.stopsOnReturn ?? false })
    if (open === undefined) {
      if (wanted === 'calling') this.#open(event, null)
    } else this.#change(open, event, wanted)
    this.#releaseInhibited()
    return desk.take()
  }

  /** `live`: the row of the alarm as it is now, whose last event may still be on its way here. */
  tick(now: Instant, live: (alarm: string) => Alarm | undefined): readonly Decision[] {
    const desk = this.#desk
    desk.now = now
    desk.releaseGroups()
    for (const id of [...this.#deadlines.reached(now.mono)]) {
      const open = desk.state.case(id)
      const row = open === undefined ? undefined : live(open.alarm)
      if (open === undefined) this.#deadlines.delete(id)
      // Acknowledged this very moment: nobody is told after that.
      else if (row === undefined || wantedOf(row, open.plan.chain) === 'calling') this.#step(open, open.step + 1)
    }
    return desk.take()
  }

  /** Alarm events from here on are taken, where dispatch was off for a time. */
  acceptFrom(accepted: number): void {
    this.#accepted = accepted
  }

  /** Cases whose alarms have changed while dispatch was off are closed, and nobody is told. `live`: the rows as they are now. */
  closeMissed(now: Instant, live: (alarm: string) => Alarm | undefined): readonly Decision[] {
    const desk = this.#desk
    desk.now = now
    for (const open of [...desk.state.cases()]) {
      const row = live(open.alarm)
      const wanted = row === undefined ? 'over' : wantedOf(row, open.plan.chain)
      if (open.phase === 'over' || wanted === 'calling' || wanted === open.phase) continue
      desk.withdraw(open, ['reminder', 'escalation', 'update'], { reason: 'the alarm has changed since' })
      desk.record([open.id], { type: 'stopped', phase: wanted, reason: row?.state ?? 'removed', by: null })
      this.#deadlines.delete(open.id)
    }
    this.#findInhibitors()
    return desk.take()
  }

  /** Null: no such notification is known here; it may be on disk. */
  receipt({ notification, state, by, detail }: Omit<Receipt, 'at'>, now: Instant): readonly Decision[] | null {
    const desk = this.#desk
    desk.now = now
    const known = desk.state.notification(notification)
    if (known === undefined) return null
    if (!saysMore(known, { state, by })) return []
    desk.record(known.cases, { type: 'receipt', notification, state, by, detail })
    return desk.take()
  }

  /** A receipt of a notification whose cases are over. */
  lateReceipt(
    receipt: Omit<Receipt, 'at'>,
    { cases, now }: { cases: readonly string[]; now: Instant },
  ): readonly Decision[] {
    this.#desk.now = now
    this.#desk.record(cases, { type: 'receipt', ...receipt })
    return this.#desk.take()
  }

  /** Open cases keep their plans; what was to go over a channel that is gone is withdrawn. */
  reconfigure(world: DispatchWorld, now: Instant): readonly Decision[] {
    const desk = this.#desk
    desk.now = now
    desk.world = world
    for (const open of [...desk.state.cases()]) {
      for (const id of [...open.waiting]) {
        const known = desk.state.notification(id)
        if (known === undefined || world.channels.has(known.facts.channel) || known.state !== null) continue
        desk.record(known.cases, { type: 'withdrawn', notification: id, reason: 'its channel is not there any more' })
      }
    }
    this.#findInhibitors()
    this.#releaseInhibited()
    return desk.take()
  }

  #open(event: AlarmEvent, before: Case | null): void {
    const desk = this.#desk
    const { alarm } = event
    const { routes, registry, drillOf } = desk.world
    const id = before?.id ?? caseIdOf(alarm)
    const facts = factsOf(alarm, registry)
    const plan = planFor(facts, { routes, during: this.#during })
    const inhibitedBy = this.#inhibitors.of({ id, facts }, this.#during)
    desk.record([id], {
      ...{ type: 'opened', again: before !== null, alarm: alarm.id, occurrence: alarm.occurrence },
      ...{ event: event.id, eventSeq: event.seq, facts, plan, drill: drillOf(alarm), inhibitedBy },
    })
    desk.events.set(id, event)
    this.#inhibitors.add({ id, facts }, this.#during)
    const open = desk.state.case(id)
    if (open !== undefined && inhibitedBy === null) this.#call(open, { purpose: 'first', step: 0 })
  }

  #change(open: Case, event: AlarmEvent, wanted: Wanted): void {
    const desk = this.#desk
    if (wanted === 'calling') this.#goOn(open, event)
    else if (open.phase !== wanted) {
      const reason = event.alarm.state
      desk.withdraw(open, ['reminder', 'escalation', 'update'], { reason: `the alarm is ${reason}` })
      // Told before it is stopped: a case that is over and has nothing to tell is forgotten.
      if (wanted !== 'in-hand') this.#tellNews(open, event, 'ended')
      desk.record([open.id], { type: 'stopped', phase: wanted, reason, by: event.by })
      this.#deadlines.delete(open.id)
      if (wanted !== 'in-hand') this.#inhibitors.remove(open.id)
      if (wanted === 'over') desk.events.delete(open.id)
    }
    if (wanted === 'in-hand') this.#tellNews(open, event, 'update')
  }

  /** People are called still, or anew: nobody has it in hand any more, or it has become worse and goes other ways. */
  #goOn(open: Case, event: AlarmEvent): void {
    const desk = this.#desk
    const isCalled = open.phase === 'calling' || open.phase === 'inhibited'
    if (!isCalled || isWorse(event.alarm, open.facts)) {
      desk.dropHeld(open)
      this.#open(event, open)
    } else if (open.phase === 'calling') {
      desk.refreshHeld(open, event)
      this.#tellNews(open, event, 'update')
    }
  }

  #releaseInhibited(): void {
    for (const open of [...this.#desk.state.inhibited()]) {
      if (this.#inhibitors.of(open, this.#during) !== null) continue
      this.#desk.record([open.id], { type: 'released' })
      this.#call(open, { purpose: 'first', step: 0 })
    }
  }

  #tellNews(open: Case, event: AlarmEvent, purpose: 'update' | 'ended'): void {
    this.#desk.tellHeard(open, { purpose, step: open.step, base: event.id, event })
  }

  /** The next step of the chain, or the finding that nobody has answered. */
  #step(open: Case, step: number): void {
    const desk = this.#desk
    const rung = open.plan.chain.rungs[step]
    if (rung === undefined) desk.record([open.id], { type: 'unanswered' })
    else {
      const top = stationsAbove(open, desk.world).length - 1
      const level = rung.climb ? Math.min(open.level + 1, top) : open.level
      desk.record([open.id], { type: 'stepped', step, level })
      this.#call(open, { purpose: level > 0 ? 'escalation' : 'first', step })
    }
    this.#deadlines.set(open, desk.now)
  }

  #call(open: Case, { purpose, step }: { readonly purpose: 'first' | 'escalation'; readonly step: number }): void {
    const desk = this.#desk
    const event = desk.events.get(open.id)
    if (event === undefined) return
    const ears = earsOf(open, desk.world)
    const station = ears[0]?.station ?? open.facts.station
    const told = desk.tell(open, ears, { purpose, step, base: open.calledBy, event })
    // Who knows of it over a channel that gives no reminders is reached all the same.
    const knows = [...open.heard].some((key) => key.startsWith(`${station} `))
    if (!told && !knows) desk.record([open.id], { type: 'unreached', station, step })
    this.#deadlines.set(open, desk.now)
  }

  #findInhibitors(): void {
    const { world, state } = this.#desk
    this.#inhibitors = new Inhibitors(world.inhibitions)
    for (const open of state.cases()) {
      if (open.phase !== 'over' && open.phase !== 'aside') this.#inhibitors.add(open, this.#during)
    }
  }

  readonly #during: During = (schedule) => this.#desk.world.isDuring(schedule, this.#desk.now.wall)
}

function isWorse({ priority }: Pick<Alarm, 'priority'>, facts: CaseFacts): boolean {
  return PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(facts.priority)
}
