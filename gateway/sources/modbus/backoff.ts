/** Growing delays between tries, each shortened by up to half at random so that many lines do not try in step. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #ceilingMs: number

  constructor({ firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number }) {
    this.#firstMs = Math.min(firstMs, maxMs)
    this.#maxMs = maxMs
    this.#ceilingMs = this.#firstMs
  }

  /** The next delay in ms. */
  next(): number {
    const ceiling = this.#ceilingMs
    this.#ceilingMs = Math.min(ceiling * 2, this.#maxMs)
    return ceiling / 2 + (Math.random() * ceiling) / 2
  }

  reset(): void {
    this.#ceilingMs = this.#firstMs
  }
}
