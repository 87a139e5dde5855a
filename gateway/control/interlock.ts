/** Whether a command is allowed now: its interlocks against the newest readings. */
import type { Interlock } from '../../device-profiles/command-schema.ts'
import type { Device } from '../../device-profiles/device.ts'
import { parseDuration } from '../../device-profiles/duration.ts'
import type { LocalText, Reading } from '../model.ts'

/** The newest live reading of a point. */
export interface LatestReading {
  readonly reading: Reading
  /** When the last good one came, on the monotonic clock; null: never. */
  readonly goodAt: number | null
}

export interface InterlockSurroundings {
  readonly device: Device
  /** Monotonic. */
  readonly now: number
  /** By `deviceId.pointId`; null before the first. */
  latest(point: string): LatestReading | null
}

/** Readings older than three intervals are stale everywhere in the gateway. */
const INTERVALS = 3

/** Why the command is not allowed now, or null. What is not known locks: nobody can say that it is safe. */
export function interlockRefusal(
  interlocks: readonly Interlock[],
  { device, now, latest }: InterlockSurroundings,
): LocalText | null {
  for (const interlock of interlocks) {
    const point = device.points.find(({ profile }) => profile.id === interlock.point)
    const found = point === undefined ? null : latest(point.id)
    const name = point?.profile.name ?? { zh: interlock.point, en: interlock.point }
    const mostMs = maxAgeOf(interlock, device)
    const refusal = untrusted(found, { now, mostMs }) ?? unmet(interlock, found)
    if (refusal === null) continue
    const { because } = interlock
    return {
      zh: `未执行：${name.zh}${refusal.zh}；${because.zh}`,
      en: `not carried out: "${name.en}" ${refusal.en}; ${because.en}`,
    }
  }
  return null
}

/** An older reading locks. */
export function maxAgeOf({ maxAge }: Interlock, { intervalMs }: Pick<Device, 'intervalMs'>): number {
  return maxAge === undefined ? INTERVALS * intervalMs : parseDuration(maxAge)
}

function untrusted(
  found: LatestReading | null,
  { now, mostMs }: { readonly now: number; readonly mostMs: number },
): LocalText | null {
  if (found === null) return { zh: '尚无读数', en: 'has no reading yet' }
  const { reading, goodAt } = found
  if (reading.quality !== 'good' || goodAt === null) {
    return { zh: `的读数不可信（${reading.reason}）`, en: `has a reading that is not good (${reading.reason})` }
  }
  const ageMs = now - goodAt
  if (ageMs <= mostMs) return null
  const [age, most] = [ageMs, mostMs].map((ms) => `${Math.round(ms / 100) / 10} s`)
  return { zh: `的读数已有 ${age}，超过 ${most}`, en: `was read ${age} ago, more than ${most}` }
}

function unmet({ is, isNot, above, below }: Interlock, found: LatestReading | null): LocalText | null {
  const value = found?.reading.value
  if (typeof value !== 'number') return { zh: '没有数值', en: 'has no number' }
  if (is !== undefined && !is.includes(value)) return { zh: `为 ${value}`, en: `is ${value}` }
  if (isNot?.includes(value)) return { zh: `为 ${value}`, en: `is ${value}` }
  if (above !== undefined && !(value > above)) {
    return { zh: `为 ${value}，未高于 ${above}`, en: `is ${value}, not above ${above}` }
  }
  if (below !== undefined && !(value < below)) {
    return { zh: `为 ${value}，未低于 ${below}`, en: `is ${value}, not below ${below}` }
  }
  return null
}
