/** A client that subscribes to everything, reads no byte of it, and comes again when it is thrown out. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import mqtt from 'mqtt'
import { generate } from 'mqtt-packet'
import { FIELD_USER } from '../../support/gateway-process.ts'

const { name: username, password } = FIELD_USER
/** More than the buffers of a loopback connection hold. */
const FILL_BYTES = 200_000
const FILL_MESSAGES = 60

export class FrozenSubscriber {
  readonly #port: number
  #socket: Socket | null = null
  #isWanted = false
  #cutOff = 0

  constructor(port: number) {
    this.#port = port
  }

  get timesCutOff(): number {
    return this.#cutOff
  }

  /** Resolves when its connection is full. */
  async start(): Promise<void> {
    this.#isWanted = true
    const socket = connect({ port: this.#port, host: '127.0.0.1' })
    this.#socket = socket
    const login = { username, password: Buffer.from(password) }
    const topics = { messageId: 1, subscriptions: [{ topic: '#', qos: 0 as const }] }
    socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: 'frozen',
        clean: true,
        keepalive: 0,
        ...login,
      }),
    )
    await once(socket, 'data')
    socket.write(generate({ cmd: 'subscribe', ...topics }))
    await once(socket, 'data')
    socket.pause()
    socket.on('error', () => {})
    // Nothing is read, so only a write finds out that the connection is gone.
    const looking = setInterval(() => socket.write(Buffer.from([0xc0, 0])), 500)
    socket.once('close', () => {
      clearInterval(looking)
      if (!this.#isWanted) return
      this.#cutOff++
      void this.start().catch(() => {})
    })
    await this.#fill()
  }

  async #fill(): Promise<void> {
    const filler = await mqtt.connectAsync(`mqtt://127.0.0.1:${this.#port}`, { username, password, clientId: 'filler' })
    for (let i = 0; i < FILL_MESSAGES; i++) await filler.publishAsync('fill', Buffer.alloc(FILL_BYTES), { qos: 1 })
    await filler.endAsync()
  }

  stop(): void {
    this.#isWanted = false
    this.#socket?.destroy()
  }
}
