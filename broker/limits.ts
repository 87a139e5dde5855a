/** What one broker gives its clients at most, so that no client can take memory without bound. */
export interface BrokerLimits {
  /** Open connections, over all listeners. */
  readonly maxClients: number
  /** Bytes of one packet after its fixed header (the "remaining length"), so also the longest topic plus payload. */
  readonly maxPacketBytes: number
  /** How long a connection may take to send its CONNECT packet. */
  readonly connectTimeoutMs: number
  readonly maxTopicBytes: number
  readonly maxTopicLevels: number
  readonly maxClientIdBytes: number
  readonly maxSubscriptionsPerClient: number
  /** Sessions kept for clients that connect without clean session; then the one unseen for longest is forgotten. */
  readonly maxSessions: number
  /** Messages one session keeps for its absent or slow client; later ones are dropped for it and counted. */
  readonly maxQueuedPerSession: number
  /** Payload bytes kept for all sessions together. */
  readonly maxQueuedBytes: number
  /** Topic and payload bytes of all retained messages together. */
  readonly maxRetainedBytes: number
  /** Bytes that wait for one client that reads too slowly; then messages for it are dropped (QoS 0), or it is cut off. */
  readonly maxOutboundBytesPerClient: number
  /** The same for all such clients together. */
  readonly maxOutboundBytes: number
  /** Messages above QoS 0 that one client may have received and not acknowledged. */
  readonly maxUnacknowledgedPerClient: number
  /** How long a client may leave its socket full before it is cut off. */
  readonly drainTimeoutMs: number
  /** How long `stop()` waits for commits under way, and again for connections to close. */
  readonly stopTimeoutMs: number
}

export const DEFAULT_LIMITS: BrokerLimits = {
  maxClients: 1000,
  maxPacketBytes: 256 * 1024,
  connectTimeoutMs: 10_000,
  maxTopicBytes: 1024,
  maxTopicLevels: 32,
  maxClientIdBytes: 256,
  maxSubscriptionsPerClient: 1000,
  maxSessions: 2000,
  maxQueuedPerSession: 1000,
  maxQueuedBytes: 32 * 1024 * 1024,
  maxRetainedBytes: 16 * 1024 * 1024,
  maxOutboundBytesPerClient: 1024 * 1024,
  maxOutboundBytes: 64 * 1024 * 1024,
  maxUnacknowledgedPerClient: 20_000,
  drainTimeoutMs: 10_000,
  stopTimeoutMs: 2000,
}
