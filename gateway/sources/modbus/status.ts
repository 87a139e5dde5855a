/** What a Modbus line and its units tell about themselves. */

export interface LineStatus {
  readonly id: string
  readonly connected: boolean
  /** Wall time at which `connected` last changed. */
  readonly since: number
  /** What is wrong with the line; null from the first reply on. */
  readonly error: string | null
  /** How many connections are in use. */
  readonly connections: number
  readonly connects: number
  /** How long they were taken by requests, together and since the start, in ms. */
  readonly busyMs: number
  readonly requests: number
  /** Replies that brought what was asked for. */
  readonly answers: number
  readonly timeouts: number
  readonly exceptions: number
  /** Replies, and bytes that may have been some, of units that were not asked then; all were dropped. */
  readonly lateReplies: number
  /** Replies that could not belong to their request; all were dropped. */
  readonly refusedReplies: number
  /** Requests whose connection ended before the reply. */
  readonly cut: number
  /** Cycles left out because the line or the journal was too slow. */
  readonly skippedCycles: number
  readonly units: readonly UnitStatus[]
}

export interface UnitStatus {
  readonly deviceId: string
  readonly unitId: number
  /** demoted: it gave no answer, or too few, and is asked less often, so that it does not slow the others down. */
  readonly state: 'polling' | 'demoted'
  readonly failuresInRow: number
  /** Why the last cycle gave nothing; null after an answer. */
  readonly error: string | null
  /** How long the unit took for its last reply. */
  readonly lastReplyMs: number | null
  /** Wall time of its last reply. */
  readonly lastReplyAt: number | null
  /** How long its last cycle took, waiting for others included. */
  readonly cycleMs: number | null
  /** How long its last cycle held the line. */
  readonly lineMs: number | null
  readonly requestsPerCycle: number
  readonly skippedCycles: number
  readonly busyReplies: number
  /** Registers that the device refuses, or never answers, as "table address count". */
  readonly badReads: readonly string[]
}
