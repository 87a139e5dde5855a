import type { LinkFact } from '../binding-schema.ts'

/** A message out of its envelope. */
export interface OpenedMessage {
  /** The device's own bytes; null where it sent none: an answer to the network, or a question whether anybody hears it. */
  readonly bytes: Uint8Array | null
  /** What a network server's codec made of them, or undefined. */
  readonly object: unknown
  readonly fPort: number | null
  /** When the network server received it, in milliseconds since 1970. */
  readonly time: number | null
  /** As the receiver with the strongest signal heard it. */
  readonly link: Readonly<Partial<Record<LinkFact, number>>>
}
