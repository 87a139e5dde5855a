/** A number for each small whole number, in eight bytes: as a field of an object it takes three times as many. */
export class NumberColumn {
  #values = new Float64Array(64)

  /** 0 where none was set. */
  get(id: number): number {
    return this.#values[id] ?? 0
  }

  set(id: number, value: number): void {
    if (id >= this.#values.length) {
      const larger = new Float64Array(2 * id + 1)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[id] = value
  }
}
