/** A viewer may look; an operator may also acknowledge, reset and reload. */
export type Role = 'viewer' | 'operator'

export interface Identity {
  /** Name of the token, or null without tokens. */
  readonly name: string | null
  readonly role: Role
}
