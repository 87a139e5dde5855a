/** Which registers one unit is asked for: the fewest legal requests that read every point, each value in one piece. */
import type { RegisterRange } from '../../../device-profiles/binding-schema.ts'
import { registerSpan } from '../../../device-profiles/codec/registers.ts'
import { overlap, rangeText } from '../../../device-profiles/must-not-read.ts'
import type { PointProfile } from '../../../device-profiles/schema.ts'
import type { RegisterTable } from '../../model.ts'
import { isBitTable, MAX_READ_BITS, MAX_READ_REGISTERS } from './pdu.ts'

/** Registers that must be read together, because they are one value (with its scale factor); never split over two requests. */
export interface ReadItem {
  readonly table: RegisterTable
  readonly address: number
  readonly count: number
  /** Ids of the points that stand in them, for messages. */
  readonly points: readonly string[]
}

export interface PlannedRead {
  readonly table: RegisterTable
  readonly address: number
  readonly count: number
  /** By address; never empty. */
  readonly items: readonly ReadItem[]
}

export interface ReadLimits {
  /** Most registers one request may read; one register's room holds 16 coils or discrete inputs. */
  readonly maxRegistersPerRead: number
  /** Registers (or 16 bits each) between two items that may be read along. */
  readonly maxGap: number
  /** No request covers any of these, not even between two items. None if absent. */
  readonly mustNotRead?: readonly RegisterRange[] | undefined
}

/** As the profile and the configuration give them. */
export interface GivenLimits extends Pick<ReadLimits, 'mustNotRead'> {
  /** 125 if absent. */
  readonly maxRegistersPerRead?: number | undefined
  /** 0 if absent. */
  readonly maxGap?: number | undefined
}

export function readLimits(given: GivenLimits): ReadLimits {
  const { maxRegistersPerRead = MAX_READ_REGISTERS, maxGap = 0, mustNotRead } = given
  return { maxRegistersPerRead, maxGap, mustNotRead }
}

const ADDRESSES = 0x10000
const BITS_PER_REGISTER = MAX_READ_BITS / MAX_READ_REGISTERS

/** Units of one model share their items and their plan: those of a hundred equal units are most of what a line remembers. */
const knownItems = new WeakMap<readonly PointProfile[], readonly ReadItem[]>()
const knownPlans = new WeakMap<readonly ReadItem[], Map<string, readonly PlannedRead[]>>()

/** One item per distinct range of registers that the points stand in. Points without a Modbus binding are left out. */
export function readItems(points: readonly PointProfile[]): readonly ReadItem[] {
  const known = knownItems.get(points)
  if (known !== undefined) return known
  const items = itemsOf(points)
  knownItems.set(points, items)
  return items
}

function itemsOf(points: readonly PointProfile[]): readonly ReadItem[] {
  const items = new Map<string, ReadItem>()
  for (const { id, modbus } of points) {
    if (modbus === undefined) continue
    const { table } = modbus
    const { address, count } = registerSpan(modbus)
    const key = keyOf({ table, address, count })
    items.set(key, { table, address, count, points: [...(items.get(key)?.points ?? []), id] })
  }
  return [...items.values()]
}

/** Identifies a range of registers. */
export function keyOf(range: Pick<ReadItem, 'table' | 'address' | 'count'>): string {
  return `${range.table} ${range.address} ${range.count}`
}

/** Throws where an item can never be read: it is longer than one request, passes the last address, or must not be read. */
export function planReads(items: readonly ReadItem[], limits: ReadLimits): readonly PlannedRead[] {
  const plans = knownPlans.get(items) ?? new Map<string, readonly PlannedRead[]>()
  knownPlans.set(items, plans)
  const key = `${limits.maxRegistersPerRead} ${limits.maxGap}`
  const plan = plans.get(key) ?? planOf(items, limits)
  plans.set(key, plan)
  return plan
}

function planOf(items: readonly ReadItem[], limits: ReadLimits): readonly PlannedRead[] {
  const byTable = new Map<RegisterTable, ReadItem[]>()
  for (const item of items) byTable.set(item.table, [...(byTable.get(item.table) ?? []), item])
  return [...byTable].flatMap(([table, ofTable]) => planTable(ofTable, reach(table, limits)))
}

interface Reach {
  readonly maxCount: number
  readonly maxGap: number
  readonly mustNotRead: readonly RegisterRange[]
}

function reach(table: RegisterTable, limits: ReadLimits): Reach {
  const registers = Math.min(limits.maxRegistersPerRead, MAX_READ_REGISTERS)
  const mustNotRead = (limits.mustNotRead ?? []).filter((range) => range.table === table)
  if (!isBitTable(table)) return { maxCount: registers, maxGap: limits.maxGap, mustNotRead }
  return { maxCount: registers * BITS_PER_REGISTER, maxGap: limits.maxGap * BITS_PER_REGISTER, mustNotRead }
}

/**
 * Takes from the lowest address on whatever fits into one request, then again from the lowest that is left. Every request
 * must hold the lowest item left, and no request that holds it can hold more, so no plan has fewer.
 */
function planTable(items: readonly ReadItem[], within: Reach): readonly PlannedRead[] {
  for (const item of items) assertReadable(item, within)
  let left = [...items].sort((a, b) => a.address - b.address || a.count - b.count)
  const plan: PlannedRead[] = []
  while (left.length > 0) {
    const taken = takeFirst(left, within)
    plan.push(readOf(taken))
    const done = new Set(taken)
    left = left.filter((item) => !done.has(item))
  }
  return plan
}

function takeFirst(sorted: readonly ReadItem[], { maxCount, maxGap, mustNotRead }: Reach): readonly ReadItem[] {
  const taken: ReadItem[] = []
  const start = sorted[0]?.address ?? 0
  // No item lies across a forbidden register, so whatever stands behind the first of them waits for another request.
  const last = Math.min(start + maxCount, ...mustNotRead.map(({ address }) => address).filter((at) => at >= start))
  let end = start
  for (const item of sorted) {
    if (taken.length > 0 && item.address > end + maxGap) break
    if (endOf(item) > last) continue
    taken.push(item)
    end = Math.max(end, endOf(item))
  }
  return taken
}

function assertReadable(item: ReadItem, { maxCount, mustNotRead }: Reach): void {
  const what = `${item.points.join(', ')}: ${item.count} at ${item.table} ${item.address}`
  if (item.count > maxCount) {
    throw new Error(`${what} is one value, but one request may read ${maxCount}; raise maxRegistersPerRead`)
  }
  if (endOf(item) > ADDRESSES) {
    throw new Error(`${what} passes the last address, 65535; correct the address`)
  }
  const forbidden = mustNotRead.find((range) => overlap(range, item))
  if (forbidden !== undefined) {
    throw new Error(`${what} is read with ${rangeText(forbidden)}, which mustNotRead forbids; correct one of the two`)
  }
}

function readOf(items: readonly ReadItem[]): PlannedRead {
  const { table, address } = items[0] as ReadItem
  const end = Math.max(...items.map(endOf))
  return { table, address, count: end - address, items }
}

function endOf(item: ReadItem): number {
  return item.address + item.count
}

/**
 * Two smaller reads for one that the device refuses: at the widest gap, because what lies there was never asked for by a
 * point; without a gap in the middle. A read of one item cannot be narrowed and returns null.
 */
export function narrowRead(read: PlannedRead): readonly [PlannedRead, PlannedRead] | null {
  const { items } = read
  if (items.length < 2) return null
  let [cut, widest, end] = [0, -1, 0]
  for (const [index, item] of items.entries()) {
    const gap = Math.max(0, item.address - end)
    const nearerMiddle = Math.abs(index - items.length / 2) < Math.abs(cut - items.length / 2)
    if (index > 0 && (gap > widest || (gap === widest && nearerMiddle))) [cut, widest] = [index, gap]
    end = Math.max(end, endOf(item))
  }
  return [readOf(items.slice(0, cut)), readOf(items.slice(cut))]
}
