import type { PointProfile } from '../../device-profiles/schema.ts'

/** What a receiver is told about a point beside its value. */
export interface PointDescription {
  readonly station: string
  readonly device: string
  /** The point's id in its profile, without the device. */
  readonly pointId: string
  readonly kind: string
  readonly type: PointProfile['type']
  readonly unit: string
}

/** Undefined for a point that is no longer configured; its readings are still written, with what the id says. */
export type Describe = (point: string) => PointDescription | undefined
