/**
 * The commands of this gateway and their journal. A command is on disk before anything is sent; what follows is written in
 * order and, where the disk refuses, again and again: what has happened to a device must not be forgotten for that.
 */
import type { CommandEventDraft, CommandEventType, DeviceCommand } from '../device-command.ts'
import { isOpen } from '../device-command.ts'
import type { Clock, Log } from '../model.ts'

/** The part of the journal that is needed here. */
export interface CommandRecorder {
  recordCommand(step: CommandEventDraft): Promise<number>
}

export interface BookOptions {
  readonly recorder: CommandRecorder
  readonly clock: Clock
  readonly log: Log
}

/** What has become of commands since the start: `confirmed`, `refused`, a failure, `reverted`, `revert-failed`. */
export type CommandCounts = Readonly<Record<string, number>>

/** A disk that does not answer in time counts as one that refuses. */
const WRITE_WITHIN_MS = 3000
/** Steps that may wait for the disk; then the oldest go. */
const MAX_WAITING = 1000
/** Commands at their end that are kept in memory, for those who ask again. */
const MAX_KEPT = 1000

export class CommandBook {
  readonly #options: BookOptions
  /** In the order in which they came. */
  readonly #commands = new Map<string, DeviceCommand>()
  readonly #counts: Record<string, number> = {}
  #unwritten: CommandEventDraft[] = []
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #isFailing = false
  #lastSeq = 0

  constructor(options: BookOptions) {
    this.#options = options
  }

  /** What the journal has from before this start. */
  restore(past: { readonly lastSeq: number; readonly commands: Iterable<DeviceCommand> }): void {
    this.#lastSeq = past.lastSeq
    for (const command of past.commands) this.#keep(command)
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  get counts(): CommandCounts {
    return this.#counts
  }

  get(id: string): DeviceCommand | undefined {
    return this.#commands.get(id)
  }

  byKey(key: string): DeviceCommand | undefined {
    return this.#commands.values().find((command) => command.key === key)
  }

  open(): readonly DeviceCommand[] {
    return [...this.#commands.values()].filter(isOpen)
  }

  /** Resolves when the command is on disk. Rejects where that cannot be, and then nothing may be sent. */
  async begin(command: DeviceCommand): Promise<void> {
    if (this.#unwritten.length > 0) throw new Error('the journal cannot write')
    const step = { time: command.requestedAt, type: 'requested', command } as const
    const written = this.#options.recorder.recordCommand(step)
    // What is late may still be written, and would then look like a command of unknown outcome.
    written.then(
      (seq) => this.#note(seq),
      () => {},
    )
    await this.#inTime(written)
    this.#keep(command)
  }

  /** Resolves when the step is on disk, or has to wait for it. */
  async note(type: CommandEventType, command: DeviceCommand): Promise<void> {
    this.#keep(command)
    this.#count(type, command)
    this.#unwritten.push({ time: this.#options.clock.now().wall, type, command })
    if (this.#unwritten.length > MAX_WAITING) this.#unwritten.shift()
    await this.#inTime(this.flush()).catch(() => {})
  }

  /** For what changes in every attempt and is recorded with the next step only. */
  replace(command: DeviceCommand): void {
    this.#keep(command)
  }

  /** Writes what waits. Called again and again. */
  flush(): Promise<void> {
    if (this.#isWriting) return this.#writing
    this.#isWriting = true
    this.#writing = this.#write().finally(() => {
      this.#isWriting = false
    })
    return this.#writing
  }

  /** Takes along what comes meanwhile. */
  async #write(): Promise<void> {
    const { recorder, log } = this.#options
    for (let step = this.#unwritten[0]; step !== undefined; step = this.#unwritten[0]) {
      try {
        this.#note(await recorder.recordCommand(step))
      } catch (error) {
        if (!this.#isFailing) log.error({ err: error }, 'what became of a command cannot be recorded; trying again')
        this.#isFailing = true
        return
      }
      if (this.#isFailing) log.info({}, 'what became of commands is recorded again')
      this.#isFailing = false
      // The list may have lost its front meanwhile.
      if (this.#unwritten[0] === step) this.#unwritten.shift()
    }
  }

  #note(seq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, seq)
  }

  #keep(command: DeviceCommand): void {
    this.#commands.set(command.id, command)
    if (this.#commands.size <= MAX_KEPT) return
    for (const [id, kept] of this.#commands) {
      if (isOpen(kept)) continue
      this.#commands.delete(id)
      return
    }
  }

  #count(type: CommandEventType, { reason, revert }: DeviceCommand): void {
    const isFinal = type === 'confirmed' || type === 'refused' || type === 'failed' || type === 'reverted'
    const isRevertLost = type === 'revert-failed' && (revert?.attempts === 1 || revert?.state === 'failed')
    if (!isFinal && !isRevertLost) return
    const outcome = type === 'failed' ? (reason?.code ?? type) : type
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1
  }

  async #inTime(work: Promise<unknown>): Promise<void> {
    const timer = new AbortController()
    const late = this.#options.clock.sleep(WRITE_WITHIN_MS, timer.signal).then(() => {
      throw new Error(`the disk did not answer within ${WRITE_WITHIN_MS / 1000} s`)
    })
    // Aborted below; nobody else waits for it then.
    late.catch(() => {})
    try {
      await Promise.race([work, late])
    } finally {
      timer.abort()
    }
  }
}
