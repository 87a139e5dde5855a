/** Small numbers for point ids, so that a block names a point in one or two bytes. */
export class PointDictionary {
  readonly #indexes = new Map<string, number>()
  #names: string[] = []
  #saved = 0

  /** `names`: what is on disk, in the order of the numbers. */
  load(names: readonly string[]): void {
    // Numbers given since the last load stay as they are: blocks in memory use them.
    for (const [index, name] of names.entries()) {
      this.#names[index] = name
      this.#indexes.set(name, index)
    }
    this.#saved = names.length
  }

  get size(): number {
    return this.#names.length
  }

  /** Gives the point a number if it has none yet. */
  index(name: string): number {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    const index = this.#names.length
    this.#names.push(name)
    this.#indexes.set(name, index)
    return index
  }

  name(index: number): string | undefined {
    return this.#names[index]
  }

  /** Points that must go to disk with, or before, the blocks that use their numbers. */
  unsaved(): (readonly [index: number, name: string])[] {
    return this.#names.slice(this.#saved).map((name, i) => [this.#saved + i, name] as const)
  }

  markSaved(size: number): void {
    this.#saved = Math.max(this.#saved, size)
  }
}
