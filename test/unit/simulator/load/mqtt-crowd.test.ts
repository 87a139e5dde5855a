import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { MqttCrowd } from '../../../../simulator/load/mqtt-crowd.ts'
import { PacketReader } from '../../../../simulator/load/mqtt-packet-bytes.ts'

const cleanUps: (() => unknown)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp()
})

/** Accepts with a return code; `publish` answers each publish, with its number over all devices. */
async function broker(publish: (socket: Socket, identifier: Buffer, index: number) => void, returnCode = 0) {
  let published = 0
  const server: Server = createServer((socket) => {
    const reader = new PacketReader()
    socket.on('error', () => {})
    socket.on('data', (bytes) =>
      reader.read(bytes, (first, body) => {
        if (first === 0x10) socket.write(Buffer.from([0x20, 2, 0, returnCode]))
        else publish(socket, body.subarray(2 + body.readUInt16BE(0)).subarray(0, 2), published++)
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function crowdOf(port: number, devices: number, signal = new AbortController().signal) {
  const messages = (device: number) => [{ topic: `load/${device}`, payload: Buffer.from('1') }]
  const crowd = new MqttCrowd({ host: '127.0.0.1', port, devices, messages, signal })
  cleanUps.push(() => crowd.stop())
  return crowd
}

const acknowledge = (socket: Socket, id: Buffer): void => void socket.write(Buffer.concat([Buffer.from([0x40, 2]), id]))

describe('many MQTT devices', () => {
  it('send by the clock, each in its turn, and count what is acknowledged', async () => {
    const crowd = crowdOf(await broker(acknowledge), 250)
    await crowd.start()
    const figures = await crowd.run({ rate: 2000, seconds: 0.5 })
    expect(figures).toMatchObject({ offered: 1000, done: 1000, lost: 0, heldBack: 0, cutOff: 0 })
    const { p50, p90, p99, max } = figures.latency
    expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].toSorted((a, b) => a - b))
    expect(p50).toBeGreaterThan(0)
  })

  it('send as fast as they are acknowledged', async () => {
    const crowd = crowdOf(await broker(acknowledge), 20)
    await crowd.start()
    const { offered, done, lost } = await crowd.run({ rate: null, seconds: 0.2 })
    expect([lost, done]).toEqual([0, offered])
    expect(offered).toBeGreaterThan(20)
  })

  it('miss what is never acknowledged, and send no more of that device', { timeout: 20_000 }, async () => {
    const crowd = crowdOf(await broker(() => {}), 2)
    await crowd.start()
    const figures = await crowd.run({ rate: 1000, seconds: 0.1 })
    expect(figures).toMatchObject({ offered: 40, done: 0, lost: 40, heldBack: 60 })
  })

  it('count connections that are cut off, with all that was on its way', async () => {
    const port = await broker((socket, id, index) => (index === 10 ? socket.destroy() : acknowledge(socket, id)))
    const crowd = crowdOf(port, 4)
    await crowd.start()
    const { cutOff, lost, offered, done, heldBack } = await crowd.run({ rate: 200, seconds: 0.2 })
    expect(cutOff).toBe(1)
    expect(lost).toBeGreaterThan(0)
    expect([offered - done, offered + heldBack]).toEqual([lost, 40])
  })

  it.each([
    [5, 'load-0 at 127.0.0.1:PORT: CONNACK return code 5'],
    [0x80, 'load-0 at 127.0.0.1:PORT: CONNACK return code 128'],
  ])('say who was refused with %i', async (returnCode, message) => {
    const port = await broker(() => {}, returnCode)
    await expect(crowdOf(port, 1).start()).rejects.toThrow(message.replace('PORT', String(port)))
  })

  it('end when they are told', async () => {
    const stopping = new AbortController()
    const crowd = crowdOf(await broker(acknowledge), 2, stopping.signal)
    await crowd.start()
    const running = crowd.run({ rate: 10, seconds: 600 })
    stopping.abort(new Error('told'))
    await expect(running).rejects.toThrow('told')
  })
})
