/** The channels that run, each with a loop of its own: none waits for another. */
import { PRIORITIES } from '../alarm-model.ts'
import type { DispatchConfig } from '../config/dispatch-config.ts'
import { type ChannelItem, ChannelLoop, type Settled } from '../delivery/channel-loop.ts'
import type { DeliveryStatus } from '../delivery/delivery-status.ts'
import { DeliveryError } from '../delivery-model.ts'
import type { NotificationFacts } from '../dispatch-event.ts'
import type { Handover, Notification } from '../dispatch-model.ts'
import { type ChannelSurroundings, createChannel } from './channel-set.ts'
import type { Part, WantedPart } from './part-set.ts'

/** People are tried more often than a time series. */
const LONGEST_DELAY_MS = 15_000

export interface ChannelPart extends Part {
  readonly id: string
  readonly type: string
  add(notification: NotificationFacts, about: { readonly cases: readonly string[]; readonly at: number }): void
  withdraw(id: string): void
  status(): DeliveryStatus
  /** How many notifications wait. */
  readonly waiting: number
}

export interface ChannelParts extends ChannelSurroundings {
  /** The whole text; null where it is not there any more. */
  readonly notification: (id: string) => Promise<Notification | null>
  readonly settled: (id: string, outcome: Settled<Handover>) => void
}

export function wantedChannels(
  { channels }: Pick<DispatchConfig, 'channels'>,
  parts: ChannelParts,
): readonly WantedPart<ChannelPart>[] {
  return channels.map((section) => ({ key: section.id, options: section, create: () => createPart(section, parts) }))
}

function createPart(section: DispatchConfig['channels'][number], parts: ChannelParts): ChannelPart {
  const channel = createChannel(section, parts)
  const loop = new ChannelLoop<ChannelItem, Handover>({
    id: `channel ${section.id}`,
    atOnce: channel.atOnce ?? 1,
    async send({ id }, signal) {
      const notification = await parts.notification(id)
      if (notification === null) throw new DeliveryError('unacceptable', 'its text is not kept any more')
      return await channel.send(notification, signal)
    },
    settled: ({ id }, outcome) => parts.settled(id, outcome),
    pressingRank: PRIORITIES.indexOf('urgent'),
    backoff: { longestMs: LONGEST_DELAY_MS },
    ...{ clock: parts.clock, log: parts.log },
  })
  return {
    ...{ id: section.id, type: section.type },
    start: () => channel.start?.() ?? Promise.resolve(),
    async stop() {
      await loop.stop()
      await channel.stop?.()
    },
    add({ id, seq, priority }, { cases, at }) {
      loop.add({ id, seq, rank: PRIORITIES.indexOf(priority), keys: cases, at })
    },
    withdraw: (id) => loop.withdraw(id),
    status: () => loop.status(),
    get waiting() {
      return loop.waiting
    },
  }
}
