/** Many MQTT devices in one thread, so cheap that the broker is what gets measured: packets are made once, no device has a timer. */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { LoadError } from './load-error.ts'
import { Latencies, type LoadFigures } from './load-figures.ts'
import { connectPacket, PacketReader, type PublishPacket, publishPacket } from './mqtt-packet-bytes.ts'

export interface MqttCrowdOptions {
  readonly host: string
  readonly port: number
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly devices: number
  /** What a device says, in turn. */
  readonly messages: (device: number) => readonly { readonly topic: string; readonly payload: Uint8Array }[]
  readonly onProgress?: (text: string) => void
  readonly signal: AbortSignal
}

export interface Pace {
  /** Of all devices together, in a second; null: as fast as they are acknowledged. */
  readonly rate: number | null
  readonly seconds: number
}

interface Member {
  readonly socket: Socket
  readonly packets: readonly PublishPacket[]
  /** When what is unacknowledged was due, in the order in which it was sent; the server keeps that order [MQTT-4.6.0-2]. */
  readonly due: number[]
  sent: number
  acknowledged: number
}

const CONNECTING = 100
const CONNECT_WITHIN_MS = 10_000
const TICK_MS = 5
/** Real devices have little memory. */
const MOST_UNCONFIRMED = 20
/** Of all devices, where they send as fast as they can: enough to keep the broker busy. More would only wait in a queue. */
const MOST_ON_THEIR_WAY = 1000
/** What is missing so long after the last message will not come. */
const LAST_WITHIN_MS = 5000
const CONNACK = 0x20
const PUBACK = 0x40

export class MqttCrowd {
  readonly #options: MqttCrowdOptions
  readonly #members: Member[] = []
  #latencies = new Latencies()
  #onTheirWay = 0
  #cutOff = 0
  #isStopping = false
  #onAcknowledged: () => void = () => {}

  constructor(options: MqttCrowdOptions) {
    this.#options = options
  }

  /** Resolves when all are connected. Throws a LoadError. */
  async start(): Promise<void> {
    const { devices, signal, onProgress } = this.#options
    for (let first = 0; first < devices; first += CONNECTING) {
      signal.throwIfAborted()
      const count = Math.min(CONNECTING, devices - first)
      this.#members.push(...(await Promise.all(Array.from({ length: count }, (_, i) => this.#open(first + i)))))
      onProgress?.(`${this.#members.length} of ${devices} devices connected`)
    }
  }

  /** Idempotent. */
  stop(): void {
    this.#isStopping = true
    for (const { socket } of this.#members) socket.destroy()
  }

  /** Throws the signal's reason when it is interrupted. */
  async run(pace: Pace): Promise<LoadFigures> {
    this.#latencies = new Latencies()
    const before = this.#counts()
    const cutOff = this.#cutOff
    const begun = performance.now()
    const heldBack = pace.rate === null ? await this.#flood(pace.seconds) : await this.#pour(pace.rate, pace.seconds)
    const seconds = (performance.now() - begun) / 1000
    const limit = performance.now() + LAST_WITHIN_MS
    while (this.#onTheirWay > 0 && performance.now() < limit) await this.#pause()
    const after = this.#counts()
    const [offered, done] = [after.sent - before.sent, after.acknowledged - before.acknowledged]
    return {
      ...{ seconds, offered, done, lost: offered - done, heldBack, cutOff: this.#cutOff - cutOff },
      latency: this.#latencies.percentiles(),
    }
  }

  #counts(): { readonly sent: number; readonly acknowledged: number } {
    const sum = (of: (member: Member) => number): number => this.#members.reduce((all, member) => all + of(member), 0)
    return { sent: sum(({ sent }) => sent), acknowledged: sum(({ acknowledged }) => acknowledged) }
  }

  /** By the clock, whatever the broker does: a slow one gets no fewer messages, and what waits is late from its due time on. */
  async #pour(rate: number, seconds: number): Promise<number> {
    const begun = performance.now()
    const whole = Math.round(rate * seconds)
    let [turn, heldBack] = [0, 0]
    while (turn < whole) {
      const due = Math.min(whole, Math.floor(((performance.now() - begun) / 1000) * rate))
      for (; turn < due; turn++) {
        const member = this.#members[turn % this.#members.length] as Member
        if (!this.#send(member, begun + (turn / rate) * 1000)) heldBack++
      }
      await this.#pause()
    }
    return heldBack
  }

  /** As fast as they are acknowledged, each device in its turn. */
  async #flood(seconds: number): Promise<number> {
    const end = performance.now() + seconds * 1000
    const most = Math.min(MOST_ON_THEIR_WAY, this.#members.length * MOST_UNCONFIRMED)
    let turn = 0
    const fill = (): void => {
      const now = performance.now()
      if (now >= end) return
      // One round at most: when all devices are full or gone, somebody's acknowledgement calls again.
      for (let tries = 0; this.#onTheirWay < most && tries < this.#members.length; tries++) {
        this.#send(this.#members[turn++ % this.#members.length] as Member, now)
      }
    }
    this.#onAcknowledged = fill
    try {
      fill()
      while (performance.now() < end) await this.#pause()
    } finally {
      this.#onAcknowledged = () => {}
    }
    return 0
  }

  /** False where it cannot be sent. */
  #send(member: Member, due: number): boolean {
    const { socket, packets } = member
    if (socket.destroyed || member.due.length >= MOST_UNCONFIRMED) return false
    const { bytes, identifierAt } = packets[member.sent % packets.length] as PublishPacket
    // A copy: what the socket has not written yet must not change.
    const copy = Buffer.from(bytes)
    copy.writeUInt16BE((member.sent % 65_535) + 1, identifierAt)
    member.sent++
    member.due.push(due)
    this.#onTheirWay++
    socket.write(copy)
    return true
  }

  async #open(index: number): Promise<Member> {
    const { host, port, username, password, messages } = this.#options
    const clientId = `load-${index}`
    const socket = connect({ host, port, noDelay: true })
    const member: Member = {
      ...{ socket, due: [], sent: 0, acknowledged: 0 },
      packets: messages(index).map(({ topic, payload }) => publishPacket(topic, payload)),
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (why: string): void => reject(new LoadError(`${clientId} at ${host}:${port}: ${why}`))
    socket.on('error', (error) => fail(error.message))
    socket.on('close', () => {
      fail('closed before it was accepted')
      this.#closed(member)
    })
    const reader = new PacketReader()
    socket.on('data', (bytes) => {
      try {
        reader.read(bytes, (first, body) => {
          if (first === CONNACK && body[1] === 0) resolve()
          else if (first === CONNACK) fail(`CONNACK return code ${body[1]}`)
          else if ((first & 0xf0) === PUBACK) this.#acknowledged(member, body.readUInt16BE(0))
        })
      } catch (error) {
        socket.destroy(error as Error)
      }
      this.#onAcknowledged()
    })
    socket.write(connectPacket({ clientId, username, password }))
    const timer = setTimeout(() => fail(`no CONNACK within ${CONNECT_WITHIN_MS / 1000} s`), CONNECT_WITHIN_MS)
    try {
      await promise
      return member
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #acknowledged(member: Member, identifier: number): void {
    // Of the oldest that waits, or it acknowledges nothing.
    if (identifier !== (member.acknowledged % 65_535) + 1) return
    const due = member.due.shift()
    if (due === undefined) return
    member.acknowledged++
    this.#onTheirWay--
    this.#latencies.add(performance.now() - due)
  }

  #closed(member: Member): void {
    if (this.#isStopping) return
    this.#onTheirWay -= member.due.length
    member.due.length = 0
    this.#cutOff++
  }

  async #pause(): Promise<void> {
    await delay(TICK_MS)
    this.#options.signal.throwIfAborted()
  }
}
