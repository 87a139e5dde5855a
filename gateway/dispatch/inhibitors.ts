/** Which open case explains another one. Derived from the open cases, and made anew with a new configuration. */
import type { CaseFacts } from '../dispatch-event.ts'
import { type During, fits, type Inhibition } from './routing.ts'

export interface Source {
  readonly id: string
  readonly facts: CaseFacts
}

export class Inhibitors {
  readonly #inhibitions: readonly Inhibition[]
  readonly #sources = new Map<string, Set<string>>()
  readonly #keysOf = new Map<string, readonly string[]>()

  constructor(inhibitions: readonly Inhibition[]) {
    this.#inhibitions = inhibitions
  }

  add({ id, facts }: Source, during: During): void {
    if (this.#inhibitions.length === 0) return
    this.remove(id)
    const keys = this.#inhibitions.flatMap((inhibition, index) => {
      const where = facts[inhibition.same]
      return where !== null && fits(inhibition.source, facts, during) ? [`${index} ${where}`] : []
    })
    this.#keysOf.set(id, keys)
    for (const key of keys) this.#sources.set(key, (this.#sources.get(key) ?? new Set()).add(id))
  }

  remove(id: string): void {
    for (const key of this.#keysOf.get(id) ?? []) {
      const sources = this.#sources.get(key)
      sources?.delete(id)
      if (sources?.size === 0) this.#sources.delete(key)
    }
    this.#keysOf.delete(id)
  }

  /** What is urgent is explained by nothing. */
  of({ id, facts }: Source, during: During): string | null {
    if (facts.priority === 'urgent') return null
    for (const [index, inhibition] of this.#inhibitions.entries()) {
      const where = facts[inhibition.same]
      if (where === null || !fits(inhibition.target, facts, during)) continue
      for (const source of this.#sources.get(`${index} ${where}`) ?? []) if (source !== id) return source
    }
    return null
  }
}
