import { expect, test } from 'vitest'
import { type Part, PartSet, type WantedPart } from '../../../gateway/app/part-set.ts'

/** What the parts did, in order. `fails`: parts that cannot start; `impossible`: options of which no part can be made. */
class Parts {
  readonly tale: string[] = []
  readonly fails = new Set<string>()
  readonly impossible = new Set<string>()
  readonly set = new PartSet<Part>()

  reconcile(wanted: Readonly<Record<string, number>>): ReturnType<PartSet<Part>['reconcile']> {
    return this.set.reconcile(Object.entries(wanted).map(([key, version]) => this.#want(key, version)))
  }

  #want(key: string, version: number): WantedPart<Part> {
    const name = `${key}${version}`
    const create = (): Part => {
      if (this.impossible.has(name)) throw new Error(`${name} cannot be made`)
      return {
        start: () => {
          this.tale.push(`start ${name}`)
          return this.fails.has(name) ? Promise.reject(new Error(`${name} cannot start`)) : Promise.resolve()
        },
        stop: () => {
          this.tale.push(`stop ${name}`)
          return Promise.resolve()
        },
      }
    }
    return { key, options: { version }, create }
  }
}

test('starts what is new, replaces what changed, stops what is gone, and leaves the rest alone', async () => {
  const parts = new Parts()
  expect(await parts.reconcile({ a: 1, b: 1, c: 1 })).toEqual({ started: ['a', 'b', 'c'], restarted: [], stopped: [] })
  parts.tale.length = 0
  expect(await parts.reconcile({ a: 1, b: 2, d: 1 })).toEqual({ started: ['d'], restarted: ['b'], stopped: ['c'] })
  expect(parts.tale).toEqual(['stop b1', 'stop c1', 'start b2', 'start d1'])
  await parts.set.stop()
  expect(parts.set.parts()).toEqual([])
})

test('touches nothing where one of the new parts cannot be made', async () => {
  const parts = new Parts()
  await parts.reconcile({ a: 1, b: 1 })
  parts.tale.length = 0
  parts.impossible.add('b2')
  await expect(parts.reconcile({ a: 2, b: 2 })).rejects.toThrow('b2 cannot be made')
  expect(parts.tale).toEqual([])
  expect(await parts.reconcile({ a: 1, b: 1 })).toEqual({ started: [], restarted: [], stopped: [] })
})

test('a part that could not start is tried again, and the way back is open', async () => {
  const parts = new Parts()
  await parts.reconcile({ a: 1, b: 1 })
  parts.fails.add('a2')
  await expect(parts.reconcile({ a: 2, b: 2 })).rejects.toThrow('a2 cannot start')
  expect(parts.set.get('a')).toBeUndefined()
  parts.tale.length = 0
  await expect(parts.reconcile({ a: 2, b: 1 })).rejects.toThrow('a2 cannot start')
  await parts.reconcile({ a: 1, b: 1 })
  expect(parts.tale).toEqual(['start a2', 'stop a2', 'start a1', 'start b1'])
})
