/** What decoding gives for one point: its value in the point's unit, or why there is none. */
export type Decoded =
  | { readonly value: number | string; readonly doubt?: Doubt }
  | { readonly fault: 'sentinel' | 'malformed' | 'device-fault'; readonly detail: string }

/** Why a value is no more than probable. */
export interface Doubt {
  /** 'unconfirmed': it may not be this point's; 'decoder-warning': the maker's own decoder warns of it. */
  readonly reason: 'unconfirmed' | 'decoder-warning'
  readonly detail: string
}

/** What was measured at one time. A point that is not mentioned is absent: missing is not zero. */
export interface DecodedRecord {
  /** Keys are point ids of the profile. */
  readonly points: ReadonlyMap<string, Decoded>
  /** The device's own time in milliseconds since 1970, or null where it gave none. */
  readonly time: number | null
}

/** One more record of a message. `late`: the message has something newer on its points, or the device had kept it. */
export interface FurtherRecord extends DecodedRecord {
  readonly late: boolean
}

/** What one message says: of each point what is newest, and in `further` what else it brings, oldest first. */
export type DecodedMessage =
  | (DecodedRecord & {
      readonly further?: readonly FurtherRecord[]
      /** Readings in it that cannot be taken: without a time among others nobody can tell when one was measured. */
      readonly dropped?: number
    })
  | { readonly malformed: string }

export const SAYS_NOTHING: DecodedMessage = { points: new Map(), time: null }
