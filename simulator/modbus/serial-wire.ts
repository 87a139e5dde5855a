/**
 * The wire of a serial line where there is none: on a pseudo terminal, or behind a TCP port. Both deliver bytes at once;
 * on a wire each character takes its time, frames are told apart by silence, and whoever talks into it is not heard.
 *
 * All times are absolute, so that nothing adds up over the frames. A timer that is late makes the end of a reply late, and
 * with it the master's next request; that request is taken for as much earlier, and the line keeps its rate.
 */
import { type CharacterFormat, characterMs, frameSilenceMs } from './character-format.ts'
import { join } from './framing.ts'
import type { Reply } from './reply.ts'
import { LONGEST_FRAME } from './rtu-framing.ts'

export interface SerialWireOptions {
  readonly format: CharacterFormat
  /** From the last character of a request to the first one of its reply; never less than the silence that ends the request. */
  readonly replyTimeMs: number
  /** Whether it is not the master that keeps the silence between frames, but what stands between the master and the wire. */
  readonly keepsSilence: boolean
  /** What goes out instead of an answer to these bytes, which stood between two silences. */
  readonly respond: (frame: Uint8Array) => Reply
  /** A request or an answer has come to its end. */
  readonly onFree: () => void
}

/** Who talks on the wire from the other side. */
export interface WireEnd {
  /** `onWritten` is called when the bytes have left this process. */
  readonly write: (bytes: Uint8Array, onWritten: () => void) => void
  readonly hangUp: () => void
}

export interface WireCounters {
  /** Frames that came too early, or into a reply; none was answered. */
  early: number
  /** By how much the machine was too late for the wire and could not make up for it, in ms. */
  lostMs: number
}

interface Incoming {
  bytes: Uint8Array
  readonly startsAt: number
  /** When its last character has arrived. */
  endsAt: number
  /** It comes so much later than on a wire. */
  readonly behindMs: number
  isSpoiled: boolean
  end: WireEnd
}

interface Outgoing {
  readonly bytes: Uint8Array
  readonly end: WireEnd
  readonly startsAt: number
  /** From character to character. */
  readonly everyMs: number
  sent: number
}

/** Characters leave together that are ready within so long, as they leave the buffer of an adapter. */
const CHUNK_MS = 4
/** A machine that was further behind than this does not catch up: that would be a line faster than any. */
const MOST_BEHIND_MS = 100
/** A request that comes later than this after a reply does not come because of it. */
const CAUSED_WITHIN_MS = 100
/** Replies that wait for the wire; more are dropped, as a device with a full queue drops them. */
const MOST_WAITING = 1000

export class SerialWire {
  readonly counters: WireCounters = { early: 0, lostMs: 0 }
  readonly #options: SerialWireOptions
  readonly #characterMs: number
  readonly #silenceMs: number
  readonly #replyMs: number
  readonly #outgoing: Outgoing[] = []
  #incoming: Incoming | null = null
  #frameEnd: NodeJS.Timeout | null = null
  #pump: NodeJS.Timeout | null = null
  /** How much later than on a wire the last reply came to its end. */
  #behindMs = 0
  /** The last reply that was sent, until a request follows. */
  #last: Outgoing | null = null
  /** Since when no character is on the wire. */
  #silentSince = -Infinity

  constructor(options: SerialWireOptions) {
    this.#options = options
    this.#characterMs = characterMs(options.format)
    this.#silenceMs = frameSilenceMs(options.format)
    this.#replyMs = Math.max(this.#silenceMs, options.replyTimeMs)
  }

  /** What `end` has sent; the whole of it has come at once and queues for the wire. */
  receive(chunk: Uint8Array, end: WireEnd): void {
    if (chunk.length === 0) return
    const now = performance.now()
    // Its timer is late on a busy machine.
    if (this.#incoming !== null && now >= this.#incoming.endsAt + this.#silenceMs) this.#complete()
    const incoming = this.#incoming ?? this.#begin(end, now)
    incoming.endsAt = Math.max(incoming.endsAt, now - incoming.behindMs) + chunk.length * this.#characterMs
    incoming.end = end
    incoming.isSpoiled ||= incoming.bytes.length + chunk.length > LONGEST_FRAME
    if (!incoming.isSpoiled) incoming.bytes = join(incoming.bytes, chunk)
    this.#silentSince = incoming.endsAt
    if (this.#frameEnd !== null) clearTimeout(this.#frameEnd)
    this.#frameEnd = at(incoming.endsAt + this.#silenceMs, () => this.#complete())
  }

  /** Whether a request of `end` would meet that of another, or an answer that is no later than others. */
  isTakenFor(end: WireEnd): boolean {
    if (this.#incoming !== null) return this.#incoming.end !== end
    const [first] = this.#outgoing
    return first !== undefined && first.startsAt <= performance.now() + this.#replyMs
  }

  /** `end` is gone: nothing is sent to it any more. */
  forget(end: WireEnd): void {
    for (const [i, outgoing] of this.#outgoing.entries()) {
      if (outgoing.end === end) this.#outgoing[i] = { ...outgoing, end: NOBODY }
    }
  }

  close(): void {
    if (this.#frameEnd !== null) clearTimeout(this.#frameEnd)
    if (this.#pump !== null) clearTimeout(this.#pump)
    this.#frameEnd = null
    this.#pump = null
    this.#incoming = null
    this.#outgoing.length = 0
  }

  #begin(end: WireEnd, now: number): Incoming {
    const isCaused = now - this.#silentSince <= CAUSED_WITHIN_MS
    const behindMs = isCaused ? Math.min(this.#behindMs, MOST_BEHIND_MS) : 0
    this.counters.lostMs += isCaused ? this.#behindMs - behindMs : 0
    this.#behindMs = 0
    this.#last = null
    const [first] = this.#outgoing
    const sending = first !== undefined && now >= first.startsAt ? first : null
    const isEarly = sending !== null || now - this.#silentSince < this.#silenceMs
    const freeAt = (sending === null ? this.#silentSince - behindMs : endOf(sending)) + this.#silenceMs
    const { keepsSilence } = this.#options
    const startsAt = keepsSilence ? Math.max(now - behindMs, freeAt) : now - behindMs
    const isSpoiled = isEarly && !keepsSilence
    this.#incoming = { bytes: new Uint8Array(), startsAt, endsAt: startsAt, behindMs, isSpoiled, end }
    return this.#incoming
  }

  #complete(): void {
    if (this.#frameEnd !== null) clearTimeout(this.#frameEnd)
    this.#frameEnd = null
    const incoming = this.#incoming
    this.#incoming = null
    if (incoming === null) return
    const { bytes, end, endsAt, isSpoiled } = incoming
    if (isSpoiled) this.counters.early++
    else this.#send(this.#options.respond(bytes), { end, endsAt })
    this.#options.onFree()
  }

  #send(reply: Reply, { end, endsAt }: Pick<Incoming, 'end' | 'endsAt'>): void {
    if (reply.type === 'close') end.hangUp()
    if (reply.type !== 'bytes') return
    let readyAt = endsAt + this.#replyMs
    for (const { bytes, afterMs, byteMs = 0 } of reply.parts) {
      if (this.#outgoing.length >= MOST_WAITING) break
      readyAt = this.#queue({ bytes, end, startsAt: readyAt + afterMs, everyMs: this.#characterMs + byteMs, sent: 0 })
    }
    if (this.#pump !== null) clearTimeout(this.#pump)
    this.#advance()
  }

  /** Into the first gap that is long enough, beside the late replies of other units; returns when it will have been sent. */
  #queue(wanted: Outgoing): number {
    let outgoing = wanted
    let place = 0
    for (const [i, other] of this.#outgoing.entries()) {
      if (endOf(other) <= outgoing.startsAt) place = i + 1
      if (endOf(other) <= outgoing.startsAt || other.startsAt >= endOf(outgoing)) continue
      outgoing = { ...outgoing, startsAt: endOf(other) }
      place = i + 1
    }
    this.#outgoing.splice(place, 0, outgoing)
    return endOf(outgoing)
  }

  /** Sends the characters whose time has come. */
  #advance(): void {
    this.#pump = null
    for (;;) {
      const [first] = this.#outgoing
      if (first === undefined) return
      const now = performance.now()
      this.#sendDue(first, now)
      if (first.sent < first.bytes.length) {
        const nextAt = Math.max(first.startsAt + (first.sent + 1) * first.everyMs, now + CHUNK_MS)
        this.#pump = at(Math.min(nextAt, endOf(first)), () => this.#advance())
        return
      }
      this.#outgoing.shift()
      this.#behindMs = now - endOf(first)
      this.#last = first
      this.#options.onFree()
    }
  }

  #sendDue(outgoing: Outgoing, now: number): void {
    const { bytes, end, startsAt, everyMs, sent } = outgoing
    // A hair more than the quotient: the timer was set for the very end of a character.
    const due = Math.min(Math.floor((now - startsAt) / everyMs + 1e-6), bytes.length)
    if (due <= sent) return
    outgoing.sent = due
    end.write(bytes.subarray(sent, due), () => this.#left(outgoing))
    this.#silentSince = now
    // Two that talk at the same time are not understood.
    if (this.#incoming !== null && now >= this.#incoming.startsAt) this.#incoming.isSpoiled = true
  }

  /** To carry bytes to the other side takes its time too, on a busy machine most of all. */
  #left(outgoing: Outgoing): void {
    if (this.#last === outgoing && this.#incoming === null) this.#behindMs = performance.now() - endOf(outgoing)
  }
}

function at(time: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.max(0, Math.ceil(time - performance.now())))
}

const NOBODY: WireEnd = { write: () => {}, hangUp: () => {} }

function endOf({ bytes, startsAt, everyMs }: Outgoing): number {
  return startsAt + bytes.length * everyMs
}
