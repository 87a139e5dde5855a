/**
 * Cuts a client off when a packet declares more bytes than allowed, before they are buffered.
 *
 * aedes' parser collects a packet until it is complete, up to the 256 MiB that MQTT allows [MQTT 2.2.3], and has no
 * limit of its own. A stream between socket and aedes would cost every byte a second time; aedes takes its bytes
 * with `conn.read()`, so each chunk is looked at there.
 */
import type { Socket } from 'node:net'
import { Refusal } from './refusal.ts'

export interface PacketGuard {
  /** What the socket has, without what is beyond the limit; then the connection ends. */
  read(): Buffer | null
  /** True when what `read` gave last begins and ends between two packets. */
  readonly wholePackets: boolean
}

export function guardPackets(socket: Socket, maxPacketBytes: number): PacketGuard {
  const read = socket.read.bind(socket)
  const frames = new FrameScanner(maxPacketBytes)
  let refused: Refusal | null = null
  let wholePackets = false
  return {
    get wholePackets() {
      return wholePackets
    },
    read() {
      if (refused !== null) {
        socket.destroy(refused)
        return null
      }
      const chunk: Buffer | null = read()
      if (chunk === null) return null
      const wasBetween = frames.betweenPackets
      const violation = frames.scan(chunk)
      wholePackets = wasBetween && frames.betweenPackets
      if (violation === null) return chunk
      refused = new Refusal(
        'oversized-packet',
        `a packet declares ${violation.declaredBytes} bytes, at most ${maxPacketBytes} are allowed`,
      )
      // The packets before it are good: aedes reads again when it has answered them, and then the connection ends.
      if (violation.offset > 0) return chunk.subarray(0, violation.offset)
      socket.destroy(refused)
      return null
    },
  }
}

export interface FrameViolation {
  /** Where the packet begins in the chunk; 0 if it began in an earlier one. */
  readonly offset: number
  readonly declaredBytes: number
}

/** Follows the fixed headers through a stream of chunks [MQTT 2.2]. */
export class FrameScanner {
  readonly #maxPacketBytes: number
  #state: 'header' | 'length' | 'body' | 'broken' = 'header'
  #length = 0
  #factor = 1
  #remaining = 0

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes
  }

  get betweenPackets(): boolean {
    return this.#state === 'header'
  }

  /** The first packet that declares too many bytes, or null. */
  scan(chunk: Uint8Array): FrameViolation | null {
    let position = 0
    let start = 0
    while (position < chunk.length) {
      switch (this.#state) {
        case 'header':
          start = position++
          this.#state = 'length'
          this.#length = 0
          this.#factor = 1
          break
        case 'length':
          if (this.#takeLengthByte(chunk[position++] ?? 0) && this.#length > this.#maxPacketBytes) {
            return { offset: start, declaredBytes: this.#length }
          }
          break
        case 'body': {
          const taken = Math.min(this.#remaining, chunk.length - position)
          position += taken
          this.#remaining -= taken
          if (this.#remaining === 0) this.#state = 'header'
          break
        }
        case 'broken':
          return null
      }
    }
    return null
  }

  /** True when the length is complete. */
  #takeLengthByte(byte: number): boolean {
    this.#length += (byte & 0x7f) * this.#factor
    this.#factor *= 128
    if ((byte & 0x80) === 0) {
      this.#remaining = this.#length
      this.#state = this.#remaining === 0 ? 'header' : 'body'
      return true
    }
    // A fifth length byte does not exist; the parser meets the same four bytes and ends the connection.
    if (this.#factor === 128 ** 4) this.#state = 'broken'
    return false
  }
}
