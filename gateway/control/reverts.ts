/**
 * Carries out what a command promised for its end. A revert is tried until the device shows its value: a siren that stays
 * silent because its line was down for a minute is the danger that the expiry was made against.
 */
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import { type CommandReason, type CommandRevert, type DeviceCommand, isUnderWay } from '../device-command.ts'
import type { Clock, Log } from '../model.ts'
import type { CommandBook } from './command-book.ts'
import type { Outcome } from './outcome.ts'
import { type ControlTarget, commandNamed } from './target.ts'
import type { Turns } from './turns.ts'

export interface RevertParts {
  readonly book: CommandBook
  readonly turns: Turns
  readonly clock: Clock
  readonly log: Log
  target(device: string): ControlTarget | undefined
  send(sending: {
    readonly id: string
    readonly target: ControlTarget
    readonly command: CommandProfile
    readonly value: number
    readonly lookFirst: boolean
  }): Promise<Outcome>
}

/** That are told; the journal has them all. */
const MAX_GIVEN_UP = 100
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 300_000

interface Due {
  /** Monotonic: a step of the wall clock brings no revert forward and holds none back. */
  readonly at: number
  readonly pauseMs: number
}

export class Reverts {
  readonly #parts: RevertParts
  /** By the id of the command. */
  readonly #due = new Map<string, Due>()
  readonly #running = new Map<string, Promise<void>>()
  /** Since the start. */
  readonly #givenUp: DeviceCommand[] = []

  constructor(parts: RevertParts) {
    this.#parts = parts
  }

  /** Those that cannot be carried out now, and those that were given up since the start. */
  get failing(): readonly DeviceCommand[] {
    return [...this.#parts.book.open().filter(({ revert }) => revert?.state === 'failing'), ...this.#givenUp]
  }

  /** Looks whether something is due; called about once a second. */
  tick(): void {
    const { book, clock } = this.#parts
    const { wall, mono } = clock.now()
    const waiting = new Set<string>()
    for (const record of book.open()) {
      if (record.revert === null || isUnderWay(record)) continue
      waiting.add(record.id)
      const due = this.#due.get(record.id) ?? { at: mono + record.revert.dueAt - wall, pauseMs: FIRST_PAUSE_MS }
      this.#due.set(record.id, due)
      if (due.at <= mono && !this.#running.has(record.id)) this.#begin(record.id)
    }
    for (const id of this.#due.keys()) if (!waiting.has(id)) this.#due.delete(id)
  }

  /** The later of two commands to one place is the one that counts. */
  async takeOver(by: DeviceCommand): Promise<void> {
    const { book, clock } = this.#parts
    for (const record of book.open()) {
      if (record.id === by.id || record.target !== by.target || record.revert === null) continue
      if (isUnderWay(record)) continue
      const endedAt = clock.now().wall
      await book.note('taken-over', withRevert(record, { state: 'taken-over', endedAt }))
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  #begin(id: string): void {
    const { log } = this.#parts
    const running = this.#revert(id)
      .catch((error: unknown) => log.error({ command: id, err: error }, 'a revert failed inside the gateway'))
      .finally(() => this.#running.delete(id))
    this.#running.set(id, running)
  }

  async #revert(id: string): Promise<void> {
    const { book, turns, target: targetOf } = this.#parts
    const first = book.get(id)
    if (first === undefined) return
    const release = await turns.takeSoon(first.device)
    try {
      // Whoever had the turn before may have taken it over.
      const record = book.get(id)
      if (record?.revert == null || !['waiting', 'reverting', 'failing'].includes(record.revert.state)) return
      const target = targetOf(record.device)
      const command = target === undefined ? undefined : commandNamed(target, record.name)
      if (target === undefined || command === undefined) await this.#giveUp(record)
      else await this.#attempt(record, { ...record.revert, target, command })
    } finally {
      release()
    }
  }

  async #attempt(
    record: DeviceCommand,
    {
      target,
      command,
      ...revert
    }: CommandRevert & { readonly target: ControlTarget; readonly command: CommandProfile },
  ): Promise<void> {
    const { book, clock, send } = this.#parts
    const { value, state, reason: before } = revert
    const begun = withRevert(record, { state: 'reverting', attempts: revert.attempts + 1 })
    // Told once, not at every attempt; what was begun before a restart is begun already.
    if (state === 'waiting') await book.note('reverting', begun)
    const outcome = await send({ id: record.id, target, command, value, lookFirst: state !== 'waiting' })
    const { exchanges } = outcome
    if (outcome.state === 'confirmed') {
      const endedAt = clock.now().wall
      await book.note('reverted', withRevert(begun, { state: 'reverted', reason: null, endedAt, exchanges }))
      return
    }
    // The gateway stops, or a reload took the device away: the next start, or the next look, goes on.
    if (outcome.reason.code === 'given-up') return
    this.#again(record.id)
    const failing = withRevert(begun, { state: 'failing', reason: outcome.reason, exchanges })
    await this.#noteFailing(failing, { reason: outcome.reason, before })
  }

  /** One line and one step for each change, not for each attempt. */
  async #noteFailing(
    failing: DeviceCommand,
    { reason, before }: { readonly reason: CommandReason; readonly before: CommandReason | null },
  ): Promise<void> {
    const { book, log } = this.#parts
    if (before?.code === reason.code) {
      book.replace(failing)
      return
    }
    const { device, name, id } = failing
    log.error(
      { device, command: name, id, reason: reason.text.en },
      'an expired command cannot be reverted; trying again',
    )
    await book.note('revert-failed', failing)
  }

  async #giveUp(record: DeviceCommand): Promise<void> {
    const { book, clock, log } = this.#parts
    const reason = { code: 'given-up', text: GONE } as const
    const { device, name, id } = record
    log.error({ device, command: name, id }, 'an expired command is not reverted: it is no longer in the configuration')
    const endedAt = clock.now().wall
    const givenUp = withRevert(record, { state: 'failed', reason, endedAt })
    this.#givenUp.push(givenUp)
    if (this.#givenUp.length > MAX_GIVEN_UP) this.#givenUp.shift()
    await book.note('revert-failed', givenUp)
  }

  #again(id: string): void {
    const { mono } = this.#parts.clock.now()
    const { pauseMs } = this.#due.get(id) ?? { pauseMs: FIRST_PAUSE_MS }
    this.#due.set(id, { at: mono + pauseMs, pauseMs: Math.min(2 * pauseMs, LONGEST_PAUSE_MS) })
  }
}

const GONE = {
  zh: '配置中已没有该设备或该命令，无法自动恢复；请到现场确认其状态',
  en: 'the configuration no longer has this device or command, so it cannot be reverted; look at the device itself',
}

function withRevert(record: DeviceCommand, changes: Partial<CommandRevert>): DeviceCommand {
  return record.revert === null ? record : { ...record, revert: { ...record.revert, ...changes } }
}
