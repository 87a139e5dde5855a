/** The channels of the configuration. One line per type. */
import { parseDuration } from '../../device-profiles/duration.ts'
import { createWebhookChannel } from '../channels/webhook.ts'
import type { ChannelSection } from '../config/dispatch-schema.ts'
import type { Channel, Receipt } from '../dispatch-model.ts'
import type { Clock, Log } from '../model.ts'

/** What a channel may need of the gateway; each takes what it needs. */
export interface ChannelSurroundings {
  readonly gatewayId: string
  readonly language: 'zh' | 'en'
  readonly clock: Clock
  readonly log: Log
  /**
   * For channels over which answers come back. Resolves when it is on disk; false where no such notification is known. An
   * acknowledgement acknowledges its alarms under the name in `by`.
   */
  readonly confirm: (receipt: Omit<Receipt, 'at'>) => Promise<boolean>
}

export function createChannel(section: ChannelSection, surroundings: ChannelSurroundings): Channel {
  switch (section.type) {
    case 'webhook':
      return createWebhookChannel({ ...section, ...surroundings, ...timeoutOf(section) })
  }
}

function timeoutOf({ timeout }: { readonly timeout?: string }): { readonly timeoutMs?: number } {
  return timeout === undefined ? {} : { timeoutMs: parseDuration(timeout) }
}
