/**
 * The words of Outpost as types. Imports nothing; everything else may import it.
 *
 * Times: `wall` and every `…At`/`time` are milliseconds since 1970-01-01 UTC and may carry microseconds as a fraction;
 * `mono` is milliseconds of a clock that never steps. Delays are measured on `mono`, stamps are taken from `wall`.
 */

/** One moment on both clocks. */
export interface Instant {
  readonly wall: number
  readonly mono: number
}

/** A text that people read, in both languages of the product. */
export interface LocalText {
  readonly zh: string
  readonly en: string
}

export type PointValue = number | string

export type RegisterTable = 'coil' | 'discrete-input' | 'input-register' | 'holding-register'

/** Why a reading is not good. */
export type QualityReason =
  /** Nothing came from the device: time-out, refused connection, closed line, silent gateway. */
  | 'communication-failure'
  /** The device answered that it cannot give this value (a Modbus exception, an error record). */
  | 'device-fault'
  /** The value is one of the device's "no measurement" codes (0xFFFF, 32767, NaN …). */
  | 'sentinel'
  /** The bytes or the JSON could not be understood. */
  | 'malformed'
  /** A number outside the point's physical range. */
  | 'out-of-range'
  /** The last value is older than the point may be. */
  | 'stale'
  /** First value after a time-out on a line where late replies are possible; not yet confirmed. */
  | 'unconfirmed'
  /** The maker's own decoder gave the value with a warning. */
  | 'decoder-warning'
  /** Computed by the gateway, and the data do not support a number. */
  | 'insufficient-data'

export type Quality = 'good' | 'uncertain' | 'bad'

/**
 * What the wire said about one device, or why it said nothing.
 * `at` is the moment of receipt (Modbus: when the reply was complete).
 */
export type Sample = {
  readonly deviceId: string
  readonly at: Instant
  /** By which the message that said it is known when it is delivered again; only the first sample of it bears it. */
  readonly mark?: MessageMark | undefined
} & SampleContent

/** Names one message above QoS 0; kept beside what it said. Whole numbers of at most 32 bits. */
export interface MessageMark {
  readonly session: number
  readonly messageId: number
  readonly content: number
}

export type SampleContent =
  /** Reply to one read request. `words` holds one 16-bit word per register, or 0/1 per coil or discrete input. */
  | {
      readonly type: 'registers'
      readonly table: RegisterTable
      readonly address: number
      readonly words: ArrayLike<number>
      /** True for the first reply after a time-out on a line without transaction ids. */
      readonly unconfirmed?: boolean
      /** How long the reply took, in ms: what it says was measured at most so long ago. */
      readonly tookMs?: number
    }
  /** One read request failed; only the points it covers are bad. */
  | {
      readonly type: 'read-failure'
      readonly table: RegisterTable
      readonly address: number
      readonly count: number
      readonly reason: QualityReason
      readonly detail: string
    }
  /** One message of a device, as it came. `retained`: the broker kept it, so it says nothing about now. */
  | { readonly type: 'message'; readonly payload: Uint8Array; readonly retained: boolean }
  /**
   * What a device said, taken apart already: by its maker's codec, as its part of a batch, or from Sparkplug. The points of
   * its profile stand in each document by their JSON pointers. `problem`: why nothing of it could be understood.
   */
  | {
      readonly type: 'documents'
      readonly documents: readonly MessageDocument[]
      readonly retained: boolean
      readonly problem?: string
    }
  /** The whole device could not be read. */
  | { readonly type: 'device-failure'; readonly reason: QualityReason; readonly detail: string }
  /** Values that need no decoding (the gateway's own health). Keys are point ids of the profile. */
  | { readonly type: 'values'; readonly values: Readonly<Record<string, PointValue>> }
  /** Readings that were stored, to be judged once more at their own time. Keys are point ids of the profile. */
  | {
      readonly type: 'recorded'
      readonly readings: Readonly<Record<string, Pick<Reading, 'value' | 'quality' | 'reason'>>>
    }

/** One reading of a device as parsed JSON. */
export interface MessageDocument {
  readonly json: unknown
  /** When it was measured, in milliseconds since 1970, where the document itself does not say it; null: nobody knows. */
  readonly time: number | null
  /** The device had kept it: it says nothing about now. */
  readonly late?: boolean
  /** How the network server heard it: dBm, and dB. */
  readonly link?: { readonly rssi?: number; readonly snr?: number }
  /** Why its values are no more than probable. */
  readonly doubt?: { readonly reason: 'unconfirmed' | 'decoder-warning'; readonly detail: string }
}

/** One value of one point. */
export interface Reading {
  /** `deviceId.pointId` */
  readonly point: string
  /** When it was measured: the device's own time if it gave a believable one, else the time of receipt. */
  readonly time: number
  /** When the gateway got it. */
  readonly receivedAt: number
  /** Null exactly when nothing usable was read; then `quality` is 'bad'. */
  readonly value: PointValue | null
  readonly quality: Quality
  /** Present exactly when quality is not 'good'. */
  readonly reason?: QualityReason
  /** Measured earlier and delivered late: stored, but never taken for now. */
  readonly replayed?: boolean
  /** Came while an engineer tested the point. */
  readonly test?: boolean
}

/** Takes samples from the field. `emit` resolves when everything the sample said is on disk. */
export interface Source {
  readonly id: string
  start(emit: Emit): Promise<void>
  /** Idempotent and bounded in time. */
  stop(): Promise<void>
}
export type Emit = (sample: Sample) => Promise<unknown>

/** Time, passed to everything that waits, so that tests can hold it. */
export interface Clock {
  now(): Instant
  /** Calls `run` every `ms`; returns the way to end it. */
  every(ms: number, run: () => void): () => void
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** As `sleep`, but also exact to a part of a millisecond, which it spends looking at the clock: for pauses on a wire. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
}

/** The part of pino's logger that the gateway uses; a message is a plain sentence, the object holds the facts. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
