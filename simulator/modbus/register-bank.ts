import type { ModbusBinding } from '../../device-profiles/binding-schema.ts'

export type Table = ModbusBinding['table']

export interface Range {
  readonly address: number
  readonly count: number
}

/** 256 neighbours. */
interface Page {
  readonly words: Uint16Array
  /** 1 where the register exists. */
  readonly defined: Uint8Array
}

/** By the upper byte of the address. */
type Pages = (Page | undefined)[]

const ADDRESSES = 0x1_0000

/** The four tables of one unit. Only what was defined exists; a word is 16 bits, and 0 or 1 in a coil or discrete input. */
export class RegisterBank {
  readonly #tables: Readonly<Record<Table, Pages>> = {
    coil: [],
    'discrete-input': [],
    'input-register': [],
    'holding-register': [],
  }
  /** Most registers that the unit gives at once; real ones often give fewer than the 125 of the specification. */
  readonly maxRegistersPerRead: number

  constructor({ maxRegistersPerRead = 125 }: { readonly maxRegistersPerRead?: number } = {}) {
    this.maxRegistersPerRead = maxRegistersPerRead
  }

  /** Registers that are defined already keep their words; new ones hold 0. Throws a RangeError beyond the last address. */
  define(table: Table, { address, count }: Range): void {
    if (address < 0 || address + count > ADDRESSES) {
      throw new RangeError(`expected addresses from 0 to ${ADDRESSES - 1}, got ${address} to ${address + count - 1}`)
    }
    const pages = this.#tables[table]
    for (let at = address; at < address + count; at++) {
      pages[at >> 8] ??= { words: new Uint16Array(256), defined: new Uint8Array(256) }
      const page = pages[at >> 8] as Page
      page.defined[at & 0xff] = 1
    }
  }

  isDefined(table: Table, { address, count }: Range): boolean {
    const pages = this.#tables[table]
    for (let at = address; at < address + count; at++) {
      if (pages[at >> 8]?.defined[at & 0xff] !== 1) return false
    }
    return true
  }

  /** The same registers with the same words; what is written to one is not in the other. */
  copy(): RegisterBank {
    const copy = new RegisterBank({ maxRegistersPerRead: this.maxRegistersPerRead })
    for (const [table, pages] of Object.entries(this.#tables) as [Table, Pages][]) {
      for (const [high, page] of pages.entries()) {
        if (page !== undefined) copy.#tables[table][high] = { words: page.words.slice(), defined: page.defined.slice() }
      }
    }
    return copy
  }

  read(table: Table, address: number): number {
    const page = this.#tables[table][address >> 8]
    if (page?.defined[address & 0xff] !== 1) throw new RangeError(`${table} ${address} is not defined`)
    return page.words[address & 0xff] ?? 0
  }

  write(table: Table, address: number, word: number): void {
    const page = this.#tables[table][address >> 8]
    if (page?.defined[address & 0xff] !== 1) throw new RangeError(`${table} ${address} is not defined`)
    page.words[address & 0xff] = word
  }
}
