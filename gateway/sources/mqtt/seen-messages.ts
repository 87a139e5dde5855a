/**
 * Knows messages above QoS 0 that were taken already when they are delivered again, also after a restart: the journal
 * keeps their marks beside what they said, in the same commit.
 *
 * "Again" is what MQTT calls so: DUP, with the identifier and the content of a message that the session gave before. A
 * client that repeats without DUP is believed only where its acknowledgement is known not to have left: devices that
 * wake up, connect and say the same as yesterday under identifier 1 mean a new measurement.
 */
import type { Clock, MessageMark } from '../../model.ts'

/** Sessions that are remembered; then the one that connected longest ago is forgotten. */
const MAX_SESSIONS = 20_000
/** Messages that are remembered of a session; more of one that sends them in quick succession. */
const FEWEST = 16
const MOST = 2048
/** A memory that is written over within this time is too small for what is in flight. Milliseconds. */
const IN_FLIGHT_MS = 60_000
/** A message that comes again without DUP so long after its connection ended is a new one. Milliseconds. */
const UNHEARD_MS = 5 * 60_000

/** One message of a session, as it came. */
export interface Delivery {
  readonly memory: SessionMemory
  readonly messageId: number
  readonly dup: boolean
}

export class SeenMessages {
  readonly #clock: Clock
  /** By the hash of the session's name, in order of the last connection. */
  readonly #sessions = new Map<number, SessionMemory>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For a connection; `name` is unique among all sessions of all brokers. */
  session(name: string): SessionMemory {
    return this.#memory(hashOfText(name, SEED))
  }

  /** What the journal has kept. `unheard`: nobody knows whether they were acknowledged before the process ended. */
  restore(marks: readonly MessageMark[], unheard: readonly MessageMark[]): void {
    for (const { session, messageId, content } of marks) this.#memory(session).remember(messageId, content)
    for (const { session, messageId } of unheard) this.#memory(session).noteUnheard(messageId)
  }

  #memory(hash: number): SessionMemory {
    const memory = this.#sessions.get(hash) ?? new SessionMemory(hash, () => this.#clock.now().mono)
    this.#sessions.delete(hash)
    this.#sessions.set(hash, memory)
    if (this.#sessions.size > MAX_SESSIONS) {
      const [oldest] = this.#sessions.keys()
      if (oldest !== undefined) this.#sessions.delete(oldest)
    }
    return memory
  }
}

/** The last messages of one session: a ring that grows with what the session has in flight. */
export class SessionMemory {
  readonly hash: number
  readonly #mono: () => number
  /** 0: nothing here. */
  #ids = new Uint16Array(FEWEST)
  #contents = new Uint32Array(FEWEST)
  #next = 0
  #beganAt: number
  /** By identifier, when the connection ended without an acknowledgement. */
  #unheard: Map<number, { readonly content: number; readonly at: number }> | null = null

  constructor(hash: number, mono: () => number) {
    this.hash = hash
    this.#mono = mono
    this.#beganAt = mono()
  }

  isAgain(messageId: number, { content, dup }: { readonly content: number; readonly dup: boolean }): boolean {
    const unheard = this.#unheard?.get(messageId)
    if (unheard !== undefined) this.#unheard?.delete(messageId)
    if (dup) {
      const place = this.#find(messageId)
      return place !== -1 && this.#contents[place] === content
    }
    return unheard !== undefined && unheard.content === content && this.#mono() - unheard.at < UNHEARD_MS
  }

  remember(messageId: number, content: number): void {
    if (this.#next === this.#ids.length) this.#turn()
    this.#ids[this.#next] = messageId
    this.#contents[this.#next++] = content
  }

  /** The message was taken and its acknowledgement could not be sent. */
  noteUnheard(messageId: number): void {
    const place = this.#find(messageId)
    if (place === -1) return
    this.#unheard ??= new Map()
    // In their order, so the first is the one that has waited longest; what this leaves out is counted twice at worst.
    const [oldest] = this.#unheard.size < MOST ? [] : this.#unheard.keys()
    if (oldest !== undefined) this.#unheard.delete(oldest)
    this.#unheard.delete(messageId)
    this.#unheard.set(messageId, { content: this.#contents[place] as number, at: this.#mono() })
  }

  /** The session has ended, and with it what its identifiers meant. */
  clear(): void {
    this.#ids.fill(0)
    this.#unheard = null
  }

  /** What it said was not written: when it comes again it is new. */
  forget({ messageId, content }: MessageMark): void {
    const place = this.#find(messageId)
    if (place === -1 || this.#contents[place] !== content) return
    this.#ids[place] = 0
    this.#unheard?.delete(messageId)
  }

  /** The newest with this identifier; -1 where there is none. */
  #find(messageId: number): number {
    const recent = this.#next === 0 ? -1 : this.#ids.lastIndexOf(messageId, this.#next - 1)
    // What follows the newest was written a turn of the ring ago.
    return recent === -1 ? this.#ids.lastIndexOf(messageId) : recent
  }

  /** The ring is full: grow, or begin to write over the oldest. */
  #turn(): void {
    const now = this.#mono()
    const { length } = this.#ids
    if (length < MOST && now - this.#beganAt < IN_FLIGHT_MS) {
      const [ids, contents] = [new Uint16Array(length * 2), new Uint32Array(length * 2)]
      ids.set(this.#ids)
      contents.set(this.#contents)
      this.#ids = ids
      this.#contents = contents
    } else {
      this.#next = 0
      this.#beganAt = now
    }
  }
}

/** FNV-1a, 32 bits: with session and identifier it tells one message of a session from the next. */
const SEED = 0x811c9dc5
const PRIME = 0x01000193

export function contentOf({ topic, payload }: { readonly topic: string; readonly payload: Uint8Array }): number {
  let hash = Math.imul(SEED ^ payload.length, PRIME)
  for (let i = 0; i < payload.length; i++) hash = Math.imul(hash ^ (payload[i] as number), PRIME)
  return hashOfText(topic, hash)
}

function hashOfText(text: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME)
  return hash >>> 0
}
