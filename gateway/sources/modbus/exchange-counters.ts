/** What became of the requests of one connection. */
export interface ExchangeCounters {
  requests: number
  /** Replies that brought what was asked for. */
  answers: number
  timeouts: number
  exceptions: number
  /** Replies of units that were not asked then; all were dropped. */
  lateReplies: number
  /** Replies that cannot belong to the request in flight. */
  refusedReplies: number
  /** Requests whose connection ended before the reply. */
  cut: number
}

export function noneCounted(): ExchangeCounters {
  return { requests: 0, answers: 0, timeouts: 0, exceptions: 0, lateReplies: 0, refusedReplies: 0, cut: 0 }
}
