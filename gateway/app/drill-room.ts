/**
 * Drills among the other parts. One begins drill modes at the stations of its devices, lets their alarms be raised as exercises, and is
 * over when its modes are; the modes end by themselves, also while the gateway is off. Each change is a line in the book.
 */
import type { GatewayConfig } from '../config/config.ts'
import type { DrillAnswer, DrillRefusal, DrillsView, DrillWish } from '../http/drill-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Drill } from '../ledger-model.ts'
import { type DrillReport, drillReport } from '../ledgers/drill-report.ts'
import { LocalClock } from '../local-time.ts'
import { LONGEST_MODE_MS } from '../mode.ts'
import type { Clock, Log } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { DutyRegistry } from '../registry/registry.ts'
import { type Occurrence, OccurrenceBook } from '../statistics/occurrence-book.ts'
import { dispatchCourse } from './dispatch-course.ts'
import { chooseAlarms } from './drill-choice.ts'
import { drillRefusalMessage } from './drill-refusals.ts'
import { dueAt } from './drill-schedule.ts'
import { walkLedger } from './ledger-course.ts'
import type { ModeRoom } from './mode-room.ts'

export interface DrillRoomParts {
  readonly pipeline: Pick<Pipeline, 'command' | 'modes'>
  readonly modes: Pick<ModeRoom, 'begin' | 'end'>
  readonly journal: Pick<Journal, 'commit' | 'enter' | 'latestEntries' | 'ledgerMoments' | 'dispatch'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  config(): GatewayConfig
  registry(): DutyRegistry
}

/** More alarms at a time are no drill but a flood. */
const MOST_ALARMS = 200
/** Remembered and shown; the book has more. */
const MOST_DRILLS = 200
const MOST_PLANNED = 50
/** A drill may be planned so far ahead. */
const FURTHEST_MS = 366 * 86_400_000
/** A planned drill that nobody could begin for so long was missed. */
const MISSED_MS = 5 * 60_000
const MINUTE_MS = 60_000
/** Acknowledgements that come after the end belong to it for so long. */
const AFTERMATH_MS = 10 * MINUTE_MS

export class DrillRoom implements DrillsView {
  readonly #parts: DrillRoomParts
  /** Newest last. */
  readonly #drills = new Map<string, Drill>()
  readonly #clock = new LocalClock()
  /** Of those that the disk has not taken. */
  readonly #unwritten = new Set<string>()
  #busy: Promise<unknown> = Promise.resolve()
  #ticking = false

  constructor(parts: DrillRoomParts) {
    this.#parts = parts
  }

  /** Finds what was planned or on when the gateway ended. */
  async start(): Promise<void> {
    // A book that cannot be read says so itself; what was on ends by its modes.
    const known = (await this.#parts.journal.latestEntries('drill', MOST_DRILLS).catch(() => [])) as readonly Drill[]
    for (const drill of known.toSorted((a, b) => a.from - b.from)) this.#drills.set(drill.id, drill)
  }

  list(): readonly Drill[] {
    return [...this.#drills.values()].sort((a, b) => b.from - a.from)
  }

  /** Id of the drill that an exercise belongs to; null: it was raised by hand. */
  drillOf(alarm: string): string | null {
    return this.#drills.values().find(({ state, alarms }) => state === 'on' && alarms.includes(alarm))?.id ?? null
  }

  begin(wish: DrillWish): Promise<DrillAnswer> {
    return this.#inTurn(() => this.#accept(wish, null))
  }

  end(id: string, who: { readonly by: string; readonly comment: string | null }): Promise<DrillAnswer> {
    return this.#inTurn(async () => {
      const drill = this.#drills.get(id)
      if (drill === undefined) return refused('unknown-drill')
      if (drill.state === 'planned') return await this.#keep({ ...drill, state: 'cancelled', endedBy: who.by })
      if (drill.state !== 'on') return refused('drill-over')
      for (const mode of drill.modes) await this.#parts.modes.end(mode, who)
      return await this.#keep({ ...drill, state: 'over', endedAt: this.#now, endedBy: who.by })
    })
  }

  async report(id: string): Promise<DrillReport | null> {
    const drill = this.#drills.get(id)
    if (drill === undefined) return null
    const to = drill.endedAt ?? this.#now + 1
    const period = { from: drill.from, to }
    const events = await dispatchCourse(this.#parts.journal, { ...period, to: to + AFTERMATH_MS })
    return drillReport(drill, { occurrences: await this.#occurrences(drill, period), events })
  }

  /** After each tick of the rules: begins what is due, and notes what is over. */
  tick(): void {
    if (this.#ticking) return
    this.#ticking = true
    void this.#inTurn(() => this.#pass())
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'drills cannot be looked after'))
      .finally(() => {
        this.#ticking = false
      })
  }

  get #now(): number {
    return this.#parts.clock.now().wall
  }

  async #pass(): Promise<void> {
    const now = this.#now
    const on = new Set(Iterator.from(this.#parts.pipeline.modes()).map(({ id }) => id))
    for (const drill of [...this.#drills.values()]) {
      if (drill.state === 'on' && !drill.modes.some((mode) => on.has(mode))) {
        await this.#keep({ ...drill, state: 'over', endedAt: Math.min(now, drill.until) })
      } else if (drill.state === 'planned' && drill.from <= now) await this.#beginPlanned(drill)
    }
    for (const id of this.#unwritten) await this.#write(id)
    await this.#beginScheduled()
  }

  async #beginPlanned(drill: Drill): Promise<void> {
    if (this.#now - drill.from > MISSED_MS) {
      await this.#keep({ ...drill, state: 'missed' })
      return
    }
    const answer = await this.#start(drill)
    // It is tried again until it is too late: another drill may be over soon.
    if (!answer.ok) this.#parts.log.warn({ drill: drill.id, why: answer.refusal }, 'a planned drill cannot begin')
  }

  async #beginScheduled(): Promise<void> {
    const { config, registry } = this.#parts
    for (const schedule of config().drills) {
      const due = dueAt(schedule, { clock: this.#clock, timeZone: registry().own.timeZone, wall: this.#now })
      if (due === null) continue
      const began = this.#drills.values().some((drill) => drill.schedule === schedule.id && drill.from >= due)
      if (began) continue
      const { scope, durationMs, by, comment } = schedule
      // Kept as planned, so that what cannot begin now is tried again and then said to be missed.
      await this.#accept({ scope, durationMs, by, comment, from: due }, schedule.id)
    }
  }

  async #accept(wish: DrillWish, schedule: string | null): Promise<DrillAnswer> {
    const now = this.#now
    const { scope, durationMs, by, comment } = wish
    const from = wish.from ?? now
    if (!(durationMs > 0 && durationMs <= LONGEST_MODE_MS.drill)) return refused('drill-too-long')
    if (from > now + FURTHEST_MS || (schedule === null && from < now - MINUTE_MS)) return refused('drill-too-late')
    const { alarms, unknown } = this.#choice(scope)
    if (unknown.length > 0) return refused('unknown-scope', unknown.slice(0, 5).join(', '))
    if (alarms.length === 0 && schedule === null) return refused('nothing-to-exercise')
    if (alarms.length > MOST_ALARMS) return refused('too-many-alarms')
    const drill: Drill = {
      ...{ id: this.#newId(now), state: 'planned', by, comment, from, until: from + durationMs, scope, schedule },
      ...{ endedAt: null, endedBy: null, modes: [], alarms: [], refused: [] },
    }
    if (from <= now && schedule === null) return await this.#start(drill)
    if (this.list().filter(({ state }) => state === 'planned').length >= MOST_PLANNED) return refused('too-many-drills')
    return await this.#keep(drill)
  }

  #choice(scope: Drill['scope']) {
    const { config, registry } = this.#parts
    return chooseAlarms(scope, { devices: config().devices, registry: registry() })
  }

  async #start(drill: Drill): Promise<DrillAnswer> {
    const { pipeline, modes, journal, clock } = this.#parts
    const { alarms } = this.#choice(drill.scope)
    if (alarms.length === 0) return refused('nothing-to-exercise')
    const stations = new Set(alarms.map(({ station }) => station))
    const isOn = Iterator.from(pipeline.modes()).some(({ type, target }) => type === 'drill' && stations.has(target.id))
    if (isOn) return refused('drill-on')
    const { by, comment } = drill
    const durationMs = drill.until - drill.from
    const begun: string[] = []
    for (const id of stations) {
      const target = { type: 'station', id } as const
      const answer = await modes.begin({ type: 'drill', target, durationMs, by, comment, dispatch: false })
      if (answer.ok) begun.push(answer.mode.id)
    }
    const from = this.#now
    const started: Drill = { ...drill, state: 'on', from, until: from + durationMs, modes: begun }
    // Known before the first exercise: whoever is told of it is told of the drill.
    this.#drills.set(drill.id, { ...started, alarms: alarms.map(({ id }) => `${id}.exercise`) })
    const failed: { alarm: string; refusal: string }[] = []
    const raised: string[] = []
    for (const { id } of alarms) {
      const command = { type: 'exercise', level: null, alarmId: id, by, comment, at: clock.now() } as const
      const result = pipeline.command(command)
      if (!result.ok) failed.push({ alarm: id, refusal: result.refusal })
      else {
        raised.push(result.alarm.id)
        // A disk that refuses holds no drill up: the event is queued and seen by all.
        void journal.commit(result.outcome).catch(() => {})
      }
    }
    return await this.#keep({ ...started, alarms: raised, refused: failed })
  }

  async #keep(drill: Drill): Promise<DrillAnswer> {
    this.#drills.set(drill.id, drill)
    this.#unwritten.add(drill.id)
    for (const { id, state } of this.#drills.values()) {
      if (this.#drills.size <= MOST_DRILLS) break
      if (state !== 'on' && state !== 'planned') this.#drills.delete(id)
    }
    await this.#write(drill.id)
    return { ok: true, drill }
  }

  /** What the disk refuses is tried again with the next tick. */
  async #write(id: string): Promise<void> {
    const drill = this.#drills.get(id)
    if (drill === undefined) {
      this.#unwritten.delete(id)
      return
    }
    // By the time of the change, so that the newest line is the present one.
    const line = { book: 'drill', subject: id, time: this.#now, content: drill } as const
    await this.#parts.journal.enter(line).then(
      () => this.#unwritten.delete(id),
      () => false,
    )
  }

  async #occurrences(drill: Drill, period: { from: number; to: number }): Promise<readonly Occurrence[]> {
    const book = new OccurrenceBook(period, { most: MOST_ALARMS * 10 })
    const exercised = new Set(drill.alarms)
    // Only what was raised in it belongs to it: the next drill may exercise the same alarms.
    await walkLedger(this.#parts.journal, { ...period, to: period.to + AFTERMATH_MS }, (moment) => {
      if (exercised.has(moment.alarm)) book.add(moment)
    })
    return book.result()
  }

  /** One after the other: two people who begin the same drill begin one. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => {})
    return turn
  }

  #newId(wall: number): string {
    const id = `exercise-${Math.floor(wall).toString(36)}`
    let free = id
    for (let n = 2; this.#drills.has(free); n++) free = `${id}-${n}`
    return free
  }
}

function refused(refusal: DrillRefusal, detail = ''): DrillAnswer {
  return { ok: false, refusal, message: drillRefusalMessage(refusal, detail) }
}
