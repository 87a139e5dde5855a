/** The commands that are under way: each is sent once, watched, and brought to an end that is recorded. */
import type { CommandProfile } from '../../device-profiles/command-schema.ts'
import type { CommandReason, DeviceCommand } from '../device-command.ts'
import type { Clock, Log } from '../model.ts'
import { type Carriage, carry, type Ways } from './carry.ts'
import type { CommandBook } from './command-book.ts'
import type { Outcome } from './outcome.ts'
import { endRecord } from './request.ts'
import type { ControlTarget } from './target.ts'
import { DEFECT, STOPPED, UNKNOWN } from './texts.ts'
import type { HeardMessage, Watch } from './watch.ts'

export interface ExecutionParts {
  readonly book: CommandBook
  readonly ways: Ways
  readonly clock: Clock
  readonly log: Log
  /** The end of a command that has, or may have, reached its device. */
  readonly onReached: (record: DeviceCommand) => Promise<void>
}

interface Running {
  readonly ending: AbortController
  readonly ended: Promise<void>
}

type Sending = Pick<Carriage, 'id' | 'target' | 'command' | 'value' | 'lookFirst'>

export class Executions {
  readonly #parts: ExecutionParts
  /** By the id of the command. */
  readonly #running = new Map<string, Running>()
  /** By device, of which one is told something at a time. */
  readonly #watches = new Map<string, Watch>()
  readonly #stopping = new AbortController()

  constructor(parts: ExecutionParts) {
    this.#parts = parts
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** `record` is on disk. `release` is called when it has ended. */
  begin(
    record: DeviceCommand,
    to: { readonly target: ControlTarget; readonly command: CommandProfile; readonly release: () => void },
  ): void {
    const ending = new AbortController()
    const ended = this.#run(record, { ...to, signal: AbortSignal.any([ending.signal, this.#stopping.signal]) }).finally(
      () => {
        this.#running.delete(record.id)
        to.release()
      },
    )
    this.#running.set(record.id, { ending, ended })
  }

  /** Resolves when the command has ended, or after `waitMs`. */
  async ended(id: string, waitMs: number): Promise<void> {
    const running = this.#running.get(id)
    if (running === undefined) return
    const timer = new AbortController()
    const late = this.#parts.clock.sleep(waitMs, timer.signal).catch(() => {})
    await Promise.race([running.ended, late])
    timer.abort()
  }

  /** Ends the waiting for what `which` chooses. Gives whether there was any. */
  giveUp(which: (record: DeviceCommand) => boolean, reason: CommandReason): boolean {
    const chosen = [...this.#running].filter(([id]) => {
      const record = this.#parts.book.get(id)
      return record !== undefined && which(record)
    })
    for (const [, { ending }] of chosen) ending.abort(reason)
    return chosen.length > 0
  }

  async stop(): Promise<void> {
    this.#stopping.abort({ code: 'given-up', text: STOPPED } satisfies CommandReason)
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  heard(device: string): void {
    this.#watches.get(device)?.heard()
  }

  message(device: string, message: HeardMessage): void {
    this.#watches.get(device)?.message(message)
  }

  /** Never rejects: what fails inside has an unknown outcome. */
  async send(
    sending: Sending,
    { signal = this.#stopping.signal, onSent = () => {} }: Partial<Pick<Carriage, 'signal' | 'onSent'>> = {},
  ): Promise<Outcome> {
    const { ways, clock, log } = this.#parts
    const { id: device } = sending.target.device
    const listen = (watch: Watch): (() => void) => {
      this.#watches.set(device, watch)
      return () => this.#watches.delete(device)
    }
    try {
      return await carry({ ...sending, ways, clock, signal, onSent, listen })
    } catch (error) {
      log.error({ device, command: sending.command.id, err: error }, 'a command failed inside the gateway')
      const reason = { code: 'unknown-outcome', text: DEFECT } as const
      return { state: 'failed', reason, mayHaveReached: true, shown: null, exchanges: [] }
    }
  }

  /** After a process that ended in the middle. */
  async endUnknown(record: DeviceCommand): Promise<void> {
    const endedAt = this.#parts.clock.now().wall
    const reason = { code: 'unknown-outcome', text: UNKNOWN } as const
    await this.#note({ ...record, state: 'failed', reason, endedAt })
  }

  async #run(
    record: DeviceCommand,
    {
      target,
      command,
      signal,
    }: { readonly target: ControlTarget; readonly command: CommandProfile; readonly signal: AbortSignal },
  ): Promise<void> {
    const { book, clock, onReached } = this.#parts
    let current = record
    const onSent = (): void => {
      current = { ...current, state: 'sent', sentAt: clock.now().wall }
      // Not waited for: steps are written in their order.
      void book.note('sent', current)
    }
    const { id, value } = record
    const outcome = await this.send({ id, target, command, value, lookFirst: false }, { signal, onSent })
    const ended = endRecord(current, outcome, { now: clock.now().wall, command })
    await this.#note(ended)
    if (ended.state === 'confirmed' || ended.revert !== null) await onReached(ended)
  }

  async #note(ended: DeviceCommand): Promise<void> {
    const { device, name, id, by, value, state, reason } = ended
    const facts = { device, command: name, id, by, value, ...(reason !== null && { reason: reason.text.en }) }
    if (state === 'confirmed') this.#parts.log.info(facts, 'a command was confirmed')
    else this.#parts.log.warn(facts, 'a command failed')
    await this.#parts.book.note(state === 'confirmed' ? 'confirmed' : 'failed', ended)
  }
}
