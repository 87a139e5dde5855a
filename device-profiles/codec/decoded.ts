/** What decoding gives for one point: its value in the point's unit, or why there is none. */
export type Decoded =
  | { readonly value: number | string }
  | { readonly fault: 'sentinel' | 'malformed' | 'device-fault'; readonly detail: string }

/** What one message says. A point that the message does not mention is absent: missing is not zero. */
export type DecodedMessage =
  | {
      /** Keys are point ids of the profile. */
      readonly points: ReadonlyMap<string, Decoded>
      /** The device's own time in milliseconds since 1970, or null where it gave none. */
      readonly time: number | null
    }
  | { readonly malformed: string }
