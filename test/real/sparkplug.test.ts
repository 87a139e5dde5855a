/** A simulated Sparkplug edge node, and the gateway as its host, on two sides of a real mosquitto. */
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { loadCatalogue } from '../../device-profiles/catalogue.ts'
import { resolveDevice } from '../../device-profiles/resolve.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Sample } from '../../gateway/model.ts'
import { createExternalSource } from '../../gateway/sources/mqtt/external-source.ts'
import { createMessageRoutes } from '../../gateway/sources/mqtt/message-routes.ts'
import { SparkplugHost } from '../../gateway/sources/mqtt/sparkplug/sparkplug-host.ts'
import { MqttDevice } from '../../simulator/mqtt-device.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { describeReal, startMosquitto } from '../support/real-servers.ts'
import { sparkplugPayload } from '../support/sparkplug-message.ts'

const HOUR = 3_600_000
const TOPIC = 'spBv1.0/g/+/n/gauge-1'

function gauge() {
  const folders = ['../../device-profiles', '../cases/messages/sparkplug-b/profiles']
  const profiles = loadCatalogue(folders.map((folder) => new URL(folder, import.meta.url).pathname))
  const installation = { id: 'gauge', station: 's', name: 'gauge', place: 'p', profile: 'sparkplug-gauge' }
  const resolved = resolveDevice({ ...installation, levels: { group: 'g', node: 'n' } }, profiles)
  if ('problems' in resolved) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

/** What the samples say, in short; the last of them can be awaited. */
class Said {
  readonly #lines: string[] = []
  #changed = Promise.withResolvers<void>()

  add({ deviceId, ...content }: Sample): void {
    if (content.type === 'documents')
      this.#lines.push(JSON.stringify(content.documents.map(({ json, doubt }) => [json, doubt?.reason])))
    else this.#lines.push(content.type === 'device-failure' ? `${deviceId}: ${content.detail}` : content.type)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async until(part: string): Promise<readonly string[]> {
    while (this.#lines.at(-1)?.includes(part) !== true) await this.#changed.promise
    return this.#lines.splice(0)
  }
}

async function startHost(url: string) {
  const said = new Said()
  const clock = new FakeClock()
  const log = createMemoryLog()
  // Rebirths are asked for through the very connection on which the data come.
  const publish = (topic: string, payload: Uint8Array): void => {
    void source.publish({ topic, payload, qos: 0 }).catch(() => {})
  }
  const sparkplug = new SparkplugHost({ publish, clock, log })
  const units = [{ device: gauge(), address: 'gauge-1', topicFilters: [TOPIC] }]
  const runCodec = () => Promise.reject(new Error('no codec here'))
  const devices = createMessageRoutes(units, { runCodec, clock, sparkplug })
  const source = createExternalSource({
    ...{ id: 'outside', url, clientId: 'outpost-host', devices, maxPayloadBytes: 10_000, reconnectMs: 50 },
    ...{ clock: systemClock, log },
  })
  await source.start((sample) => {
    said.add(sample)
    return Promise.resolve()
  })
  onTestFinished(() => source.stop())
  return { said, clock }
}

describeReal('mosquitto')('a Sparkplug edge node behind mosquitto', () => {
  test('is born again when the host came late, and when a message of it was lost; its death is its will', async () => {
    const server = await startMosquitto({})
    onTestFinished(() => server.remove())
    const { profile } = gauge()
    const values: Record<string, number> = { level: 0.04, displaced: 0 }
    const connected = Promise.withResolvers<void>()
    const device = new MqttDevice({
      ...{ id: 'node', profile, parameters: {}, topic: TOPIC, intervalMs: HOUR, broker: { url: server.url } },
      values: () => values,
      onConnection: () => connected.resolve(),
    })
    device.start()
    onTestFinished(() => device.stop())
    await connected.promise

    // Nobody has kept its birth: until the host has subscribed, data are lost, then they are asked to be explained.
    const { said, clock } = await startHost(server.url)
    const speaking = setInterval(() => device.publish(), 100)
    onTestFinished(() => clearInterval(speaking))
    const first = await said.until('"Level/Depth":40')
    clearInterval(speaking)
    expect(first.some((line) => line.includes('its birth was not seen'))).toBe(true)

    values.level = 0.05
    device.publish()
    await said.until('[[{"Level/Depth":50,"Tilted":false},null]]')

    // Somebody else's number in the count is a hole: what only an alias names is doubted, until it is born again.
    const stranger = await connectAsync(server.url, { clientId: 'stranger' })
    onTestFinished(() => stranger.endAsync(true))
    const wrong = sparkplugPayload({ timestamp: 1, seq: 200, metrics: [{ alias: 1, value: 60, as: 'Double' }] })
    await clock.advance(31_000)
    await stranger.publishAsync('spBv1.0/g/DDATA/n/gauge-1', wrong)
    const doubted = await said.until('[[{"Level/Depth":50,"Tilted":false},null]]')
    expect(doubted[0]).toContain('unconfirmed')

    // Who takes its client identifier ends its connection, and mosquitto speaks its will.
    const double = await connectAsync(server.url, { clientId: 'simulator-node', reconnectPeriod: 0 })
    onTestFinished(() => double.endAsync(true))
    expect(await said.until('NDEATH')).toEqual(['gauge: NDEATH of the edge node n'])
  })
})
