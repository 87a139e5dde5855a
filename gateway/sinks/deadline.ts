/** Ends of waiting: the caller's signal, or a time-out, whichever comes first. */

/**
 * Runs `work` under a signal that aborts with the outer signal's reason, or after `ms` with an Error that says so.
 * Unlike AbortSignal.timeout and AbortSignal.any it leaves neither a timer nor a listener behind.
 */
export async function withDeadline<R>(
  limit: { readonly signal: AbortSignal; readonly ms: number },
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  limit.signal.throwIfAborted()
  const ending = new AbortController()
  const late = setTimeout(() => ending.abort(new Error(`no answer within ${limit.ms} ms`)), limit.ms)
  const stop = () => ending.abort(limit.signal.reason)
  limit.signal.addEventListener('abort', stop, { once: true })
  try {
    return await orAborted(ending.signal, work(ending.signal))
  } finally {
    clearTimeout(late)
    limit.signal.removeEventListener('abort', stop)
    // Whatever `work` has left open ends with it.
    ending.abort(new Error('the work is over'))
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function orAborted<R>(signal: AbortSignal, promise: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
