/** New rules over what was measured, beside the alarms that were. */
import type { Device } from '../../device-profiles/device.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { type Comparison, compare } from './comparison.ts'
import { type Occurrence, Occurrences } from './occurrences.ts'
import type { RecordedReadings, Span } from './recorded-reading.ts'
import { type Replayed, replay } from './replay.ts'

/** Most points that are looked at in one backtest: above it rules are judged less often than once a second. */
const MOST_LOOKS = 2e9

export interface BacktestOptions {
  readonly devices: readonly Device[]
  /** Events before `span.from` are left out on both sides; reading begins as long before as `lead` says. */
  readonly span: Span
  readonly leadMs: number
  /** Null: as often as the number of points allows, at best once a second. */
  readonly tickMs: number | null
  readonly read: (span: Span) => RecordedReadings
  /** Null: there is nothing to compare with. */
  readonly past: readonly Occurrence[] | null
  readonly onProgress: (part: number, time: number) => void
}

export interface BacktestResult extends Replayed {
  readonly tickMs: number
  readonly now: readonly Occurrence[]
  readonly comparison: Comparison | null
  /** There would have been more alarms than can be held; what is told ends before. */
  readonly isCutOff: boolean
}

export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { devices, span, leadMs, past, read, onProgress } = options
  const whole = { from: span.from - leadMs, to: span.to }
  const tickMs = options.tickMs ?? tickOf(devices, whole)
  const occurrences = new Occurrences()
  const replayed = await replay(read(whole), {
    ...{ devices, span: whole, tickMs },
    onEvent: (event) => occurrences.add(event),
    onProgress: (time) => {
      onProgress((time - whole.from) / (whole.to - whole.from), time)
      return !occurrences.isFull
    },
  })
  const now = occurrences.since(span.from)
  const comparison = past === null ? null : compare(past, now)
  return { ...replayed, tickMs, now, comparison, isCutOff: occurrences.isFull }
}

/** Devices of the field and groups of them. What the gateway measures of itself is not what rules are written for. */
export function testedDevices(devices: readonly Device[]): readonly Device[] {
  return devices.filter(({ profile, members }) => profile.protocol !== 'self' || members !== undefined)
}

/**
 * A file may hold any choice of points. That the others are missing from it says nothing, so that faults which are raised
 * because a device no longer gives a point are not judged.
 */
export function withoutMissedPoints(devices: readonly Device[]): readonly Device[] {
  return devices.map((device) => ({ ...device, rules: device.rules.filter(({ type }) => type !== 'bad-quality') }))
}

/** How long before the span readings must begin, so that windows and delays are full when it begins. */
export function leadOf(devices: readonly Device[]): number {
  const pipeline = new Pipeline({ devices, alarms: [], now: { wall: 0, mono: 0 } })
  return Math.max(600_000, ...Array.from(pipeline.pastNeeds(), ({ ms }) => ms))
}

function tickOf(devices: readonly Device[], { from, to }: Span): number {
  const points = devices.reduce((sum, device) => sum + device.points.length + 1, 0)
  return Math.max(1000, Math.ceil(((to - from) * points) / MOST_LOOKS / 1000) * 1000)
}
