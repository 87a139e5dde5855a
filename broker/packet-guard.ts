/**
 * Takes the bytes of a connection: cuts a client off when a packet declares more of them than allowed, before they are
 * buffered, and lets a client that sends too fast wait.
 *
 * aedes' parser collects a packet until it is complete, up to the 256 MiB that MQTT allows [MQTT 2.2.3], and has no
 * limit of its own. A stream between connection and aedes would cost every byte a second time.
 */
import type { Duplex } from 'node:stream'
import { FrameScanner } from './frame-scanner.ts'
import { PacketRate } from './packet-rate.ts'
import { Refusal } from './refusal.ts'
import type { Traffic } from './traffic.ts'

export interface GuardOptions {
  readonly maxPacketBytes: number
  readonly maxPacketsPerSecond: number
  readonly maxBytesPerSecond: number
  readonly traffic: Pick<Traffic, 'packetsReceived' | 'bytesReceived'>
  /** The client has to wait. */
  readonly onThrottled: () => void
}

export class PacketGuard {
  readonly #conn: Duplex
  readonly #options: GuardOptions
  readonly #read: (bytes?: number) => Buffer | null
  readonly #frames: FrameScanner
  readonly #rate: PacketRate
  #refused: Refusal | null = null
  #waits: NodeJS.Timeout | null = null
  #wholePackets = false

  /** Before anyone else changes `conn.read`. */
  constructor(conn: Duplex, options: GuardOptions) {
    this.#conn = conn
    this.#options = options
    this.#read = conn.read.bind(conn)
    this.#frames = new FrameScanner(options.maxPacketBytes)
    const { maxPacketsPerSecond: packetsPerSecond, maxBytesPerSecond: bytesPerSecond } = options
    this.#rate = new PacketRate({ packetsPerSecond, bytesPerSecond }, performance.now())
  }

  /** True when what `read` gave last begins and ends between two packets. */
  get wholePackets(): boolean {
    return this.#wholePackets
  }

  /** Whether whole packets, of which nothing was read before, may be taken now. They count as read if so. */
  admits({ packets, bytes }: { readonly packets: number; readonly bytes: number }): boolean {
    if (this.#refused !== null || this.#waits !== null || !this.#frames.betweenPackets) return false
    const allowance = this.#rate.allowance(performance.now())
    if (packets > allowance.packets || bytes > allowance.bytes || bytes > this.#options.maxPacketBytes) return false
    this.#count(packets, bytes)
    return true
  }

  /** What has come and may be taken now. The connection says 'readable' when there is more, and ends after a bad packet. */
  read(): Buffer | null {
    if (this.#refused !== null) {
      this.#conn.destroy(this.#refused)
      return null
    }
    if (this.#waits !== null) return null
    const { packets, bytes } = this.#rate.allowance(performance.now())
    const isTooMuch = this.#conn.readableLength > bytes
    if (packets < 1 || isTooMuch) this.#wait()
    if (packets < 1 || bytes < 1) return null
    const chunk = isTooMuch ? this.#read(bytes) : this.#read()
    return chunk === null ? null : this.#take(chunk, packets)
  }

  #take(chunk: Buffer, maxPackets: number): Buffer | null {
    const wasBetween = this.#frames.betweenPackets
    const { end, packets, declaredBytes } = this.#frames.scan(chunk, maxPackets)
    this.#wholePackets = wasBetween && this.#frames.betweenPackets
    this.#count(packets, end)
    if (declaredBytes !== null) {
      const { maxPacketBytes } = this.#options
      const problem = `a packet declares ${declaredBytes} bytes, at most ${maxPacketBytes} are allowed`
      this.#refused = new Refusal('oversized-packet', problem)
      // The packets before it are good: aedes reads again when it has answered them, and then the connection ends.
      if (end > 0) return chunk.subarray(0, end)
      this.#conn.destroy(this.#refused)
      return null
    }
    if (end === chunk.length) return chunk
    this.#conn.unshift(chunk.subarray(end))
    this.#wait()
    return chunk.subarray(0, end)
  }

  #count(packets: number, bytes: number): void {
    this.#rate.take({ packets, bytes })
    this.#options.traffic.packetsReceived += packets
    this.#options.traffic.bytesReceived += bytes
  }

  /** Nobody asks again by himself for what is left of a packet or was not taken at all. */
  #wait(): void {
    if (this.#waits !== null) return
    this.#options.onThrottled()
    this.#waits = setTimeout(() => {
      this.#waits = null
      if (!this.#conn.destroyed) this.#conn.emit('readable')
    }, this.#rate.waitMs())
    this.#waits.unref()
  }
}
