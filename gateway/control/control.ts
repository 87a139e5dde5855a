/**
 * Commands to devices. Each is checked, recorded, sent once, and believed only when the device shows it:
 *
 *   value ──▶ pace ──▶ turn ──▶ interlock ──▶ journal ──▶ send ──▶ confirm ──▶ journal ──▶ (expiry) ──▶ revert
 *
 * Nothing is sent that is not on disk before, and nothing is sent a second time by itself. After a gateway that ended in
 * the middle the outcome is unknown, and is told so; what was promised for the command's end is carried out all the same.
 */
import { randomUUID } from 'node:crypto'
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { commandValue } from '../../device-profiles/command-value.ts'
import { type DeviceCommand, isUnderWay } from '../device-command.ts'
import type { Clock, Log } from '../model.ts'
import { valueRefusal, type Ways } from './carry.ts'
import { CommandBook, type CommandCounts, type CommandRecorder } from './command-book.ts'
import { Executions } from './executions.ts'
import { interlockRefusal } from './interlock.ts'
import { KeyedWishes } from './keyed-wishes.ts'
import { Pace } from './pace.ts'
import { beginRecord, type ControlAnswer, type ControlRequest, refuse } from './request.ts'
import { Reverts } from './reverts.ts'
import { type ControlTarget, commandNamed } from './target.ts'
import { busy, cancelled, STOPPING, TAKEN_OUT, tooMany, unknownCommand, unknownDevice, unrecorded } from './texts.ts'
import { Turns } from './turns.ts'
import type { HeardMessage } from './watch.ts'

export interface ControlParts {
  readonly clock: Clock
  readonly log: Log
  readonly recorder: CommandRecorder
  readonly ways: Ways
}

const TICK_MS = 1000
/** What is under way on a line is not cut short. */
const CANCEL_WITHIN_MS = 5000
const PACE = { perDevice: 10, together: 60, windowMs: 60_000 }
const TURNS = { maxWaiting: 4, waitMs: 5000 }

export class Control {
  readonly #parts: ControlParts
  readonly #book: CommandBook
  readonly #executions: Executions
  readonly #reverts: Reverts
  readonly #turns: Turns
  readonly #pace = new Pace(PACE)
  readonly #keyed: KeyedWishes
  /** By device. */
  #targets: ReadonlyMap<string, ControlTarget> = new Map()
  #endTicks: () => void = () => {}

  constructor(parts: ControlParts) {
    const { clock, log, recorder, ways } = parts
    this.#parts = parts
    const book = new CommandBook({ recorder, clock, log })
    const turns = new Turns({ clock, ...TURNS })
    this.#executions = new Executions({ book, ways, clock, log, onReached: (record) => this.#reverts.takeOver(record) })
    this.#reverts = new Reverts({
      ...{ book, turns, clock, log },
      target: (device) => this.#targets.get(device),
      send: (sending) => this.#executions.send(sending),
    })
    this.#keyed = new KeyedWishes((key) => book.byKey(key))
    this.#book = book
    this.#turns = turns
  }

  /** With what the journal knows from before. */
  async start(past: { readonly lastSeq: number; readonly commands: Iterable<DeviceCommand> }): Promise<void> {
    this.#book.restore(past)
    for (const record of this.#book.open()) {
      if (isUnderWay(record)) await this.#executions.endUnknown(record)
    }
  }

  /** From now on expired commands are reverted: the ways to the devices are there. */
  revertExpired(): void {
    this.#endTicks()
    this.#endTicks = this.#parts.clock.every(TICK_MS, () => {
      void this.#book.flush()
      this.#reverts.tick()
    })
  }

  /** Idempotent. What waits for its confirmation is given up; what expires later is reverted after the next start. */
  async stop(): Promise<void> {
    this.#endTicks()
    await this.#executions.stop()
    await this.#reverts.idle()
    await this.#book.flush()
  }

  /** Replaces all devices. */
  setTargets(targets: readonly ControlTarget[]): void {
    this.#targets = new Map(targets.map((target) => [target.device.id, target]))
    this.#executions.giveUp(({ device }) => !this.#targets.has(device), { code: 'given-up', text: TAKEN_OUT })
  }

  target(device: string): ControlTarget | undefined {
    return this.#targets.get(device)
  }

  /** Of the last thousand, and of all that have not come to their end. */
  get(id: string): DeviceCommand | undefined {
    return this.#book.get(id)
  }

  /** Of one device: what has not come to its end. */
  open(device: string): readonly DeviceCommand[] {
    return this.#book.open().filter((record) => record.device === device)
  }

  get counts(): CommandCounts {
    return this.#book.counts
  }

  /** Number of the newest step in the journal. */
  get lastSeq(): number {
    return this.#book.lastSeq
  }

  /** Reverts that cannot be carried out now, and those that were given up since the start. */
  get failingReverts(): readonly DeviceCommand[] {
    return this.#reverts.failing
  }

  /** What the device said is decoded. */
  heard(device: string): void {
    this.#executions.heard(device)
  }

  /** A message came on a topic by which the device may confirm. */
  message(device: string, message: HeardMessage): void {
    this.#executions.message(device, message)
  }

  /** Answers when the command has come to its end, or after `waitMs`. */
  request(request: ControlRequest, { waitMs }: { readonly waitMs: number }): Promise<ControlAnswer> {
    const begin = (): Promise<ControlAnswer> => this.#take(request, waitMs)
    if (request.key === null) return begin()
    const again = (known: DeviceCommand): Promise<ControlAnswer> => this.#answerAbout(known, waitMs)
    return this.#keyed.answer(request, { key: request.key, begin, again })
  }

  /** Nobody waits for its confirmation any more. Resolves when it has ended, with false where nothing waits. */
  async cancel(id: string, by: string): Promise<boolean> {
    const isIt = (record: DeviceCommand): boolean => record.id === id && record.state === 'sent'
    const isGivenUp = this.#executions.giveUp(isIt, { code: 'cancelled', text: cancelled(by) })
    if (isGivenUp) await this.#executions.ended(id, CANCEL_WITHIN_MS)
    return isGivenUp
  }

  async #take(request: ControlRequest, waitMs: number): Promise<ControlAnswer> {
    if (this.#executions.isStopping) return refuse('stopping', STOPPING)
    const target = this.#targets.get(request.device)
    if (target === undefined) return refuse('unknown-device', unknownDevice(request.device))
    const command = commandNamed(target, request.name)
    if (command === undefined) return refuse('unknown-command', unknownCommand(target, request.name))
    const checked = commandValue(command, request.value)
    if ('problem' in checked) return refuse('invalid-value', checked.problem)
    const unsayable = valueRefusal(target, command, checked.value)
    if (unsayable !== null) return refuse('invalid-value', unsayable)
    const wait = this.#pace.take(target.device.id, this.#parts.clock.now().mono)
    if (wait > 0) return refuse('too-many-commands', tooMany(wait), wait)
    const release = await this.#turns.take(target.device.id)
    if (release === null) return refuse('device-busy', busy(this.open(target.device.id).find(isUnderWay)))
    const record = await this.#begin({ target, command, release, request: { ...request, value: checked.value } })
    return 'type' in record ? record : await this.#answerAbout(record, waitMs)
  }

  /** Gives the record, refused by an interlock or under way; or why nothing was begun. The turn is given back. */
  async #begin({ target, command, request, release }: Begun): Promise<DeviceCommand | ControlAnswer> {
    const { clock, ways } = this.#parts
    const { wall, mono } = clock.now()
    const record = beginRecord({ id: randomUUID(), target, command, request, now: wall })
    let isHandedOn = false
    try {
      if (this.#executions.isStopping) return refuse('stopping', STOPPING)
      const surroundings = { device: target.device, now: mono, latest: (point: string) => ways.latest(point) }
      const locked = interlockRefusal(command.interlock ?? [], surroundings)
      if (locked !== null) {
        const reason = { code: 'interlocked', text: locked } as const
        const refused = { ...record, state: 'refused', reason, endedAt: wall, revert: null } as const
        await this.#book.note('refused', refused)
        return refused
      }
      const unwritten = await this.#book.begin(record).then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      if (unwritten !== null) return await this.#unrecorded(record, unwritten)
      this.#executions.begin(record, { target, command, release })
      isHandedOn = true
      return record
    } finally {
      if (!isHandedOn) release()
    }
  }

  /** It was not sent, and what may still get to the disk must not look like a command of unknown outcome. */
  async #unrecorded(record: DeviceCommand, detail: string): Promise<ControlAnswer> {
    const text = unrecorded(detail)
    const endedAt = this.#parts.clock.now().wall
    const reason = { code: 'not-sent', text } as const
    await this.#book.note('failed', { ...record, state: 'failed', reason, endedAt, revert: null })
    return refuse('cannot-be-recorded', text)
  }

  async #answerAbout(record: DeviceCommand, waitMs: number): Promise<ControlAnswer> {
    await this.#executions.ended(record.id, waitMs)
    return { type: 'taken', command: this.#book.get(record.id) ?? record }
  }
}

interface Begun {
  readonly target: ControlTarget
  readonly command: CommandProfile
  readonly request: ControlRequest
  /** Gives the turn back. */
  readonly release: () => void
}
