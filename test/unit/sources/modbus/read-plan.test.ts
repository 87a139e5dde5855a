import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RegisterRange } from '../../../../device-profiles/binding-schema.ts'
import type { PointProfile } from '../../../../device-profiles/schema.ts'
import {
  narrowRead,
  type PlannedRead,
  planReads,
  type ReadItem,
  type ReadLimits,
  readItems,
} from '../../../../gateway/sources/modbus/read-plan.ts'

const tables = ['coil', 'discrete-input', 'input-register', 'holding-register'] as const
const arbitraryItem = (span: number): fc.Arbitrary<ReadItem> =>
  fc.record({
    table: fc.constantFrom(...tables),
    address: fc.integer({ min: 0, max: span }),
    count: fc.integer({ min: 1, max: 4 }),
    points: fc.constant(['p']),
  })
const arbitraryLimits: fc.Arbitrary<ReadLimits> = fc.record({
  maxRegistersPerRead: fc.integer({ min: 4, max: 125 }),
  maxGap: fc.integer({ min: 0, max: 30 }),
})
const isBits = (table: string): boolean => table === 'coil' || table === 'discrete-input'

const arbitraryRanges = (span: number): fc.Arbitrary<readonly RegisterRange[]> =>
  fc.array(
    fc.record({
      table: fc.constantFrom(...tables),
      address: fc.integer({ min: 0, max: span }),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 12 },
  )
const touches = (a: RegisterRange, b: RegisterRange): boolean =>
  a.table === b.table && registersOf(a).some((address) => registersOf(b).includes(address))
const registersOf = ({ address, count }: RegisterRange): number[] =>
  Array.from({ length: count }, (_, index) => address + index)

/** Registers of one table that a set of items asks for. */
function wanted(items: readonly ReadItem[]): Set<number> {
  return new Set(items.flatMap((item) => Array.from({ length: item.count }, (_, index) => item.address + index)))
}

function widestGap(read: PlannedRead): number {
  const asked = wanted(read.items)
  let [gap, widest] = [0, 0]
  for (let address = read.address; address < read.address + read.count; address++) {
    gap = asked.has(address) ? 0 : gap + 1
    widest = Math.max(widest, gap)
  }
  return widest
}

function isLegal(read: PlannedRead, limits: ReadLimits): boolean {
  const scale = isBits(read.table) ? 16 : 1
  if (limits.mustNotRead?.some((range) => touches(range, read))) return false
  return read.count <= limits.maxRegistersPerRead * scale && widestGap(read) <= limits.maxGap * scale
}

/** The least number of legal requests, by trying every way to share the items out. */
function fewest(items: readonly ReadItem[], limits: ReadLimits): number {
  const legal = (group: readonly ReadItem[]): boolean => {
    const address = Math.min(...group.map((item) => item.address))
    const end = Math.max(...group.map((item) => item.address + item.count))
    return isLegal({ table: group[0]?.table ?? 'coil', address, count: end - address, items: group }, limits)
  }
  const share = (left: readonly ReadItem[], groups: readonly (readonly ReadItem[])[]): number => {
    const [item, ...others] = left
    if (item === undefined) return groups.every(legal) ? groups.length : Number.POSITIVE_INFINITY
    const joined = groups.map((group, index) =>
      share(
        others,
        groups.map((other, at) => (at === index ? [...group, item] : other)),
      ),
    )
    return Math.min(share(others, [...groups, [item]]), ...joined)
  }
  return share(items, [])
}

describe('the read plan', () => {
  test('reads every item once, whole, in legal requests', () => {
    fc.assert(
      fc.property(fc.array(arbitraryItem(400), { maxLength: 60 }), arbitraryLimits, (items, limits) => {
        const plan = planReads(items, limits)
        expect(plan.flatMap((read) => read.items)).toHaveLength(items.length)
        expect(new Set(plan.flatMap((read) => read.items))).toEqual(new Set(items))
        for (const read of plan) {
          expect(isLegal(read, limits)).toBe(true)
          for (const item of read.items) {
            expect(item.table).toBe(read.table)
            expect(item.address).toBeGreaterThanOrEqual(read.address)
            expect(item.address + item.count).toBeLessThanOrEqual(read.address + read.count)
          }
        }
      }),
    )
  })

  test('has the fewest requests there can be', () => {
    const oneTable = arbitraryItem(20).map((item) => ({ ...item, table: 'holding-register' as const }))
    const tight = fc.record({
      maxRegistersPerRead: fc.integer({ min: 4, max: 10 }),
      maxGap: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(oneTable, { minLength: 1, maxLength: 6 }), tight, (items, limits) => {
        expect(planReads(items, limits)).toHaveLength(fewest(items, limits))
      }),
    )
  })

  test('never covers a register that must not be read, and is still whole and the shortest there is', () => {
    const few = arbitraryItem(20).map((item) => ({ ...item, table: 'holding-register' as const }))
    fc.assert(
      fc.property(
        fc.array(few, { minLength: 1, maxLength: 6 }),
        arbitraryRanges(24),
        fc.record({ maxRegistersPerRead: fc.integer({ min: 4, max: 12 }), maxGap: fc.integer({ min: 0, max: 8 }) }),
        (given, mustNotRead, sizes) => {
          const items = given.filter((item) => !mustNotRead.some((range) => touches(range, item)))
          const limits = { ...sizes, mustNotRead }
          const plan = planReads(items, limits)
          for (const read of plan.flatMap((whole) => [whole, ...(narrowRead(whole) ?? [])])) {
            expect(mustNotRead.filter((range) => touches(range, read))).toEqual([])
          }
          expect(new Set(plan.flatMap((read) => read.items))).toEqual(new Set(items))
          if (items.length > 0) expect(plan).toHaveLength(fewest(items, limits))
        },
      ),
    )
  })

  test('coils and discrete inputs keep clear of theirs, and other tables do not matter', () => {
    const bit = (address: number): ReadItem => ({ table: 'coil', address, count: 1, points: ['p'] })
    const limits = { maxRegistersPerRead: 125, maxGap: 2 }
    const plan = (mustNotRead: RegisterRange[]) =>
      planReads([0, 3, 20].map(bit), { ...limits, mustNotRead }).map(({ address, count }) => [address, count])
    expect(plan([{ table: 'discrete-input', address: 1, count: 1 }])).toEqual([[0, 21]])
    expect(plan([{ table: 'coil', address: 4, count: 3 }])).toEqual([
      [0, 4],
      [20, 1],
    ])
  })

  test('names the value that stands in a register that must not be read', () => {
    const item: ReadItem = { table: 'holding-register', address: 10, count: 4, points: ['level'] }
    const mustNotRead = [{ table: 'holding-register', address: 12, count: 1 } as const]
    expect(() => planReads([item], { maxRegistersPerRead: 125, maxGap: 0, mustNotRead })).toThrow(
      'level: 4 at holding-register 10 is read with holding-register 12, which mustNotRead forbids; correct one of the two',
    )
  })

  test('keeps to 125 registers and 2000 bits whatever is configured', () => {
    const items = (table: ReadItem['table'], count: number): ReadItem[] =>
      Array.from({ length: count }, (_, address) => ({ table, address, count: 1, points: ['p'] }))
    const limits = { maxRegistersPerRead: 1000, maxGap: 0 }
    expect(planReads(items('input-register', 300), limits).map((read) => read.count)).toEqual([125, 125, 50])
    expect(planReads(items('coil', 2001), limits).map((read) => read.count)).toEqual([2000, 1])
  })

  test('names the value that can never be read, and the last address', () => {
    const item: ReadItem = { table: 'holding-register', address: 10, count: 2, points: ['level'] }
    expect(() => planReads([item], { maxRegistersPerRead: 1, maxGap: 0 })).toThrow(/level: 2 at holding-register 10/)
    expect(() => planReads([{ ...item, address: 65_535 }], { maxRegistersPerRead: 125, maxGap: 0 })).toThrow(/65535/)
    expect(planReads([{ ...item, address: 65_534 }], { maxRegistersPerRead: 125, maxGap: 0 })).toHaveLength(1)
  })

  test('points that share a register are one item', () => {
    const point = (id: string, bit: number): PointProfile => ({
      id,
      name: { zh: id, en: id },
      unit: '1',
      type: 'boolean',
      modbus: { table: 'holding-register', address: 4, type: 'bit', bit },
    })
    const derived: PointProfile = { id: 'level', name: { zh: 'l', en: 'l' }, unit: 'm', type: 'number' }
    expect(readItems([point('low', 0), point('high', 1), derived])).toEqual([
      { table: 'holding-register', address: 4, count: 1, points: ['low', 'high'] },
    ])
  })

  test('a value and its scale factor are one item, whichever stands first', () => {
    const scaled = (id: string, address: number, scaleFactor: number): PointProfile => ({
      ...{ id, name: { zh: id, en: id }, unit: '1', type: 'number' },
      modbus: { table: 'holding-register', address, type: 'int16', scaleFactor },
    })
    const items = readItems([scaled('volts', 4, 9), scaled('watts', 12, 9)])
    expect(items).toEqual([
      { table: 'holding-register', address: 4, count: 6, points: ['volts'] },
      { table: 'holding-register', address: 9, count: 4, points: ['watts'] },
    ])
    expect(planReads(items, { maxRegistersPerRead: 125, maxGap: 0 })).toMatchObject([{ address: 4, count: 9 }])
    expect(planReads(items, { maxRegistersPerRead: 8, maxGap: 0 })).toMatchObject([
      { address: 4, count: 6 },
      { address: 9, count: 4 },
    ])
  })

  test('narrowing ends in single items and loses none', () => {
    fc.assert(
      fc.property(fc.array(arbitraryItem(60), { minLength: 1, maxLength: 20 }), arbitraryLimits, (items, limits) => {
        for (const read of planReads(items, limits)) {
          let reads: readonly PlannedRead[] = [read]
          while (reads.some((narrow) => narrow.items.length > 1)) {
            reads = reads.flatMap((narrow) => narrowRead(narrow) ?? [narrow])
          }
          expect(new Set(reads.flatMap((narrow) => narrow.items))).toEqual(new Set(read.items))
          for (const { address, count, items: only } of reads) expect(only).toMatchObject([{ address, count }])
        }
      }),
    )
  })

  test('a refused read is cut at its widest gap first', () => {
    const item = (address: number): ReadItem => ({ table: 'holding-register', address, count: 1, points: ['p'] })
    const [read] = planReads([0, 1, 2, 6, 7].map(item), { maxRegistersPerRead: 125, maxGap: 10 })
    expect(narrowRead(read as PlannedRead)?.map(({ address, count }) => [address, count])).toEqual([
      [0, 3],
      [6, 2],
    ])
  })
})
