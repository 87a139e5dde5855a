/** The fields of a packet, read one after the other; whatever is missing or not as it should be is an error. */
import { isUtf8 } from 'node:buffer'
import { Refusal } from './refusal.ts'

export function malformed(problem: string): Refusal {
  return new Refusal('malformed-packet', problem)
}

export class PacketFields {
  readonly #name: string
  readonly #bytes: Buffer
  #at = 0

  /** `bytes`: the packet behind its fixed header. */
  constructor(name: string, bytes: Buffer) {
    this.#name = name
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(what: string): number {
    return this.#take(1, what)[0] as number
  }

  number(what: string): number {
    return this.#take(2, what).readUInt16BE()
  }

  /** [MQTT-2.3.1-1] */
  messageId(): number {
    const id = this.number('packet identifier')
    if (id === 0) throw malformed(`${this.#name}: a packet identifier must not be 0 [MQTT-2.3.1-1]`)
    return id
  }

  text(what: string): string {
    const bytes = this.binary(what)
    if (!isUtf8(bytes)) throw malformed(`${this.#name}: the ${what} is not UTF-8 [MQTT-1.5.3-1]`)
    const text = bytes.toString()
    if (text.includes('\u0000')) throw malformed(`${this.#name}: the ${what} holds U+0000 [MQTT-1.5.3-2]`)
    return text
  }

  binary(what: string): Buffer {
    return this.#take(this.number(`length of the ${what}`), what)
  }

  rest(): Buffer {
    return this.#take(this.#bytes.length - this.#at, 'payload')
  }

  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw malformed(`${this.#name}: ${left} bytes are behind its end`)
  }

  #take(length: number, what: string): Buffer {
    if (this.#at + length > this.#bytes.length) throw malformed(`${this.#name}: it ends before the end of its ${what}`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
