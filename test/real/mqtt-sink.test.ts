import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { Sink } from '../../gateway/delivery-model.ts'
import { createMqttSink, type MqttSinkOptions } from '../../gateway/sinks/mqtt.ts'
import { alarmEventMessages } from '../../gateway/sinks/mqtt-messages.ts'
import { alarmEvent } from '../support/alarm-events.ts'
import { createDeliveryBench } from '../support/delivery-bench.ts'
import { describeReal, startMosquitto } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'

const never = new AbortController().signal
const account = { username: 'outpost', password: 'its-secret' }
const events = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => alarmEvent(first + index))

describeReal('mosquitto')('an MQTT sink on mosquitto', () => {
  const ending: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end()
  })

  async function broker(options: Parameters<typeof startMosquitto>[0] = {}): Promise<RealServer> {
    const server = await startMosquitto(options)
    ending.push(() => server.remove())
    return server
  }

  function sinkOn(server: RealServer, options: Partial<MqttSinkOptions<AlarmEvent>> = {}): Sink<AlarmEvent> {
    const sink = createMqttSink<AlarmEvent>({
      id: 'city',
      url: server.url,
      topic: 'city/{station}/{device}/{type}',
      format: alarmEventMessages,
      timeoutMs: 3000,
      ...options,
    })
    ending.push(() => sink.stop())
    return sink
  }

  /** A subscriber with a session that outlives the broker; collects the numbers of the events. */
  async function subscriber(
    server: RealServer,
    options: object = {},
  ): Promise<{ seqs: number[]; until(seq: number): Promise<void> }> {
    const client: MqttClient = await mqtt.connectAsync(server.url, {
      clientId: 'city-centre',
      clean: false,
      reconnectPeriod: 50,
      ...options,
    })
    client.on('error', () => {})
    ending.push(() => client.endAsync(true))
    const seqs: number[] = []
    let check = () => {}
    client.on('message', (_, payload) => {
      seqs.push(JSON.parse(payload.toString()).seq)
      check()
    })
    await client.subscribeAsync('city/#', { qos: 1 })
    const until = (seq: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (seqs.includes(seq)) resolve()
        }
        check()
      })
    return { seqs, until }
  }

  test.each([4, 5] as const)('brings events in order by protocol version %d', async (protocolVersion) => {
    const server = await broker({ users: { [account.username]: account.password } })
    const centre = await subscriber(server, account)
    await sinkOn(server, { protocolVersion, ...account }).write(events(1, 100), never)
    await centre.until(100)
    expect(centre.seqs).toEqual(events(1, 100).map(({ seq }) => seq))
  })

  test('loses nothing when the broker restarts in the middle, and does not take it for slow', async () => {
    const server = await broker()
    const centre = await subscriber(server)
    const { delivery, journal, clock } = createDeliveryBench({ sink: sinkOn(server), items: events(1, 50) })
    ending.push(() => delivery.stop())
    delivery.start()
    await journal.reached(50)
    await server.stop()
    journal.items.push(...events(51, 300))
    delivery.wake()
    expect(await clock.nextSleep()).toBe(1000)
    expect(delivery.status()).toMatchObject({ state: 'waiting', failure: 'unreachable', cursor: 50 })
    await server.start()
    await clock.advance(1000)
    await journal.reached(300)
    await centre.until(300)
    expect([...new Set(centre.seqs)].sort((a, b) => a - b)).toEqual(events(1, 300).map(({ seq }) => seq))
  })

  test('is given up after the time-out while the broker is frozen, and goes on afterwards', async () => {
    const server = await broker()
    const sink = sinkOn(server, { timeoutMs: 300 })
    await sink.write(events(1, 1), never)
    server.pause()
    await expect(sink.write(events(2, 2), never)).rejects.toMatchObject({ failure: 'unreachable' })
    server.resume()
    await sink.write(events(2, 2), never)
  })

  test('a wrong password is refused, and not shown', async () => {
    const server = await broker({ users: { [account.username]: account.password } })
    for (const protocolVersion of [4, 5] as const) {
      const sink = sinkOn(server, { ...account, password: 'not-its-secret', protocolVersion })
      await expect(sink.write(events(1, 1), never)).rejects.toMatchObject({
        failure: 'refused',
        message: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+: Connection refused: Not authorized$/),
      })
    }
  })

  test('a topic that is not allowed is refused', async () => {
    const server = await broker({
      users: { [account.username]: account.password },
      config: ['acl_file acl'],
      files: { acl: 'user outpost\ntopic write city/shi-jing/#\n' },
    })
    await sinkOn(server, account).write(events(1, 1), never)
    const elsewhere = sinkOn(server, { ...account, topic: 'elsewhere/{device}' })
    await expect(elsewhere.write(events(1, 1), never)).rejects.toMatchObject({ failure: 'refused' })
  })
})
