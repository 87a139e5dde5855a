import type { Identity } from './identity.ts'

/** The name is what a person says; the token is what the gateway knows, so it stands last and cannot be pretended. */
export function nameOf(by: string, identity: Identity | null): string {
  return identity?.name == null ? by : `${by} (token ${identity.name})`
}
