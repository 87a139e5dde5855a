/** Which points of a profile stand in the registers of one read, and how they are decoded. */
import type { Decoded } from '../../device-profiles/codec/decoded.ts'
import { createRegisterDecoder, registerSpan } from '../../device-profiles/codec/registers.ts'
import type { Device } from '../../device-profiles/device.ts'
import type { PointProfile } from '../../device-profiles/schema.ts'
import type { RegisterTable } from '../model.ts'

/** What one read request covers. */
export interface RegisterBlock {
  readonly reads: readonly RegisterRead[]
  readonly derived: readonly number[]
  /** Places of `reads`, then of `derived`. */
  readonly points: readonly number[]
}

interface RegisterRead {
  readonly id: string
  readonly decode: (words: ArrayLike<number>) => Decoded
  readonly offset: number
  /** Filled anew for each sample, so that cutting a block into points costs no array. */
  readonly words: number[]
}

interface RegisterRange {
  readonly table: RegisterTable
  readonly address: number
  readonly count: number
}

const TABLES: readonly RegisterTable[] = ['coil', 'discrete-input', 'input-register', 'holding-register']
/** A device has a handful of read requests; more distinct blocks than this mean a changing read plan. */
const MAX_BLOCKS = 1024

/** Of all devices of one profile with the same parameters: what each of 500 equal meters prepared would be most of their memory. */
export class RegisterBlocks {
  readonly #points: readonly PointProfile[]
  readonly #parameters: Device['parameters']
  readonly #blocks = new Map<number, RegisterBlock>()

  /** Places are those in `points`. */
  constructor(points: readonly PointProfile[], parameters: Device['parameters']) {
    this.#points = points
    this.#parameters = parameters
  }

  block(range: RegisterRange): RegisterBlock {
    const { table, address, count } = range
    const key = (TABLES.indexOf(table) * 0x10000 + address) * 0x20000 + count
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear()
    const block = this.#blockOf(range)
    this.#blocks.set(key, block)
    return block
  }

  #blockOf(range: RegisterRange): RegisterBlock {
    const reads: RegisterRead[] = []
    const points: number[] = []
    for (const [place, profile] of this.#points.entries()) {
      const read = this.#readOf(profile, range)
      if (read === null) continue
      reads.push(read)
      points.push(place)
    }
    const covered = new Set(reads.map((read) => read.id))
    const derived: number[] = []
    for (const [place, { derive }] of this.#points.entries()) {
      if (derive !== undefined && covered.has(derive.distance)) derived.push(place)
    }
    return { reads, derived, points: [...points, ...derived] }
  }

  /** Null where the point does not stand wholly in the range. */
  #readOf({ id, modbus }: PointProfile, range: RegisterRange): RegisterRead | null {
    if (modbus === undefined || modbus.table !== range.table) return null
    const { address, count } = registerSpan(modbus)
    const offset = address - range.address
    if (offset < 0 || offset + count > range.count) return null
    // Made with the first value, so that a binding that cannot be prepared fails as a value and not as a plan.
    let prepared: ReturnType<typeof createRegisterDecoder> | null = null
    const decode = (words: ArrayLike<number>): Decoded => {
      prepared ??= createRegisterDecoder(modbus, this.#parameters)
      return prepared(words)
    }
    return { id, decode, offset, words: new Array<number>(count).fill(0) }
  }
}
