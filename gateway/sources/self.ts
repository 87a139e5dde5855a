import type { Clock, PointValue, Source } from '../model.ts'

/** What the gateway knows of its own health, as values of devices of the kind `gateway`. */
export interface SelfMeasurement {
  readonly deviceId: string
  readonly values: Readonly<Record<string, PointValue>>
}

/**
 * The gateway's own health as one more source, so that a full disk or a dead sink raises an ordinary alarm on the
 * ordinary way. Measures every `intervalMs`; a measurement whose predecessor is not yet on disk is skipped, because
 * health must never queue up behind the trouble it reports.
 */
export function createSelfSource(options: {
  readonly intervalMs: number
  readonly measure: () => Iterable<SelfMeasurement>
  readonly clock: Clock
}): Source {
  let stopTicking = (): void => {}
  let committing = false
  return {
    id: 'self',
    start(emit) {
      const measureOnce = async (): Promise<void> => {
        if (committing) return
        committing = true
        const at = options.clock.now()
        const samples = [...options.measure()].map(({ deviceId, values }) =>
          emit({ deviceId, at, type: 'values', values }),
        )
        // A journal that refuses is what `journal-failed` reports at the next measurement; nothing more to do here.
        await Promise.allSettled(samples)
        committing = false
      }
      stopTicking = options.clock.every(options.intervalMs, () => void measureOnce())
      void measureOnce()
      return Promise.resolve()
    },
    stop() {
      stopTicking()
      return Promise.resolve()
    },
  }
}
