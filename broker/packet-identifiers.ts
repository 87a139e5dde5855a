/**
 * The packet identifiers of one connection to a client: one that the client has not acknowledged is never given to
 * another message [MQTT-2.3.1-2, 2.3.1-4]. A client that leaves a single message unanswered gets around to its
 * identifier again after 65,535 others.
 */
const LAST = 0xffff

/** So many identifiers there are. */
export const MOST_IN_FLIGHT = LAST

export function identifierAfter(identifier: number): number {
  return (identifier % LAST) + 1
}

/** The first one from `candidate` on that is free; there must be one. */
export function freeIdentifier(candidate: number, inUse: { has(identifier: number): boolean }): number {
  let identifier = candidate
  while (inUse.has(identifier)) identifier = identifierAfter(identifier)
  return identifier
}
