/** Messages to whichever broker an id names. */

import { PublishError } from '../sources/mqtt/publish-error.ts'
import type { OutgoingMessage } from '../sources/mqtt/publisher.ts'
import type { BrokerPart } from './embedded-broker.ts'
import type { ExternalPart } from './sources.ts'

/** Rejects with a `PublishError`. `brokers` gives undefined for what is being started or stopped. */
export async function publishAt(
  id: string,
  message: OutgoingMessage,
  brokers: {
    readonly embedded: () => BrokerPart | undefined
    readonly external: (id: string) => ExternalPart | undefined
  },
): Promise<void> {
  if (id !== 'embedded') {
    const external = brokers.external(id)
    if (external === undefined) throw notLeft(`the broker ${id} is just being started`)
    return await external.publish(message)
  }
  const embedded = brokers.embedded()
  if (embedded === undefined) throw notLeft('the broker is just being started')
  const isHeard = await embedded.publish(message).catch((error: unknown) => {
    // A file that refuses to keep it for those who are away says nothing of those who are there.
    throw new PublishError(error instanceof Error ? error.message : String(error), { mayHaveLeft: message.qos > 0 })
  })
  if (!isHeard) throw notLeft(`nobody listens to ${message.topic}: the device is not connected`)
}

function notLeft(why: string): PublishError {
  return new PublishError(why, { mayHaveLeft: false })
}
