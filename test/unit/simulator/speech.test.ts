/** What simulated devices say, read by what the gateway reads with. */
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { createMessageDecoder } from '../../../device-profiles/codec/message.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import type { DeviceProfile } from '../../../device-profiles/schema.ts'
import { createAvailabilityReader } from '../../../gateway/sources/mqtt/availability-reader.ts'
import { SparkplugHost } from '../../../gateway/sources/mqtt/sparkplug/sparkplug-host.ts'
import { createSpeech } from '../../../simulator/create-speech.ts'
import type { SpokenMessage } from '../../../simulator/speech.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLog } from '../../support/memory-log.ts'
import { profileOf } from './modbus/profiles.ts'

const cases = new URL('../../cases/messages/', import.meta.url).pathname

function caseProfile(name: string, id: string, levels: Record<string, string> = {}): DeviceProfile {
  const own = loadCatalogue([new URL('../../../device-profiles', import.meta.url).pathname, `${cases}${name}/profiles`])
  const resolved = resolveDevice({ id, station: 's', name: id, place: 'p', profile: id, levels }, own)
  if ('problems' in resolved) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device.profile
}

function payload(messages: readonly SpokenMessage[]): Uint8Array {
  return messages[0]?.payload ?? new Uint8Array()
}

describe('a LoRaWAN device', () => {
  test.each(['chirpstack-v4', 'the-things-stack-v3'] as const)('sends its bytes as %s brings them', (networkServer) => {
    const profile = profileOf('milesight-em310-udl')
    const speech = createSpeech({ profile, parameters: { 'installation-height': 2.5 }, topic: 't', networkServer })
    const said = payload(speech.report({ distance: 2.116, battery: 92, displaced: 1, rssi: -87, snr: 8.2 }))
    const decode = createMessageDecoder(profile, { 'installation-height': 2.5 }, { networkServer })
    const decoded = decode(said)
    if ('malformed' in decoded) expect.fail(decoded.malformed)
    expect(Object.fromEntries(decoded.points)).toMatchObject({ distance: { value: 2.116 }, rssi: { value: -87 } })
  })

  test('that only the script of its maker understands says what a vector says, and nothing else', () => {
    const vectors = [{ hex: '01001234', fPort: 2, expect: { level: 4.66 } }]
    const profile = { ...caseProfile('codec-of-the-maker', 'gauge-codec'), vectors }
    const speech = createSpeech({ profile, parameters: {}, topic: 't', networkServer: 'chirpstack-v4' })
    expect(JSON.parse(Buffer.from(payload(speech.report({ level: 4.66 }))).toString())).toMatchObject({
      ...{ fPort: 2, data: 'AQASNA==' },
    })
    expect(() => speech.report({ level: 4.7 })).toThrow('{"level":4.66}, got {"level":4.7}')
  })
})

describe('a device of which a bridge says whether it is there', () => {
  const profile = caseProfile('availability', 'bridged')
  const said = (messages: readonly SpokenMessage[]) =>
    messages.map(({ topic, payload: bytes, retain }) => [topic, JSON.parse(Buffer.from(bytes).toString()), retain])

  test('is back when it says hello, and gone by its will', async () => {
    const speech = createSpeech({ profile, parameters: {}, topic: 'zigbee2mqtt/kitchen', address: 'kitchen' })
    const will = speech.will() ?? expect.fail('it has a will')
    expect(said([will])).toEqual([['zigbee2mqtt/kitchen/availability', { state: 'offline' }, true]])
    expect(said(speech.hello({ level: 0.05 }))).toEqual([
      ['zigbee2mqtt/kitchen/availability', { state: 'online' }, true],
      ['zigbee2mqtt/kitchen', { level: 0.05 }, undefined],
    ])
    const reader = createAvailabilityReader('kitchen', { pointer: '/state', offline: ['offline'] })
    const heard = async (message: SpokenMessage) => (await reader.read({ ...message, retained: false })).contents.length
    expect([await heard(will), await heard(speech.hello({ level: 0.05 })[0] ?? will)]).toEqual([1, 0])
  })
})

describe('a device whose topic does not name it', () => {
  test('is named in its messages', () => {
    const profile = caseProfile('batch-of-several-devices', 'collected')
    const speech = createSpeech({
      ...{ profile, parameters: {}, topic: 'collector/data', address: 's-7', now: () => 1_700_000_000_000 },
    })
    expect(JSON.parse(Buffer.from(payload(speech.report({ level: 0.25 }))).toString())).toEqual({
      readings: [{ level: 0.25, t: 1_700_000_000, sensor: 's-7' }],
    })
  })
})

describe('a device behind a Sparkplug edge node', () => {
  const profile = caseProfile('sparkplug-b', 'sparkplug-gauge', { group: 'g', node: 'n' })
  const start = () => {
    const published: { topic: string; payload: Uint8Array }[] = []
    const clock = new FakeClock()
    const host = new SparkplugHost({
      publish: (topic, bytes) => published.push({ topic, payload: bytes }),
      ...{ clock, log: createMemoryLog() },
    })
    host.setUnits([{ deviceId: 'gauge', group: 'g', node: 'n', device: 'd' }])
    const speech = createSpeech({ profile, parameters: {}, topic: 'spBv1.0/g/+/n/d' })
    const hear = (messages: readonly SpokenMessage[]) =>
      messages.flatMap(({ topic, payload: bytes }) => host.read({ topic, payload: bytes, retained: false }).contents)
    return { clock, host, speech, published, hear }
  }
  const documents = (contents: ReturnType<ReturnType<typeof start>['hear']>) =>
    contents.flatMap(({ content }) =>
      content.type === 'documents' ? content.documents.map(({ json }) => json) : [content],
    )

  test('is born with names, speaks by aliases, and dies by its will', () => {
    const { speech, published, hear } = start()
    const will = speech.will()
    expect(documents(hear(speech.hello({ level: 0.04 })))).toEqual([{ 'Level/Depth': 40, Tilted: null }])
    expect(documents(hear(speech.report({ level: -0.03, displaced: 1 })))).toEqual([
      { 'Level/Depth': -30, Tilted: true },
    ])
    expect(published).toEqual([])
    expect(will?.qos).toBe(1)
    expect(hear(will === null ? [] : [will])).toMatchObject([{ content: { type: 'device-failure' } }])
  })

  test('is born again when a message of it was lost', () => {
    const { speech, published, hear } = start()
    speech.will()
    hear(speech.hello({ level: 0.04 }))
    speech.report({ level: 0.05 })
    hear(speech.report({ level: 0.06 }))
    const [asked] = published
    expect(speech.topics).toEqual([asked?.topic])
    expect(speech.asksForHello(asked?.topic ?? '', asked?.payload ?? new Uint8Array())).toBe(true)
    expect(speech.asksForHello(asked?.topic ?? '', new Uint8Array([1]))).toBe(false)
    hear(speech.hello({ level: 0.06 }))
    expect(hear(speech.report({ level: 0.07 }))).toMatchObject([
      { content: { documents: [{ json: { 'Level/Depth': 70 } }] } },
    ])
    expect(published).toHaveLength(1)
  })
})
