import type { ModbusBinding } from '../../device-profiles/binding-schema.ts'

export type Table = ModbusBinding['table']

export interface Range {
  readonly address: number
  readonly count: number
}

/** The four tables of one unit. Only what was defined exists; a word is 16 bits, and 0 or 1 in a coil or discrete input. */
export class RegisterBank {
  readonly #tables: Readonly<Record<Table, Map<number, number>>> = {
    coil: new Map(),
    'discrete-input': new Map(),
    'input-register': new Map(),
    'holding-register': new Map(),
  }
  /** Most registers that the unit gives at once; real ones often give fewer than the 125 of the specification. */
  readonly maxRegistersPerRead: number

  constructor({ maxRegistersPerRead = 125 }: { readonly maxRegistersPerRead?: number } = {}) {
    this.maxRegistersPerRead = maxRegistersPerRead
  }

  /** Registers that are defined already keep their words; new ones hold 0. */
  define(table: Table, { address, count }: Range): void {
    const words = this.#tables[table]
    for (let i = 0; i < count; i++) if (!words.has(address + i)) words.set(address + i, 0)
  }

  isDefined(table: Table, { address, count }: Range): boolean {
    const words = this.#tables[table]
    for (let i = 0; i < count; i++) if (!words.has(address + i)) return false
    return true
  }

  read(table: Table, address: number): number {
    const word = this.#tables[table].get(address)
    if (word === undefined) throw new RangeError(`${table} ${address} is not defined`)
    return word
  }

  write(table: Table, address: number, word: number): void {
    const words = this.#tables[table]
    if (!words.has(address)) throw new RangeError(`${table} ${address} is not defined`)
    words.set(address, word & 0xffff)
  }
}
