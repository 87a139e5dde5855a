import type { Clock, Emit, Log, PointValue, Source } from '../model.ts'

/** What the gateway knows of its own health, as values of devices of the kind `gateway`. */
export interface SelfMeasurement {
  readonly deviceId: string
  readonly values: Readonly<Record<string, PointValue>>
}

interface SelfSourceOptions {
  readonly intervalMs: number
  readonly measure: () => Iterable<SelfMeasurement>
  readonly clock: Clock
  readonly log: Log
}

/**
 * The gateway's own health as one more source, so that a full disk or a dead sink raises an ordinary alarm on the
 * ordinary way. Never waits until a measurement is on disk: that the disk does not answer is what the next one must say.
 */
export function createSelfSource({ intervalMs, measure, clock, log }: SelfSourceOptions): Source {
  let stopTicking = (): void => {}
  let failed = false

  function measureOnce(emit: Emit): void {
    try {
      const at = clock.now()
      for (const { deviceId, values } of [...measure()]) {
        // A journal that refuses is what `journal-failed` reports at the next measurement; nothing more to do here.
        emit({ deviceId, at, type: 'values', values }).catch(() => {})
      }
      failed = false
    } catch (error) {
      if (!failed) log.error({ err: error }, 'the gateway cannot measure its own health')
      failed = true
    }
  }

  return {
    id: 'self',
    start(emit) {
      stopTicking = clock.every(intervalMs, () => measureOnce(emit))
      measureOnce(emit)
      return Promise.resolve()
    },
    stop() {
      stopTicking()
      return Promise.resolve()
    },
  }
}
