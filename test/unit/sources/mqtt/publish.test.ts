/** Messages to an outside broker: now or never, and it is known which. */
import { expect, test } from 'vitest'
import { FakeClock } from '../../../support/fake-clock.ts'
import { ManualBroker } from './manual-broker.ts'
import { startSource } from './start-external-source.ts'

const down = { topic: 'device/7/down', payload: Buffer.from([0xff, 0x03]), qos: 1 } as const

async function connected(options: Parameters<typeof startSource>[0] = {}) {
  const { source, log, broker } = await startSource(options)
  const connection = await broker.connection()
  await connection.accept()
  await log.until('info', 1)
  return { source, log, broker, connection }
}

test('at QoS 1 it is out when the broker has acknowledged it', async () => {
  const { source, connection } = await connected()
  let isOut = false
  const publishing = source.publish(down).then(() => {
    isOut = true
  })
  const packet = await connection.next()
  expect(packet).toMatchObject({ cmd: 'publish', ...down, retain: false, dup: false })
  expect(isOut).toBe(false)
  connection.send({ cmd: 'puback', messageId: packet?.messageId ?? 0 })
  await publishing
})

test('at QoS 0 it is out when it is written', async () => {
  const { source, connection } = await connected()
  await source.publish({ ...down, qos: 0 })
  expect(await connection.next()).toMatchObject({ cmd: 'publish', topic: down.topic, qos: 0 })
})

test('without a connection it never leaves, neither now nor later', async () => {
  const broker = await ManualBroker.open()
  const { source, log } = await startSource({ broker })
  const early = source.publish(down)
  await expect(early).rejects.toMatchObject({ name: 'PublishError', mayHaveLeft: false })
  const connection = await broker.connection()
  await connection.accept()
  await log.until('info', 1)
  await source.publish({ ...down, qos: 0, topic: 'later' })
  expect(await connection.next()).toMatchObject({ cmd: 'publish', topic: 'later' })
})

test('a connection that is lost before the acknowledgement leaves it open, and it is not sent again', async () => {
  const { source, log, broker, connection } = await connected()
  const publishing = source.publish(down)
  await connection.next()
  connection.cut()
  await expect(publishing).rejects.toMatchObject({ name: 'PublishError', mayHaveLeft: true })
  const next = await broker.connection()
  await next.accept({ sessionPresent: true })
  await log.until('info', 2)
  await source.publish({ ...down, qos: 0, topic: 'later' })
  expect(await next.next()).toMatchObject({ cmd: 'publish', topic: 'later' })
})

test('a broker that does not acknowledge in time leaves it open, and it is not sent again', async () => {
  const clock = new FakeClock()
  const { source, log, broker, connection } = await connected({ clock })
  const publishing = source.publish(down)
  const refused = expect(publishing).rejects.toMatchObject({
    mayHaveLeft: true,
    message: expect.stringContaining('5 s'),
  })
  await connection.next()
  await clock.advance(5000)
  await refused
  connection.cut()
  const next = await broker.connection()
  await next.accept({ sessionPresent: true })
  await log.until('info', 2)
  await source.publish({ ...down, qos: 0, topic: 'later' })
  expect(await next.next()).toMatchObject({ cmd: 'publish', topic: 'later' })
})

test('after its end the source sends nothing', async () => {
  const { source } = await connected()
  await source.stop()
  await expect(source.publish(down)).rejects.toMatchObject({ mayHaveLeft: false })
})
