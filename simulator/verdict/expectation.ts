/** What a gateway must tell of a scenario, as it is judged. */
import type { AlarmClass, Priority } from '../../device-profiles/device.ts'
import type { ALARM_STATES, GatewaySection } from './expect-schema.ts'

export interface Expectations {
  /** In the order of the file. */
  readonly alarms: readonly Expectation[]
  readonly nothingElse: boolean
  /** So long of the story is watched at least. */
  readonly untilSeconds: number
  readonly maxSpeed: number
}

export interface Expectation {
  readonly pick: AlarmPick
  readonly outcome: ExpectedAlarm | ExpectedNever
}

/** Which alarm is meant: all that is given must be so. */
export interface AlarmPick {
  readonly device?: string
  readonly rule?: string
  readonly kind?: string
  readonly class?: AlarmClass
  readonly level?: string
  readonly priority?: Priority
}

export interface ExpectedNever {
  readonly type: 'never'
}

export interface ExpectedAlarm {
  readonly type: 'raised'
  readonly raised: Window
  /** Null: whether and when is left open. */
  readonly returned: Window | null
  readonly staysActive: boolean
  /** At the end; null: any. */
  readonly state: AlarmState | null
}

/** From a moment of the story on; `withinMs` is the gateway's own time, which no speed changes. */
export interface Window {
  readonly atSeconds: number
  readonly withinMs: number
}

export type AlarmState = (typeof ALARM_STATES)[number]

/** The gateway that belongs to a scenario: a file, as the scenario names it, or what is added to the generated configuration. */
export type GatewaySetup =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'generated'; readonly additions: GatewayAdditions }
export type GatewayAdditions = Exclude<GatewaySection, string>

/** `kitchen-smoke.obscuration orange`, or what else is known of it: `any fault of kind smoke`. */
export function pickText({ device, rule, kind, level, priority, ...pick }: AlarmPick): string {
  const what = pick.class ?? 'alarm'
  const name = device !== undefined && rule !== undefined ? `${device}.${rule}` : null
  const parts = [
    name ?? (rule === undefined ? `any ${what}` : `${what} "${rule}" of any device`),
    name === null && device !== undefined ? `of ${device}` : '',
    kind === undefined ? '' : `of kind ${kind}`,
    level === undefined ? '' : `at level ${level}`,
    priority === undefined ? '' : `with priority ${priority}`,
  ]
  return parts.filter((part) => part !== '').join(' ')
}
