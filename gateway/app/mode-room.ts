/** Modes among the other parts: begun and ended in the pipeline, recorded in the journal, told to those who look. */
import type { ModesView } from '../http/mode-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Mode, ModeAnswer, ModeEventDraft, ModeWish } from '../mode.ts'
import type { Clock } from '../model.ts'
import type { ModeChange, Pipeline } from '../pipeline/pipeline.ts'
import { modeRefusalMessage } from '../pipeline/refusals.ts'

export interface ModeRoomParts {
  readonly pipeline: Pipeline
  readonly journal: Pick<Journal, 'commit' | 'recordMode' | 'modeEvents'>
  readonly clock: Pick<Clock, 'now'>
}

export class ModeRoom implements ModesView {
  readonly #parts: ModeRoomParts
  readonly #listeners = new Set<(modes: readonly Mode[]) => void>()
  /**
   * A disk that refuses holds no mode up: what is not recorded is tried again. If the gateway ends before, a mode that began
   * is forgotten and one that ended ends at its time, so that no alarm stays hidden for longer than somebody said.
   */
  readonly #unrecorded: ModeEventDraft[] = []
  #recording: Promise<void> | null = null
  #lastSeq: number

  constructor(parts: ModeRoomParts, { lastSeq }: { readonly lastSeq: number }) {
    this.#parts = parts
    this.#lastSeq = lastSeq
  }

  list(): readonly Mode[] {
    return [...this.#parts.pipeline.modes()].sort((a, b) => a.until - b.until)
  }

  async begin(wish: ModeWish): Promise<ModeAnswer> {
    const { pipeline, clock } = this.#parts
    return await this.#carryOut(pipeline.beginMode(wish, clock.now()))
  }

  async end(
    id: string,
    { by, comment }: { readonly by: string; readonly comment: string | null },
  ): Promise<ModeAnswer> {
    const { pipeline, clock } = this.#parts
    return await this.#carryOut(pipeline.endMode(id, { by, comment, at: clock.now() }))
  }

  async events(after: number, limit: number) {
    return { events: await this.#parts.journal.modeEvents(after, limit), lastSeq: this.#lastSeq }
  }

  /** `listener` is called with the modes that are on, whenever they change; gives the way to end it. */
  onChanged(listener: (modes: readonly Mode[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** After each tick: takes what ended by itself, and tries again what the disk refused. */
  tick(): void {
    const ended = this.#parts.pipeline.takeEndedModes()
    this.#unrecorded.push(...ended)
    if (ended.length > 0) this.#tell()
    if (this.#unrecorded.length > 0) void this.#record()
  }

  async #carryOut(change: ModeChange | string): Promise<ModeAnswer> {
    if (typeof change === 'string') {
      const refusal = change as Extract<ModeAnswer, { ok: false }>['refusal']
      return { ok: false, refusal, message: modeRefusalMessage(refusal) }
    }
    const { event, outcome } = change
    this.#unrecorded.push(event)
    this.#tell()
    await Promise.all([this.#parts.journal.commit(outcome).catch(() => {}), this.#record()])
    return { ok: true, mode: event.mode }
  }

  #tell(): void {
    const modes = this.list()
    for (const listener of this.#listeners) listener(modes)
  }

  #record(): Promise<void> {
    this.#recording ??= this.#recordAll().finally(() => {
      this.#recording = null
    })
    return this.#recording
  }

  async #recordAll(): Promise<void> {
    for (let event = this.#unrecorded[0]; event !== undefined; event = this.#unrecorded[0]) {
      const seq = await this.#parts.journal.recordMode(event).catch(() => null)
      if (seq === null) return
      this.#lastSeq = seq
      this.#unrecorded.shift()
    }
  }
}
