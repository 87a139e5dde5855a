/** From the generator of a step to a course of values, with everything that is wrong about it. */
import { parseDuration } from '../device-profiles/duration.ts'
import type { CycleEntry, GeneratorEntry } from './generator-schema.ts'
import { creep } from './generators/creep.ts'
import { type CycleOptions, cycle } from './generators/cycle.ts'
import { cylinder } from './generators/cylinder.ts'
import { discharge } from './generators/discharge.ts'
import { type FireOptions, fireHeat, fireSmoke } from './generators/fire.ts'
import { puff } from './generators/puff.ts'
import { type Pump, storm } from './generators/storm.ts'

/** In the unit of the point, `seconds` after it began. */
export type Course = (seconds: number) => number

export interface GeneratorSurroundings {
  /** The value of the point when it begins. */
  readonly before: number
  /** How long it goes on; Infinity to the end. */
  readonly seconds: number
}

const DAY_SECONDS = 86_400
/** The standard shape of the SCS: peak rate factor 484. */
const STORM_SHAPE = 3.7
const CEILING = 3
/** Smouldering alone brings a detector about a quarter of the way. */
const SMOULDER_SHARE = 0.25

/** Expects an entry without problems. */
export function createCourse(entry: GeneratorEntry, { before, seconds }: GeneratorSurroundings): Course {
  switch (entry.type) {
    case 'fire-smoke': {
      const smoulderTo = entry.smoulderTo ?? before + (entry.peak - before) * SMOULDER_SHARE
      return fireSmoke({
        ...fireOf(entry),
        before,
        peak: entry.peak,
        smoulderTo: smoulders(entry) ? smoulderTo : before,
      })
    }
    case 'fire-heat':
      return fireHeat({ ...fireOf(entry), before, peak: entry.peak, ceiling: entry.ceiling ?? CEILING })
    case 'puff':
      return puff({ before, peak: entry.peak, peakAtSeconds: secondsOf(entry.peakAt) })
    case 'storm': {
      const { inflow, shape = STORM_SHAPE, drain = 0, pumps = [] } = entry
      const peakAtSeconds = secondsOf(entry.peakAt)
      return storm({ ...{ before, inflow, shape, drain, seconds, peakAtSeconds }, pumps: pumps.map(pumpOf) })
    }
    case 'creep': {
      const { primary = 0, velocity, most } = entry
      const times = { tertiaryAtSeconds: secondsOf(entry.tertiaryAt), failsAtSeconds: secondsOf(entry.failsAt) }
      return creep({ before, primary, velocity, most, ...times })
    }
    case 'cycle':
      return cycle(cycleOf(entry))
    case 'cylinder': {
      const { at20, leakPerPeriod = 0, temperature } = entry
      return cylinder({ at20, leakPerPeriod, temperature: cycleOf(temperature) })
    }
    case 'discharge':
      return discharge({ before, to: entry.to, seconds })
  }
}

/** What the schema cannot say. */
export function checkGenerator(
  entry: GeneratorEntry,
  { before, seconds }: GeneratorSurroundings,
  report: (path: readonly (string | number)[], message: string) => void,
): void {
  for (const key of ['peakAt', 'period'] as const) {
    const duration = (entry as Partial<Record<typeof key, string>>)[key]
    if (duration !== undefined && parseDuration(duration) === 0) report([key], 'expected more than 0s')
  }
  if ((entry.type === 'storm' || entry.type === 'discharge') && !Number.isFinite(seconds)) {
    report([], `"${entry.type}" has an end; say how long it goes on with "over"`)
  }
  if (entry.type === 'storm') checkPumps(entry.pumps ?? [], report)
  if (entry.type === 'cylinder' && parseDuration(entry.temperature.period ?? '24h') === 0)
    report(['temperature', 'period'], 'expected more than 0s')
  if (entry.type === 'creep') checkCreep(entry, { before, report })
  if (entry.type === 'fire-smoke' || entry.type === 'fire-heat') checkFire(entry, { before, report })
}

type Told = (path: readonly (string | number)[], message: string) => void
type EntryOf<T extends GeneratorEntry['type']> = Extract<GeneratorEntry, { type: T }>

function checkPumps(pumps: NonNullable<EntryOf<'storm'>['pumps']>, report: Told): void {
  for (const [i, { start, stop, failsAt, mendedAt }] of pumps.entries()) {
    if (stop >= start) report(['pumps', i, 'stop'], `expected a level below "start" (${start}), got ${stop}`)
    if (mendedAt === undefined) continue
    if (failsAt === undefined) report(['pumps', i, 'mendedAt'], 'a pump that never fails is not mended; add "failsAt"')
    else if (secondsOf(mendedAt) <= secondsOf(failsAt))
      report(['pumps', i, 'mendedAt'], `expected a time after "failsAt" (${failsAt}), got ${mendedAt}`)
  }
}

function checkCreep(
  { tertiaryAt, failsAt, most }: EntryOf<'creep'>,
  { before, report }: { readonly before: number; readonly report: Told },
): void {
  if (parseDuration(tertiaryAt) === 0) report(['tertiaryAt'], 'expected more than 0s')
  if (parseDuration(failsAt) <= parseDuration(tertiaryAt))
    report(['failsAt'], `expected a time after "tertiaryAt" (${tertiaryAt}), got ${failsAt}`)
  if (most <= before) report(['most'], `expected more than the value at the begin (${before}), got ${most}`)
}

function checkFire(
  entry: EntryOf<'fire-smoke'> | EntryOf<'fire-heat'>,
  { before, report }: { readonly before: number; readonly report: Told },
): void {
  if (entry.peak <= before) report(['peak'], `expected more than the value at the begin (${before}), got ${entry.peak}`)
  if (entry.type === 'fire-heat' || entry.smoulderTo === undefined) return
  if (!smoulders(entry)) report(['smoulderTo'], 'this fire does not smoulder; add "smoulder", or remove "smoulderTo"')
  else if (entry.smoulderTo < before || entry.smoulderTo > entry.peak)
    report(
      ['smoulderTo'],
      `expected from ${before}, the value at the begin, to "peak" (${entry.peak}), got ${entry.smoulderTo}`,
    )
}

function smoulders({ smoulder = '0s' }: { readonly smoulder?: string }): boolean {
  return parseDuration(smoulder) > 0
}

function fireOf({ smoulder = '0s', growth = 'medium' }: EntryOf<'fire-smoke'> | EntryOf<'fire-heat'>): FireOptions {
  return { smoulderSeconds: secondsOf(smoulder), growth }
}

function pumpOf({ start, stop, rate, failsAt, mendedAt }: NonNullable<EntryOf<'storm'>['pumps']>[number]): Pump {
  const orNever = (time: string | undefined): number => (time === undefined ? Infinity : secondsOf(time))
  return { start, stop, rate, failsAtSeconds: orNever(failsAt), mendedAtSeconds: orNever(mendedAt) }
}

function cycleOf({ mean, swing, period, highestAt = '0s' }: CycleEntry): CycleOptions {
  const periodSeconds = period === undefined ? DAY_SECONDS : secondsOf(period)
  return { mean, swing, periodSeconds, highestAtSeconds: secondsOf(highestAt) }
}

function secondsOf(duration: string): number {
  return parseDuration(duration) / 1000
}

const MOST_LOOKS = 400

/** The least and the greatest value on its way, as closely as a few hundred looks tell. */
export function extremesOf(course: Course, entry: GeneratorEntry, seconds: number): readonly [number, number] {
  const end = Number.isFinite(seconds) ? seconds : roundOf(entry)
  let [low, high] = [Infinity, -Infinity]
  for (let look = 0; look <= MOST_LOOKS; look++) {
    const value = course((end * look) / MOST_LOOKS)
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return [low, high]
}

/** After so long, one that has no end of its own has shown all that it does. */
function roundOf(entry: GeneratorEntry): number {
  switch (entry.type) {
    case 'cycle':
      return cycleOf(entry).periodSeconds + cycleOf(entry).highestAtSeconds
    case 'cylinder':
      return cycleOf(entry.temperature).periodSeconds + cycleOf(entry.temperature).highestAtSeconds
    case 'creep':
      return secondsOf(entry.failsAt) + 1
    case 'puff':
      return 10 * secondsOf(entry.peakAt)
    default:
      return 2 * DAY_SECONDS
  }
}
