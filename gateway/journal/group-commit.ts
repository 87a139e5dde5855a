/**
 * Gathers what must go to disk and sends it in groups, one at a time. Everything of one turn of the event loop, and
 * everything that comes while a group is under way, goes into the next one, so that one sync of the disk serves all.
 */

import type { AlarmEvent, Outcome } from '../alarm-model.ts'
import type { Log, MessageMark, Reading } from '../model.ts'
import type { DeliveryCursors } from './delivery-cursors.ts'
import type { EventQueue } from './event-queue.ts'
import { JournalError } from './journal-error.ts'
import type { Committed } from './journal-types.ts'
import { packMarks } from './message-marks.ts'
import type { PointDictionary } from './point-dictionary.ts'
import { readingProblem } from './reading-block.ts'
import { ReadingGroup, type TakenGroup } from './reading-group.ts'
import type { AlarmChanges, CommitReply, ReadingChanges } from './worker-messages.ts'

const NO_EVENTS: readonly AlarmEvent[] = []
/** A group that is still growing waits so long at most for what the next turns of the event loop bring, ms. */
const GATHER = 2
/**
 * So many outcomes are worth a commit of their own: the next ones fill the following group while the disk is at work, and
 * those who wait are answered while what they need is still in the processor's cache.
 */
const ENOUGH = 100
/** Moved cursors wait so long at most for another commit to take them along, ms. */
const CURSOR_LINGER = 100
/** A commit that takes longer no longer holds back what can go on without it, ms. */
const STALLED_AFTER = 1000

interface Waiter {
  readonly events: readonly AlarmEvent[]
  readonly readings: number
  /** Resolves although the disk refuses or hangs. */
  readonly patient: boolean
  resolve(events: readonly AlarmEvent[]): void
  reject(error: JournalError): void
}

interface InFlight extends TakenGroup {
  readonly waiters: Waiter[]
  readonly firstReadingSeq: number
  readonly changes: AlarmChanges & ReadingChanges
  readonly pointCount: number
  /** On the monotonic clock, ms. */
  readonly startedAt: number
}

export interface GroupCommitOptions {
  readonly events: EventQueue
  readonly points: PointDictionary
  readonly cursors: DeliveryCursors
  readonly maxWaitingReadings: number
  readonly log: Log
  readonly mono: () => number
  /** Sends a group to the writer thread; rejects when there is none. `onAlarms`: its alarm events are on disk. */
  readonly send: (changes: AlarmChanges & ReadingChanges, onAlarms: () => void) => Promise<CommitReply>
  readonly onCommitted: (committed: Committed) => void
  /** Called before those who brought them are told. */
  readonly onRefused: (readings: readonly Reading[]) => void
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #group: ReadingGroup
  #waiters: Waiter[] = []
  /** Of the messages whose readings the next group has. */
  #marks: MessageMark[] = []
  #inFlight: InFlight | null = null
  /** What everyone waits for who brings only readings to the next group. */
  #common: Promise<readonly AlarmEvent[]> | null = null
  /** How many outcomes the next group has so far. */
  #outcomes = 0
  #scheduled = false
  #closed = false
  #lingering: NodeJS.Timeout | null = null
  #idle: (() => void)[] = []
  #alarmFailure: string | null = null
  #readingFailure: string | null = null
  #stallTold = false
  lastReadingSeq = 0
  refused = 0

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#group = new ReadingGroup(options.points)
  }

  get waitingReadings(): number {
    return this.#group.count + (this.#inFlight?.readings.length ?? 0)
  }

  get failed(): string | null {
    const seconds = this.#inFlight === null ? 0 : (this.#options.mono() - this.#inFlight.startedAt) / 1000
    const stalled = seconds * 1000 > STALLED_AFTER ? `the disk has not answered for ${Math.floor(seconds)} s` : null
    return this.#alarmFailure ?? this.#readingFailure ?? stalled
  }

  commit(outcome: Outcome, mark?: MessageMark): Promise<readonly AlarmEvent[]> {
    if (this.#closed) return Promise.reject(new JournalError('stopped', 'the journal takes nothing: it is stopped'))
    const events = this.#options.events.add(outcome.events)
    if (events.length > 0) this.#schedule()
    const refusal = this.#refusal(outcome.readings, events)
    if (refusal !== null) {
      this.#refuse(outcome.readings)
      return Promise.reject(refusal)
    }
    if (events.length + outcome.readings.length === 0) return this.#joinReadings()
    this.#group.add(outcome.readings)
    if (mark !== undefined && outcome.readings.length > 0) this.#marks.push(mark)
    this.#outcomes++
    if (events.length > 0) return this.#wait({ events, readings: outcome.readings.length, patient: false })
    // Thousands of readings share one promise: it is the same commit that they wait for.
    this.#common ??= this.#wait({ events: NO_EVENTS, readings: 1, patient: false })
    return this.#common
  }

  /**
   * Cursors go with the next commit, or soon without one. They are worth no sync of their own in front of the next alarm:
   * what a crash takes back is delivered twice, which every receiver must bear.
   */
  saveCursorsSoon(): void {
    if (this.#closed || this.#lingering !== null) return
    this.#lingering = setTimeout(() => {
      this.#lingering = null
      if (this.#options.cursors.unsaved) this.#schedule()
    }, CURSOR_LINGER)
  }

  /** Sends cursors and dead letters that wait; resolves as `Journal.deadLetter` does. */
  async saveCursors(): Promise<void> {
    if (!this.#closed) await this.#wait({ events: [], readings: 0, patient: true })
  }

  /** Called every second: tries again what failed, and lets alarms pass a disk that hangs. */
  tick(): void {
    const group = this.#inFlight
    if (group === null) {
      if (this.#waitsForDisk()) this.#schedule()
    } else if (this.#options.mono() - group.startedAt > STALLED_AFTER) {
      this.#noteStall()
      this.#publish(this.#options.events.lastSeq, { readings: [], firstReadingSeq: this.lastReadingSeq + 1 })
      for (const waiter of [...group.waiters, ...this.#waiters]) this.#letGo(waiter)
    }
  }

  /** Takes nothing more, and resolves when nothing is under way or waiting that the disk would take. */
  close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#lingering ?? undefined)
    if (this.#inFlight === null && !this.#waitsForDisk() && this.#group.count === 0) return Promise.resolve()
    this.#schedule()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #refuse(readings: readonly Reading[]): void {
    this.refused += readings.length
    this.#options.onRefused(readings)
  }

  #refusal(readings: readonly Reading[], events: readonly AlarmEvent[]): JournalError | null {
    const waiting = this.#group.count + readings.length
    if (waiting > this.#options.maxWaitingReadings && readings.length > 0) {
      return new JournalError('overloaded', `${waiting} readings wait for the disk: it is too slow for them`, {
        events,
      })
    }
    for (const reading of readings) {
      const problem = readingProblem(reading)
      if (problem !== null) return new JournalError('invalid', problem, { events })
    }
    return null
  }

  /** Only readings wait for a disk that hangs: whoever sent them keeps them until they are acknowledged. */
  #letGo(waiter: Waiter): void {
    if (waiter.patient) waiter.resolve([])
    else if (waiter.readings === 0)
      waiter.reject(new JournalError('disk', this.failed ?? '', { events: waiter.events }))
  }

  /**
   * Whoever has nothing new, like a message that came twice, stands and falls with the readings that are on their way:
   * the first copy may be among them, and must not be acknowledged by its second.
   */
  async #joinReadings(): Promise<readonly AlarmEvent[]> {
    const underWay = [
      ...((this.#inFlight?.readings.length ?? 0) > 0 ? [(this.#inFlight as InFlight).waiters] : []),
      ...(this.#group.count > 0 ? [this.#waiters] : []),
    ]
    const join = (waiters: Waiter[]): Promise<unknown> =>
      new Promise((resolve, reject) => waiters.push({ events: [], readings: 1, patient: false, resolve, reject }))
    await Promise.all(underWay.map(join))
    return []
  }

  #wait(what: Pick<Waiter, 'events' | 'readings' | 'patient'>): Promise<readonly AlarmEvent[]> {
    this.#schedule()
    return new Promise((resolve, reject) => this.#waiters.push({ ...what, resolve, reject }))
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight !== null) return
    this.#scheduled = true
    // After the sockets of this turn were read: all that they brought shares the group.
    setImmediate(() => this.#gather({ since: this.#options.mono(), readings: 0 }))
  }

  /**
   * A stream of single messages would make a commit of each handful. While every turn brings more, waiting a moment costs
   * nobody anything: the commit they wait for is theirs. Alarms do not wait.
   */
  #gather({ since, readings }: { readonly since: number; readonly readings: number }): void {
    const { count } = this.#group
    const growing = count > readings && this.#outcomes < ENOUGH && this.#options.mono() - since < GATHER
    if (growing && !this.#waitsForDisk() && !this.#closed) setImmediate(() => this.#gather({ since, readings: count }))
    else this.#dispatch()
  }

  #waitsForDisk(): boolean {
    return this.#options.events.unsaved > 0 || this.#options.cursors.unsaved
  }

  #dispatch(): void {
    this.#scheduled = false
    const { events, points, cursors } = this.#options
    const firstReadingSeq = this.lastReadingSeq + 1
    const taken = this.#group.take(firstReadingSeq)
    const waiters = this.#waiters
    this.#waiters = []
    const marks = this.#marks
    this.#marks = []
    this.#common = null
    this.#outcomes = 0
    // While the disk refuses, alarms do not wait for it.
    if (this.#alarmFailure !== null) this.#publish(events.lastSeq, { readings: [], firstReadingSeq })
    const changes = {
      events: events.toSave(),
      ...cursors.toSave(),
      points: points.unsaved(),
      blocks: taken.blocks,
      marks: packMarks(marks),
      lastEventSeq: events.lastSeq,
    }
    const startedAt = this.#options.mono()
    const group: InFlight = { ...taken, waiters, firstReadingSeq, changes, pointCount: points.size, startedAt }
    this.#inFlight = group
    this.#options
      .send(changes, () => this.#noteSavedAlarms(group))
      .then(
        (reply) => this.#settle(group, reply),
        (error: Error) => this.#settle(group, { alarms: error.message, readings: error.message }),
      )
  }

  /** The readings of the group are still on their way, but nobody who waits for an alarm needs to. */
  #noteSavedAlarms({ changes, firstReadingSeq }: InFlight): void {
    const seq = changes.events.at(-1)?.seq ?? 0
    this.#options.events.markSaved(seq)
    this.#publish(seq, { readings: [], firstReadingSeq })
  }

  #settle(group: InFlight, reply: CommitReply): void {
    const { events, cursors, points } = this.#options
    this.#inFlight = null
    this.#noteStallEnd(group)
    if (reply.alarms === null) {
      events.markSaved(group.changes.events.at(-1)?.seq ?? 0)
      cursors.markSaved(group.changes)
    }
    if (reply.readings === null) {
      this.lastReadingSeq += group.readings.length
      points.markSaved(group.pointCount)
    } else this.#refuse(group.readings)
    this.#noteFailures(group, reply)
    this.#answer(group, reply)
    const readings = reply.readings === null ? group.readings : []
    const publishTo = reply.alarms === null ? (group.changes.events.at(-1)?.seq ?? 0) : events.lastSeq
    this.#publish(publishTo, { readings, firstReadingSeq: group.firstReadingSeq })
    this.#continue(reply)
  }

  /** At once, because a disk that hangs for ever never lets the group settle. */
  #noteStall(): void {
    if (this.#stallTold) return
    this.#stallTold = true
    const message = 'the disk does not answer: readings wait in memory and are not acknowledged, alarm events go on'
    this.#options.log.error({ reason: this.failed }, message)
  }

  #noteStallEnd({ startedAt }: InFlight): void {
    if (!this.#stallTold) return
    this.#stallTold = false
    this.#options.log.info({ afterMs: Math.round(this.#options.mono() - startedAt) }, 'the disk answers again')
  }

  #noteFailures(group: InFlight, { alarms, readings }: CommitReply): void {
    const before = this.#alarmFailure ?? this.#readingFailure
    this.#alarmFailure = alarms
    // Nothing is learnt about readings from a group without them, or whose events already failed.
    const readingsTried = group.readings.length > 0 && (alarms === null || group.changes.events.length === 0)
    if (readingsTried) this.#readingFailure = readings
    const after = this.#alarmFailure ?? this.#readingFailure
    const { log } = this.#options
    if (before === null && after !== null) {
      log.error({ reason: after }, 'the journal cannot write: readings are refused, alarm events wait in memory')
    } else if (before !== null && after === null) {
      log.info({ refused: this.refused }, 'the journal writes again')
    }
  }

  #answer(group: InFlight, reply: CommitReply): void {
    const savedSeq = this.#options.events.lastSeq - this.#options.events.unsaved
    for (const waiter of group.waiters) {
      // The writer refuses the readings of a group whose events it could not write.
      const failure = waiter.readings > 0 ? reply.readings : reply.alarms
      const lastSeq = waiter.events.at(-1)?.seq ?? 0
      if (waiter.patient) waiter.resolve([])
      else if (failure !== null) waiter.reject(new JournalError('disk', failure, { events: waiter.events }))
      else if (lastSeq <= savedSeq) waiter.resolve(waiter.events)
      // Its readings are on disk; its events are beyond what one commit takes.
      else this.#waiters.push({ ...waiter, readings: 0 })
    }
  }

  #continue(reply: CommitReply): void {
    const moreForDisk = reply.alarms === null && this.#waitsForDisk()
    if (this.#waiters.length > 0 || this.#group.count > 0 || moreForDisk) {
      this.#schedule()
      return
    }
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #publish(
    seq: number,
    { readings, firstReadingSeq }: { readings: readonly Reading[]; firstReadingSeq: number },
  ): void {
    const events = this.#options.events.publish(seq)
    if (events.length + readings.length > 0) this.#options.onCommitted({ events, readings, firstReadingSeq })
  }
}
