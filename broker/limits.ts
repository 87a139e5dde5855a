import { DEFAULT_STORE_LIMITS, type StoreLimits } from './store/store-limits.ts'

/** What one broker gives its clients at most, so that no client can take memory without bound. */
export interface BrokerLimits extends StoreLimits {
  /** Open connections, over all listeners. */
  readonly maxClients: number
  /** The same from one address; many devices may stand behind one. */
  readonly maxConnectionsPerAddress: number
  /** Control packets of one client; what is beyond waits unread. A second's worth may come at once. */
  readonly maxPacketsPerSecond: number
  /** Bytes of one client; what is beyond waits unread. A second's worth may come at once. */
  readonly maxBytesPerSecond: number
  /** Bytes of one packet after its fixed header (the "remaining length"), so also the longest topic plus payload. */
  readonly maxPacketBytes: number
  /** How long a connection may take to its CONNECT packet, and again how long that may wait to be judged. */
  readonly connectTimeoutMs: number
  readonly maxTopicBytes: number
  readonly maxTopicLevels: number
  readonly maxClientIdBytes: number
  readonly maxSubscriptionsPerClient: number
  /** Bytes that wait for one client that reads too slowly; then messages for it are dropped (QoS 0), or it is cut off. */
  readonly maxOutboundBytesPerClient: number
  /** The same for all such clients together. */
  readonly maxOutboundBytes: number
  /** Messages above QoS 0 that one client may have received and not acknowledged. */
  readonly maxUnacknowledgedPerClient: number
  /** How long a client may leave its socket full before it is cut off. */
  readonly drainTimeoutMs: number
  /** A client that was connected when the broker ended has so long to come back before its will is published. */
  readonly willGraceMs: number
  /** How long `stop()` waits for commits under way, and again for connections to close. */
  readonly stopTimeoutMs: number
}

export const DEFAULT_LIMITS: BrokerLimits = {
  maxClients: 1000,
  maxConnectionsPerAddress: 250,
  maxPacketsPerSecond: 5000,
  maxBytesPerSecond: 4 * 1024 * 1024,
  maxPacketBytes: 256 * 1024,
  connectTimeoutMs: 10_000,
  maxTopicBytes: 1024,
  maxTopicLevels: 32,
  maxClientIdBytes: 256,
  maxSubscriptionsPerClient: 1000,
  ...DEFAULT_STORE_LIMITS,
  maxOutboundBytesPerClient: 1024 * 1024,
  maxOutboundBytes: 64 * 1024 * 1024,
  maxUnacknowledgedPerClient: 20_000,
  drainTimeoutMs: 10_000,
  willGraceMs: 60_000,
  stopTimeoutMs: 2000,
}
