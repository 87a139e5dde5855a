/** The messages of the Common Alerting Protocol as HTTP sees them: XML, of which it knows nothing. */

export type CapAnswerOutcome =
  | {
      readonly type: 'taken'
      /** Ids of the notifications that it answers. */
      readonly notifications: readonly string[]
      /** Identifiers among its references of which nothing is known. */
      readonly unknown: readonly string[]
    }
  | {
      readonly type: 'refused'
      readonly refusal: 'malformed-cap' | 'unknown-message' | 'other-status'
      readonly message: string
    }

export interface CapView {
  /** The newest messages as Atom; null: no channel speaks CAP. */
  feed(): Promise<string | null>
  /** Null: there is none of this identifier, or it is not kept any more. */
  message(identifier: string): Promise<string | null>
  /** An Ack or an Error from a receiver. `nameOf`: how its sender is recorded. Resolves when it is on disk. */
  answer(xml: string, nameOf: (sender: string) => string): Promise<CapAnswerOutcome>
}
