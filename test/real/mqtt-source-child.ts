/** An external source whose commits never end, in a process of its own that a test can kill. */
import { systemClock } from '../../gateway/clock.ts'
import { createExternalSource } from '../../gateway/sources/mqtt/external-source.ts'

const [url = '', clientId = '', topicFilter = ''] = process.argv.slice(2)
const quiet = (): void => {}
const source = createExternalSource({
  id: 'child',
  url,
  clientId,
  devices: [{ deviceId: 'probe', topicFilter }],
  maxPayloadBytes: 1000,
  clock: systemClock,
  log: { debug: quiet, info: () => process.send?.('connected'), warn: quiet, error: quiet },
})
await source.start((sample) => {
  process.send?.(sample.type === 'message' ? Buffer.from(sample.payload).toString() : sample.type)
  return new Promise<void>(() => {})
})
