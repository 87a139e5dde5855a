/** The express lane of each connection. */
import type { Duplex } from 'node:stream'
import type { AedesOptions, Client } from 'aedes'
import { ExpressLane, type ExpressLaneOptions } from './express-lane.ts'

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>

export interface ClientEvents {
  readonly onThrottled: (client: Client) => void
  readonly onUnheard: (client: Client, messageId: number) => void
}

type SharedOptions = Omit<ExpressLaneOptions, keyof ClientEvents>

export class ExpressLanes {
  readonly #options: SharedOptions
  readonly #events: ClientEvents
  readonly #lanes = new WeakMap<object, ExpressLane>()

  constructor(options: SharedOptions, events: ClientEvents) {
    this.#options = options
    this.#events = events
  }

  /** Before aedes gets the connection. */
  open(stream: Duplex): void {
    const { onThrottled, onUnheard } = this.#events
    const tell = (event: (client: Client) => void): void => {
      // aedes puts it there.
      const { client } = stream as { readonly client?: Client }
      if (client !== undefined) event(client)
    }
    const lane = new ExpressLane(stream, {
      ...this.#options,
      onThrottled: () => tell(onThrottled),
      onUnheard: (messageIds) => {
        for (const messageId of messageIds) tell((client) => onUnheard(client, messageId))
      },
    })
    this.#lanes.set(stream, lane)
    lane.open()
  }

  /** For messages that come through aedes. */
  readonly authorizePublish: AuthorizePublish = (client, packet, answer) => {
    const lane = client === null ? undefined : this.#lanes.get(client.conn)
    this.#options.authorize(client, packet, lane?.inOrder(packet, answer) ?? answer)
  }
}
