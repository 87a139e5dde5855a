/**
 * Everything that can change in what the broker keeps. A file is written by applying changes, read as the changes that
 * would make it anew, and repaired by writing the changes that make what is in memory.
 *
 * Each may be applied twice with the same result.
 */
export type StoreChange =
  /** `absentSince`: ms since 1970; null while the client is connected. */
  | { readonly type: 'session'; readonly client: string; readonly absentSince: number | null }
  /** With its subscriptions and its queue; QoS 2 handshakes end by themselves. */
  | { readonly type: 'session-ended'; readonly client: string }
  | {
      readonly type: 'subscription'
      readonly client: string
      readonly filter: string
      readonly qos: number
      readonly rh: number | undefined
      readonly rap: boolean | undefined
      readonly nl: boolean | undefined
    }
  | { readonly type: 'subscription-ended'; readonly client: string; readonly filter: string }
  | {
      readonly type: 'queued'
      readonly client: string
      /** Counts up over all queues, so it is the order of each. */
      readonly number: number
      readonly qos: number
      readonly retain: boolean
      readonly topic: string
      readonly payload: Uint8Array | string
    }
  /** The message was, or is about to be, sent under this packet identifier. */
  | { readonly type: 'sent'; readonly client: string; readonly number: number; readonly messageId: number }
  /** Its PUBREC came: the receiver has it, and only the identifier is still needed [MQTT-4.3.3-1]. */
  | { readonly type: 'released'; readonly client: string; readonly number: number; readonly messageId: number }
  | { readonly type: 'delivered'; readonly client: string; readonly number: number }
  /** A QoS 2 message of the client was taken and its PUBREL has not come [MQTT-4.3.3-2]. */
  | { readonly type: 'received'; readonly client: string; readonly messageId: number }
  | { readonly type: 'completed'; readonly client: string; readonly messageId: number }
  | { readonly type: 'all-completed'; readonly client: string }
  | {
      readonly type: 'retained'
      readonly topic: string
      readonly qos: number
      readonly payload: Uint8Array | string
    }
  | { readonly type: 'retained-ended'; readonly topic: string }
  | {
      readonly type: 'will'
      readonly client: string
      /** The run of the broker to which the client was connected. */
      readonly broker: string
      readonly topic: string
      readonly qos: number
      readonly retain: boolean
      readonly payload: Uint8Array | string
    }
  | { readonly type: 'will-ended'; readonly client: string }

/** Where the parts of the store tell what changed. */
export type NoteChange = (change: StoreChange) => void
