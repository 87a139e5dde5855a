import type { Outcome } from '../alarm-model.ts'
import type { Log, Sample, SampleContent } from '../model.ts'

const NOTHING: Outcome = { readings: [], events: [] }

/**
 * `accept`, for which a defect in the decoding of one device costs that device only: it must not throw into the loop of
 * a line or the client of a broker that others share. What throws would throw again, so the sample is not refused (a
 * broker would deliver it for ever): it becomes a failure of the device, which raises its fault. Throws when even that
 * does. The log has a line per device for each change, not for each sample.
 */
export function guardAccept(accept: (sample: Sample) => Outcome, log: Log): (sample: Sample) => Outcome {
  /** Why, by device. */
  const failing = new Map<string, string>()
  return (sample) => {
    try {
      const outcome = accept(sample)
      if (failing.size > 0 && failing.delete(sample.deviceId)) {
        log.info({ device: sample.deviceId }, 'samples of the device can be taken again')
      }
      return outcome
    } catch (error) {
      const { deviceId, at } = sample
      const reason = error instanceof Error ? error.message : String(error)
      if (failing.get(deviceId) !== reason) log.error({ device: deviceId, err: error }, 'a sample cannot be taken')
      failing.set(deviceId, reason)
      const content = failureOf(sample, `the gateway cannot take it: ${reason}`)
      return content === null ? NOTHING : accept({ deviceId, at, ...content })
    }
  }
}

/** Null: the sample says nothing about now, so that it cannot be understood says nothing either. */
function failureOf(sample: SampleContent, detail: string): SampleContent | null {
  if ((sample.type === 'message' || sample.type === 'documents') && sample.retained) return null
  if (sample.type !== 'registers') return { type: 'device-failure', reason: 'malformed', detail }
  const { table, address, words } = sample
  return { type: 'read-failure', table, address, count: words.length, reason: 'malformed', detail }
}
