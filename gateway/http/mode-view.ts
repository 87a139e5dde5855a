/** Modes as HTTP sees them. */
import type { Mode, ModeAnswer, ModeEvent, ModeWish } from '../mode.ts'

export interface ModeEventPage {
  /** In order of `seq`, all greater than the asked `after`. */
  readonly events: readonly ModeEvent[]
  /** Number of the newest change on disk; 0 before the first. */
  readonly lastSeq: number
}

export interface ModesView {
  /** Those that are on; first the one that ends first. */
  list(): readonly Mode[]
  /** Answers when it is on disk, or the disk refuses. */
  begin(wish: ModeWish): Promise<ModeAnswer>
  end(id: string, who: { readonly by: string; readonly comment: string | null }): Promise<ModeAnswer>
  events(after: number, limit: number): Promise<ModeEventPage>
}
