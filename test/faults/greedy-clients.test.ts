/** Clients that take and give nothing back, all at once, in front of a whole gateway: it goes on, and is as large as before when they are gone. */
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'
import { startReceiver } from '../support/http-receiver.ts'
import { PublishStorm } from '../support/publish-storm.ts'
import { RawClient } from '../support/raw-mqtt-client.ts'
import { DISPATCH_ENVIRONMENT, dispatchSink, tagDevice } from '../support/tag-station.ts'

const TAGS = ['tag-0', 'tag-1']
const IDLE = 1000
const SLOW = 100
const BODY_BYTES = 100 * 1024 * 1024
const MOST_GROWTH_BYTES = 150 * 1024 * 1024
const WITHIN = { timeout: 60_000, interval: 200 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Other than `once`, it does not mind errors: to be refused or cut off is what some of them deserve. */
function happened(socket: Socket, event: 'connect' | 'close' | 'drain'): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()))
}

function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  ends.push(() => socket.destroy())
  socket.on('error', () => {})
  return Promise.race([happened(socket, 'connect'), happened(socket, 'close')]).then(() => socket)
}

const handles = ({ pid }: GatewayProcess): number => readdirSync(`/proc/${pid}/fd`).length
const residentBytes = ({ pid }: GatewayProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** Sends a head that never ends, a byte now and then. */
async function trickle(port: number): Promise<void> {
  const socket = await open(port)
  socket.write('GET /api/health HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
  const timer = setInterval(() => socket.writable && socket.write('a'), 200)
  ends.push(() => clearInterval(timer))
}

/** Asks for the event stream and never reads. */
async function listenWithoutReading(port: number): Promise<void> {
  const socket = await open(port)
  socket.pause()
  socket.write('GET /api/events?after=0 HTTP/1.1\r\nhost: localhost\r\n\r\n')
}

/** Pushes a body of 100 MB for as long as it is let. */
async function pushBody(port: number): Promise<void> {
  const socket = await open(port)
  socket.write(
    `POST /api/alarms/x/acknowledge HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`,
  )
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  const closed = happened(socket, 'close')
  for (let sent = 0; sent < BODY_BYTES && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([happened(socket, 'drain'), closed])
  }
}

test('idle, slow, frozen and endless clients hold back no reading, no alarm and no page', async () => {
  const dispatch = await startReceiver()
  ends.push(() => dispatch.close())
  const gateway = await GatewayProcess.create({
    devices: [...TAGS, 'watched'].map((id) => tagDevice(id, { rules: { removed: { onDelay: '0s' } } })),
    sinks: [dispatchSink(dispatch.url)],
    environment: DISPATCH_ENVIRONMENT,
  })
  ends.push(() => gateway.remove())
  await gateway.start()
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`
  const storm = await PublishStorm.start(url, { devices: TAGS })
  await storm.until(2000)
  const before = { bytes: residentBytes(gateway), handles: handles(gateway) }

  await Promise.all(Array.from({ length: IDLE }, () => open(gateway.httpPort)))
  await Promise.all(Array.from({ length: SLOW }, () => trickle(gateway.httpPort)))
  await Promise.all([listenWithoutReading(gateway.httpPort), listenWithoutReading(gateway.httpPort)])
  const login = { username: FIELD_USER.name, password: Buffer.from(FIELD_USER.password) }
  const frozen = await RawClient.connected(gateway.mqttPort, { ...login, clientId: 'frozen', clean: true })
  frozen.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'outpost/#', qos: 1 }] })
  expect(await frozen.next()).toMatchObject({ cmd: 'suback' })
  frozen.freeze()
  ends.push(() => frozen.vanish())
  const pushing = pushBody(gateway.httpPort)

  const watched = await gateway.connect('watched')
  await watched.publishAsync('outpost/extinguisher/watched', JSON.stringify({ present: false }), { qos: 1 })
  await expect.poll(() => dispatch.requests.length, WITHIN).toBeGreaterThan(0)
  expect(dispatch.requests[0]?.body).toContain('"id":"watched.removed"')
  await watched.endAsync()
  await storm.until(storm.acknowledged.length + 5000)
  await expect.poll(() => gateway.get('/api/health').catch(() => null), WITHIN).toMatchObject({ status: 'ok' })
  expect(residentBytes(gateway) - before.bytes).toBeLessThan(MOST_GROWTH_BYTES)
  await pushing
  storm.stop()
  for (const end of ends.splice(2).reverse()) await end()
  await expect.poll(() => handles(gateway), WITHIN).toBeLessThanOrEqual(before.handles + 5)
})
