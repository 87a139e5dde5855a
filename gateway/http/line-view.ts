/** Modbus lines as HTTP sees them: what they do, and how fast that is beside what was computed. */

/** All times in milliseconds. */
export interface LineView {
  readonly id: string
  readonly type: 'modbus-tcp' | 'modbus-rtu-over-tcp' | 'modbus-rtu'
  readonly endpoint: string
  readonly connected: boolean
  /** What is wrong with it; null: nothing. */
  readonly error: string | null
  readonly requests: number
  readonly answers: number
  readonly timeouts: number
  readonly exceptions: number
  /** Replies that came too late or could not be the ones that were asked for; all were dropped. */
  readonly droppedReplies: number
  readonly skippedCycles: number
  /** How long the line was taken by requests since it was opened. */
  readonly busyMs: number
  readonly cycle: {
    /** How long the line is taken by one cycle of each unit that answers; null before the first. */
    readonly measuredMs: number | null
    readonly predictedMs: number
  }
  readonly units: readonly LineUnitView[]
  readonly detections: readonly DetectionView[]
}

export interface LineUnitView {
  readonly device: string
  readonly unitId: number
  readonly state: 'polling' | 'demoted'
  readonly error: string | null
  /** How long the unit took for its last reply. */
  readonly lastReplyMs: number | null
  /** How long its last cycle took, and how long that may take at most. */
  readonly cycleMs: number | null
  readonly answerWithinMs: number
  /** How long its last cycle held the line, and how long that was computed. */
  readonly lineMs: number | null
  readonly predictedLineMs: number
  readonly skippedCycles: number
  readonly busyReplies: number
  /** Registers that the device refuses. */
  readonly badReads: readonly string[]
}

export interface DetectionView {
  /** `deviceId.ruleId` */
  readonly alarm: string
  /** `deviceId.pointId` */
  readonly point: string
  /** How long a change may have gone undetected lately; null before there is enough to say. */
  readonly measuredMs: number | null
  /** At most, as computed from the configuration, and while one other unit is dead. */
  readonly predictedMs: number
  readonly predictedMsOneDead: number | null
  /** What its rule asks for; null: nothing. */
  readonly allowedMs: number | null
}
