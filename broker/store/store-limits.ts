/** How much the broker keeps for its clients. Bytes count topic, payload and 200 for the rest of each message. */
export interface StoreLimits {
  /** Sessions kept for clients that connect without clean session; then the one unseen for longest is forgotten. */
  readonly maxSessions: number
  /** How long a client may be away before its session ends. */
  readonly sessionExpiryMs: number
  /** Messages that one session keeps for its absent or slow client; newer ones are dropped for it and counted. */
  readonly maxQueuedPerSession: number
  readonly maxQueuedBytesPerSession: number
  /** Bytes kept for all sessions together. */
  readonly maxQueuedBytes: number
  readonly maxRetainedMessages: number
  /** Bytes of all retained messages together. */
  readonly maxRetainedBytes: number
  /** Bytes of all wills that are kept for the case that the broker dies. */
  readonly maxWillBytes: number
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  maxSessions: 2000,
  sessionExpiryMs: 7 * 24 * 60 * 60_000,
  maxQueuedPerSession: 1000,
  maxQueuedBytesPerSession: 8 * 1024 * 1024,
  maxQueuedBytes: 32 * 1024 * 1024,
  maxRetainedMessages: 10_000,
  maxRetainedBytes: 16 * 1024 * 1024,
  maxWillBytes: 8 * 1024 * 1024,
}

/** Largest size of the file: the content twice, because deleted rows leave gaps, and room for sessions and indexes. */
export function maxFileBytes({ maxQueuedBytes, maxRetainedBytes, maxWillBytes }: StoreLimits): number {
  return 2 * (maxQueuedBytes + maxRetainedBytes + maxWillBytes) + 32 * 1024 * 1024
}
