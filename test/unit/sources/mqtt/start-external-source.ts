import { onTestFinished } from 'vitest'
import { systemClock } from '../../../../gateway/clock.ts'
import type { Emit, Sample } from '../../../../gateway/model.ts'
import type { ExternalSourceOptions } from '../../../../gateway/sources/mqtt/external-options.ts'
import { createExternalSource } from '../../../../gateway/sources/mqtt/external-source.ts'
import { AwaitedLog } from '../../../support/awaited-log.ts'
import { ManualBroker } from './manual-broker.ts'

export const devices = [
  { deviceId: 'level-1', topicFilter: 'station/level' },
  { deviceId: 'tilt-1', topicFilter: 'station/+/tilt' },
]

/** A source that is connected to a manual broker and ends with the test. */
export async function startSource(
  options: Partial<ExternalSourceOptions> & { emit?: Emit; broker?: ManualBroker } = {},
) {
  const broker = options.broker ?? (await ManualBroker.open())
  const log = new AwaitedLog()
  const samples: Sample[] = []
  const source = createExternalSource({
    id: 'outside',
    url: broker.url,
    clientId: 'outpost-test',
    devices,
    maxPayloadBytes: 1000,
    clock: systemClock,
    log,
    reconnectMs: 10,
    ...options,
  })
  await source.start((sample) => {
    samples.push(sample)
    return options.emit?.(sample) ?? Promise.resolve()
  })
  onTestFinished(() => source.stop())
  return { broker, source, log, samples }
}
