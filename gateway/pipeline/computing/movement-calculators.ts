/** Slopes: tangent angle, velocity through its dynamic threshold, hours to failure. */
import { withoutNoise } from '../../../device-profiles/codec/conversion.ts'
import type { Calculator, Computed } from './calculator.ts'
import { FEWEST_VELOCITIES, forecastFailure, type TimedVelocity } from './inverse-velocity.ts'
import { SampleParts, whyTooLittle } from './sample-parts.ts'
import { foundUniformVelocity, tangentAngle } from './tangent-angle.ts'
import { velocityThreshold } from './velocity-threshold.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Few and long, because smoothing is essential: four hours each of a window of four days. */
const PARTS = 24

/** Velocities between whole days, per day, oldest first. */
class DailyVelocities {
  readonly #samples: SampleParts
  #known: readonly number[] = []

  constructor(windowMs: number) {
    this.#samples = new SampleParts({ windowMs, parts: Math.round(windowMs / DAY_MS) })
  }

  add(displacement: number, mono: number): void {
    if (this.#samples.add(displacement, mono)) this.#known = this.#velocities()
  }

  get all(): readonly number[] {
    return this.#known
  }

  #velocities(): readonly number[] {
    return velocitiesOf(this.#samples, DAY_MS).map(({ v }) => v)
  }
}

/** Between parts that are over, per `unitMs`, each at the time in the middle. */
function velocitiesOf(samples: SampleParts, unitMs: number): TimedVelocity[] {
  const means = samples.means({ unitMs, open: false })
  return means.slice(1).map(({ t, v }, i) => {
    const before = means[i] as (typeof means)[number]
    return { t: (t + before.t) / 2, v: (v - before.v) / (t - before.t) }
  })
}

/** Inputs: displacement, velocity per day. */
export class TangentAngle implements Calculator {
  readonly #given: number | null
  readonly #daily: DailyVelocities | null
  #uniform: number | null = null
  #days = -1
  #velocity = Number.NaN

  constructor({ uniformVelocity, windowMs }: { readonly uniformVelocity: number | null; readonly windowMs: number }) {
    this.#given = uniformVelocity
    this.#daily = uniformVelocity === null ? new DailyVelocities(windowMs) : null
  }

  add(input: number, value: number, mono: number): void {
    if (input === 1) this.#velocity = value
    else this.#daily?.add(value, mono)
  }

  value(): Computed {
    const uniform = this.#given ?? this.#found()
    if (uniform === null) return { unknown: 'no uniform stage is known: none is given, and none of 30 days was found' }
    const angle = tangentAngle(this.#velocity, uniform)
    return angle === null ? { unknown: 'the velocity is not known' } : { value: angle }
  }

  #found(): number | null {
    const daily = this.#daily?.all ?? []
    if (daily.length !== this.#days) this.#uniform = foundUniformVelocity(daily)
    this.#days = daily.length
    return this.#uniform
  }
}

/** Inputs: displacement, velocity per day. */
export class VelocityRatio implements Calculator {
  readonly #least: number
  readonly #daily: DailyVelocities
  #velocity = Number.NaN

  constructor({ least, windowMs }: { readonly least: number; readonly windowMs: number }) {
    this.#least = least
    this.#daily = new DailyVelocities(windowMs)
  }

  add(input: number, value: number, mono: number): void {
    if (input === 1) this.#velocity = value
    else this.#daily.add(value, mono)
  }

  value(): Computed {
    const threshold = velocityThreshold(this.#daily.all)
    if (threshold === null) return { unknown: `rates of ${this.#daily.all.length} days are known, 10 are needed` }
    if (Number.isNaN(this.#velocity)) return { unknown: 'the velocity is not known' }
    return { value: withoutNoise(this.#velocity / Math.max(threshold, this.#least)) }
  }
}

export class TimeToFailure implements Calculator {
  readonly #windowMs: number
  readonly #horizonHours: number
  readonly #samples: SampleParts
  #known: { readonly at: number; readonly forecast: ReturnType<typeof forecastFailure> } | null = null

  constructor({ windowMs, horizonHours }: { readonly windowMs: number; readonly horizonHours: number }) {
    this.#windowMs = windowMs
    this.#horizonHours = horizonHours
    this.#samples = new SampleParts({ windowMs, parts: PARTS })
  }

  add(_input: number, value: number, mono: number): void {
    // The forecast is made anew with each part of the window; in between its time comes nearer.
    if (this.#samples.add(value, mono)) {
      this.#known = { at: mono, forecast: forecastFailure(velocitiesOf(this.#samples, HOUR_MS)) }
    }
  }

  value(mono: number): Computed {
    const why = whyTooLittle(this.#samples, { windowMs: this.#windowMs, fewest: FEWEST_VELOCITIES + 2 })
    if (why !== null) return { unknown: why }
    if (this.#known === null) return { unknown: 'nothing was read yet' }
    const { at, forecast } = this.#known
    if (forecast.type === 'refused') return { unknown: forecast.why }
    if (forecast.type === 'none') return { value: this.#horizonHours }
    const hours = forecast.at - (mono - at) / HOUR_MS
    return { value: withoutNoise(Math.min(Math.max(hours, 0), this.#horizonHours)) }
  }
}
