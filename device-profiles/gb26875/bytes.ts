/** The bytes of application data, read and written in the order of the standard. */
import type { CivilTime } from './civil-time.ts'
import { TIME_BYTES, timeBytes, timeFromBytes } from './civil-time.ts'
import type { Dialect } from './dialect.ts'

/** The data end before what they promise, or say what cannot be. */
export class DataError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DataError'
  }
}

export class ByteReader {
  readonly dialect: Dialect
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array, dialect: Dialect) {
    this.#bytes = bytes
    this.dialect = dialect
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(count: number): Uint8Array {
    if (this.left < count) {
      throw new DataError(`the data end at byte ${this.#bytes.length}, and ${count - this.left} more are needed`)
    }
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** Little-endian, of up to six bytes. */
  number(count: number): number {
    return this.take(count).reduceRight((sum, byte) => sum * 256 + byte, 0)
  }

  time(): CivilTime {
    return timeFromBytes(this.take(TIME_BYTES), this.dialect.time)
  }
}

export class ByteWriter {
  readonly dialect: Dialect
  readonly #bytes: number[] = []

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  add(bytes: Iterable<number>): void {
    this.#bytes.push(...bytes)
  }

  /** Little-endian. Throws a RangeError for what does not fit. */
  number(value: number, count: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** count) {
      throw new RangeError(`expected a whole number from 0 to ${256 ** count - 1}, got ${value}`)
    }
    for (let i = 0; i < count; i++) this.#bytes.push(Math.floor(value / 256 ** i) % 256)
  }

  time(time: CivilTime): void {
    this.add(timeBytes(time, this.dialect.time))
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}
