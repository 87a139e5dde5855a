/** What a delivery is to the composition root, and what all deliveries share. */
import type { DeliveryStatus } from '../delivery/delivery-status.ts'
import type { Heartbeat } from '../delivery-model.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Clock, Log } from '../model.ts'
import type { Describe } from '../sinks/point-description.ts'
import type { OrderDesk } from '../upstream/order-desk.ts'
import type { Part } from './part-set.ts'

/** What links to gateways above share. */
export interface Above {
  readonly desk: OrderDesk
  /** By sink: the gateways above it, the next one first. */
  readonly ways: Map<string, readonly string[]>
}

export type JournalKind = 'readings' | 'alarm-events'

/** What the gateway says of itself with each heartbeat. */
export type Vitals = Pick<Heartbeat, 'station' | 'startedAt' | 'health' | 'lastSeq'>

export interface DeliveryPart extends Part {
  readonly sinkId: string
  /** From which it takes what it delivers; null: heartbeats, which are kept nowhere. */
  readonly journal: JournalKind | null
  wake(): void
  status(): DeliveryStatus
}

export interface DeliverySurroundings {
  readonly gatewayId: string
  readonly journal: Journal
  readonly describe: Describe
  readonly vitals: () => Vitals
  readonly above: Above
  readonly clock: Clock
  readonly log: Log
}
