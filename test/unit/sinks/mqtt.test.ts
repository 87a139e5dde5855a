import type { Packet } from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../../gateway/alarm-model.ts'
import { DeliveryError, type Heartbeat, type Sink } from '../../../gateway/delivery-model.ts'
import { createMqttSink, type MqttSinkOptions } from '../../../gateway/sinks/mqtt.ts'
import { alarmEventMessages, heartbeatMessages, readingMessages } from '../../../gateway/sinks/mqtt-messages.ts'
import { alarmEvent } from '../../support/alarm-events.ts'
import { type ScriptedBroker, startScriptedBroker } from '../../support/scripted-broker.ts'
import { freePort } from '../../support/server-process.ts'

const never = new AbortController().signal
const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

type Answer = Parameters<typeof startScriptedBroker>[0]
const connack = (change: object = {}): Packet => ({ cmd: 'connack', reasonCode: 0, sessionPresent: false, ...change })
const puback = (packet: Packet, reasonCode = 0): Packet => ({
  cmd: 'puback',
  messageId: packet.messageId ?? 0,
  reasonCode,
})

async function brokerThat(answer: Answer): Promise<ScriptedBroker> {
  const broker = await startScriptedBroker(answer)
  ending.push(() => broker.close())
  return broker
}

/** Connects everyone and answers each publish as told. */
const onPublish = (
  answer: (packet: Packet, count: number) => Packet | 'cut' | undefined,
  settings: object = {},
): Answer => {
  let count = 0
  return (packet) => {
    if (packet.cmd === 'connect') return connack(settings)
    if (packet.cmd !== 'publish') return undefined
    count += 1
    return answer(packet, count)
  }
}

function sinkFor(url: string, options: Partial<MqttSinkOptions<AlarmEvent>> = {}): Sink<AlarmEvent> {
  const sink = createMqttSink<AlarmEvent>({
    id: 'city',
    url,
    topic: 'city/{gateway}/{station}/{device}/{rule}/{type}',
    format: alarmEventMessages,
    timeoutMs: 5000,
    ...options,
  })
  ending.push(() => sink.stop())
  return sink
}

async function failureOf(write: Promise<void>): Promise<DeliveryError> {
  const error = await write.then(
    () => new Error('the write was confirmed'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw error
  return error
}

const publishes = (broker: ScriptedBroker) => broker.packets.filter((packet) => packet.cmd === 'publish')
const connects = (broker: ScriptedBroker) => broker.packets.filter((packet) => packet.cmd === 'connect')

describe('publishing to a broker', () => {
  test('at QoS 1, on the filled-in topic, confirmed by PUBACKs, over one connection', async () => {
    const broker = await brokerThat(onPublish((packet) => puback(packet)))
    const sink = sinkFor(broker.url)
    await sink.write([alarmEvent(1), alarmEvent(2)], never)
    await sink.write([alarmEvent(3)], never)
    const sent = publishes(broker)
    expect(sent).toMatchObject([1, 2, 3].map(() => ({ qos: 1, retain: false, dup: false })))
    expect(sent[0]).toMatchObject({ topic: 'city/gateway-1/shi-jing/culvert-level/level/raised' })
    expect(sent.map((packet) => JSON.parse(String(packet.payload)))).toEqual(
      [1, 2, 3].map((seq) => ({ version: 1, ...alarmEvent(seq) })),
    )
    expect(connects(broker)).toHaveLength(1)
  })

  test('heartbeats are never retained: who comes later must not take an old one for life', async () => {
    const broker = await brokerThat(onPublish((packet) => puback(packet)))
    const beat: Heartbeat = {
      ...{ version: 1, type: 'heartbeat', gateway: 'gateway-1', station: 'shi-jing', time: 1_788_000_000_000 },
      ...{ startedAt: 1_787_000_000_000, intervalMs: 30_000, health: 'ok', lastSeq: 7 },
    }
    const options = { id: 'city', url: broker.url, topic: 'alive/{station}/{gateway}', timeoutMs: 5000 }
    const sink = createMqttSink<Heartbeat>({ ...options, format: heartbeatMessages })
    ending.push(() => sink.stop())
    await sink.write([beat], never)
    expect(publishes(broker)).toMatchObject([{ topic: 'alive/shi-jing/gateway-1', qos: 1, retain: false }])
    expect(JSON.parse(String(publishes(broker)[0]?.payload))).toEqual(beat)
  })

  test('is not confirmed before the PUBACK', async () => {
    const broker = await brokerThat(onPublish((packet, count) => (count === 1 ? puback(packet) : undefined)))
    const error = await failureOf(sinkFor(broker.url, { timeoutMs: 200 }).write([alarmEvent(1), alarmEvent(2)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: `${broker.url}: no answer within 200 ms` })
    expect(publishes(broker)).toHaveLength(2)
  })

  test('keeps to the number of messages that the broker allows on the way', async () => {
    const held: Packet[] = []
    let most = 0
    const broker = await brokerThat((packet) => {
      if (packet.cmd === 'connect') return connack({ properties: { receiveMaximum: 3 } })
      if (packet.cmd !== 'publish') return undefined
      held.push(packet)
      most = Math.max(most, held.length)
      return puback(held.shift() ?? packet)
    })
    const events = Array.from({ length: 10 }, (_, index) => alarmEvent(index + 1))
    await sinkFor(broker.url).write(events, never)
    expect(most).toBeLessThanOrEqual(3)
    expect(publishes(broker)).toHaveLength(10)
  })

  test('fails with the connection, and the next write connects anew and sends all of it', async () => {
    const broker = await brokerThat(onPublish((packet, count) => (count === 2 ? 'cut' : puback(packet))))
    const sink = sinkFor(broker.url)
    const batch = [alarmEvent(1), alarmEvent(2), alarmEvent(3)]
    expect(await failureOf(sink.write(batch, never))).toMatchObject({ failure: 'unreachable' })
    await sink.write(batch, never)
    expect(connects(broker)).toHaveLength(2)
    const last = publishes(broker).slice(-3)
    expect(last.map((packet) => JSON.parse(String(packet.payload)).seq)).toEqual([1, 2, 3])
    expect(last.every((packet) => packet.dup === false)).toBe(true)
  })

  test('notices between two writes that the connection is gone', async () => {
    const broker = await brokerThat(onPublish((packet) => puback(packet)))
    const sink = sinkFor(broker.url)
    await sink.write([alarmEvent(1)], never)
    await broker.close()
    const error = await failureOf(sink.write([alarmEvent(2)], never))
    expect(error.failure).toBe('unreachable')
  })

  test.each([
    [135, 'refused'],
    [144, 'unacceptable'],
    [153, 'unacceptable'],
    [151, 'busy'],
    [128, 'unreachable'],
  ])('a PUBACK with reason %d is %s', async (reason, failure) => {
    const broker = await brokerThat(onPublish((packet) => puback(packet, reason)))
    expect(await failureOf(sinkFor(broker.url).write([alarmEvent(1)], never))).toMatchObject({ failure })
  })

  test('a DISCONNECT that says "packet too large" is about the messages, and the next write connects anew', async () => {
    const broker = await brokerThat(
      onPublish((packet, count) => (count === 1 ? { cmd: 'disconnect', reasonCode: 149 } : puback(packet))),
    )
    const sink = sinkFor(broker.url)
    const error = await failureOf(sink.write([alarmEvent(1)], never))
    expect(error).toMatchObject({
      failure: 'unacceptable',
      message: expect.stringMatching(/disconnects with reason 149/),
    })
    await sink.write([alarmEvent(2)], never)
    expect(connects(broker)).toHaveLength(2)
  })

  test('a PUBACK that says "no subscriber" confirms: the broker has taken it', async () => {
    const broker = await brokerThat(onPublish((packet) => puback(packet, 16)))
    await sinkFor(broker.url).write([alarmEvent(1)], never)
  })

  test('does not send what is too large for the broker, which would cut the connection for it', async () => {
    const settings = { properties: { maximumPacketSize: 2000 } }
    const broker = await brokerThat(onPublish((packet) => puback(packet), settings))
    const sink = sinkFor(broker.url)
    const large = alarmEvent(1, { comment: 'x'.repeat(2000) })
    const error = await failureOf(sink.write([large], never))
    expect(error).toMatchObject({ failure: 'unacceptable', message: expect.stringMatching(/takes 2000 bytes/) })
    await sink.write([alarmEvent(2)], never)
    expect(connects(broker)).toHaveLength(1)
  })
})

describe('connecting to a broker', () => {
  test.each([
    [132, 'refused', /Unsupported Protocol Version; set protocolVersion 4/],
    [134, 'refused', /Bad User Name or Password/],
    [135, 'refused', /Not authorized/],
    [136, 'unreachable', /Server unavailable/],
    [137, 'busy', /Server busy/],
  ])('a CONNACK with reason %d is %s', async (reasonCode, failure, message) => {
    const broker = await brokerThat(() => connack({ reasonCode }))
    const sink = sinkFor(broker.url, { username: 'outpost', password: 'its-secret' })
    const error = await failureOf(sink.write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure, message: expect.stringMatching(message) })
    expect(error.message).not.toContain('its-secret')
  })

  test('MQTT 3.1.1 on request', async () => {
    const broker = await startScriptedBroker((packet) => {
      if (packet.cmd === 'connect') return { cmd: 'connack', returnCode: 5, sessionPresent: false }
      return undefined
    }, 4)
    ending.push(() => broker.close())
    const error = await failureOf(sinkFor(broker.url, { protocolVersion: 4 }).write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'refused', message: expect.stringMatching(/Not authorized/) })
    expect(broker.packets[0]).toMatchObject({ protocolVersion: 4, clean: true })
  })

  test('nobody listens', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`
    const error = await failureOf(sinkFor(url).write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: `${url}: connection refused (ECONNREFUSED)` })
  })

  test('the broker says nothing', async () => {
    const broker = await brokerThat(() => undefined)
    const error = await failureOf(sinkFor(broker.url, { timeoutMs: 100 }).write([alarmEvent(1)], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/no answer within 100 ms/) })
  })

  test('the broker hangs up', async () => {
    const broker = await brokerThat(() => 'cut')
    expect(await failureOf(sinkFor(broker.url).write([alarmEvent(1)], never))).toMatchObject({ failure: 'unreachable' })
  })

  test('a stop ends the waiting with its reason, whether for the connection or for a PUBACK', async () => {
    for (const answer of [(): undefined => undefined, onPublish(() => undefined)]) {
      const stopping = new AbortController()
      const broker = await brokerThat((packet, count) => {
        if (packet.cmd === 'publish' || answer(packet, count) === undefined) stopping.abort(new Error('stopping'))
        return answer(packet, count)
      })
      const sink = sinkFor(broker.url)
      await expect(sink.write([alarmEvent(1)], stopping.signal)).rejects.toThrow('stopping')
      await sink.stop()
    }
  })

  test('settings that cannot be are refused at once, without showing secrets', () => {
    expect(() => sinkFor('mqtt://u:hidden@127.0.0.1')).toThrow(/^sink city: the URL contains an account; [^:]*$/)
    expect(() => sinkFor('http://127.0.0.1')).toThrow(/expected mqtt/)
    expect(() => sinkFor('mqtt://127.0.0.1', { topic: 'a/{point}' })).toThrow(/known are \{gateway\}, \{station\}/)
  })
})

describe('a reading as a message', () => {
  const describePoint = (point: string) =>
    point === 'culvert-level.level'
      ? {
          station: 'shi-jing',
          device: 'culvert-level',
          pointId: 'level',
          kind: 'water-level',
          type: 'number' as const,
          unit: 'm',
        }
      : undefined
  const format = readingMessages({ gateway: 'gateway-1', describe: describePoint })
  const reading = { seq: 9, point: 'culvert-level.level', time: 5, receivedAt: 6, value: 0.3, quality: 'good' as const }

  test('says what its point is', () => {
    expect(format.values(reading)).toEqual({
      gateway: 'gateway-1',
      station: 'shi-jing',
      device: 'culvert-level',
      point: 'level',
      kind: 'water-level',
    })
    expect(JSON.parse(format.payload(reading))).toEqual({
      version: 1,
      gateway: 'gateway-1',
      station: 'shi-jing',
      device: 'culvert-level',
      kind: 'water-level',
      unit: 'm',
      ...reading,
    })
  })

  test('of a point that nobody knows any more says what its id says', () => {
    expect(format.values({ ...reading, point: 'old.level' })).toMatchObject({
      station: '',
      device: 'old',
      point: 'level',
    })
  })
})
