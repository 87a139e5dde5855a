/** A group of devices: connects them all, and then lets each publish at its pace for as long as it is told. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { generate } from 'mqtt-packet'
import type { DeviceGroup, Spoken } from './device-load.ts'

const CONNECTING = 100
const TICK_MS = 10
/** Acknowledgements that are missing so long after the last publish will not come. */
const LAST_WITHIN_MS = 5000

interface Device {
  readonly socket: Socket
  readonly packet: Buffer
  /** When what it waits for was sent; 0 if it waits for nothing. */
  sentAt: number
}

const [group] = (await once(process, 'message')) as [DeviceGroup]
const latencies: number[] = []
const devices: Device[] = []
for (let at = 0; at < group.devices; at += CONNECTING) {
  const indexes = Array.from({ length: Math.min(CONNECTING, group.devices - at) }, (_, i) => at + i)
  devices.push(...(await Promise.all(indexes.map(openDevice))))
}
process.on('message', ({ seconds }: { readonly seconds: number }) => void publishFor(seconds))
process.on('disconnect', () => process.exit(0))
process.send?.('connected')

async function openDevice(index: number): Promise<Device> {
  const { port, localAddress, username, password, firstDevice } = group
  const name = `tag-${firstDevice + index}`
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
  const login = { username, password: Buffer.from(password) }
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: name,
      clean: true,
      keepalive: 600,
      ...login,
    }),
  )
  const [connack] = (await once(socket, 'data')) as [Buffer]
  if (connack[3] !== 0) throw new Error(`${name}: CONNACK return code ${connack[3]}`)
  const payload = JSON.stringify({ pressure: 1150 + (index % 50), temperature: 21.5, present: true, battery: 88 })
  const topic = `outpost/extinguisher/${name}`
  const packet = generate({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId: 1, topic, payload })
  const device: Device = { socket, packet, sentAt: 0 }
  // 'close' follows and tells it.
  socket.on('error', () => {})
  socket.on('data', () => {
    if (device.sentAt > 0) latencies.push(performance.now() - device.sentAt)
    device.sentAt = 0
  })
  socket.on('close', () => {
    console.error(`${name} lost its connection`)
    process.exit(1)
  })
  return device
}

/** One after the other, so that in each interval each has its turn. */
async function publishFor(seconds: number): Promise<void> {
  latencies.length = 0
  const perMs = devices.length / (group.intervalSeconds * 1000)
  const begun = performance.now()
  let [published, lookedAt, longestPauseMs] = [0, begun, 0]
  while (lookedAt - begun < seconds * 1000) {
    for (const due = Math.floor((lookedAt - begun) * perMs); published < due; published++) {
      const device = devices[published % devices.length] as Device
      device.sentAt = performance.now()
      device.socket.write(device.packet)
    }
    await delay(TICK_MS)
    longestPauseMs = Math.max(longestPauseMs, performance.now() - lookedAt)
    lookedAt = performance.now()
  }
  const limit = performance.now() + LAST_WITHIN_MS
  while (latencies.length < published && performance.now() < limit) await delay(TICK_MS)
  const spoken: Spoken = { published, seconds: (lookedAt - begun) / 1000, longestPauseMs, latencies }
  process.send?.(spoken)
}
