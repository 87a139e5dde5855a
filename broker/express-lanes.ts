/** The express lane of each connection. */
import type { Duplex } from 'node:stream'
import type { AedesOptions, Client } from 'aedes'
import { ExpressLane, type ExpressLaneOptions } from './express-lane.ts'

type AuthorizePublish = NonNullable<AedesOptions['authorizePublish']>

export class ExpressLanes {
  readonly #options: Omit<ExpressLaneOptions, 'onThrottled'>
  readonly #onThrottled: (client: Client) => void
  readonly #lanes = new WeakMap<object, ExpressLane>()

  constructor(options: Omit<ExpressLaneOptions, 'onThrottled'>, onThrottled: (client: Client) => void) {
    this.#options = options
    this.#onThrottled = onThrottled
  }

  /** Before aedes gets the connection. */
  open(stream: Duplex): void {
    const onThrottled = (): void => {
      // aedes puts it there.
      const { client } = stream as { readonly client?: Client }
      if (client !== undefined) this.#onThrottled(client)
    }
    const lane = new ExpressLane(stream, { ...this.#options, onThrottled })
    this.#lanes.set(stream, lane)
    lane.open()
  }

  /** For messages that come through aedes. */
  readonly authorizePublish: AuthorizePublish = (client, packet, answer) => {
    const lane = client === null ? undefined : this.#lanes.get(client.conn)
    this.#options.authorize(client, packet, lane?.inOrder(packet, answer) ?? answer)
  }
}
