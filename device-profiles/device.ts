/** One installed unit with everything resolved: what the pipeline, the sources and the simulator work with. */
import type { LocalText } from './base-schema.ts'
import type { Calculation } from './calculation.ts'
import type { NetworkServer } from './payload-schema.ts'
import type { ResolvedSchedule } from './schedule.ts'
import type { DeviceProfile, PointProfile } from './schema.ts'
import type { Trend } from './trend.ts'

export type Priority = 'low' | 'medium' | 'high' | 'urgent'
export type AlarmClass = 'alarm' | 'fault'

export interface Device {
  readonly id: string
  readonly station: string
  readonly name: string
  /** Where it hangs, as people say it. */
  readonly place: string
  /** Id of that place, where the configuration has it in its list of places. */
  readonly placeId?: string
  readonly kind: string
  readonly profile: DeviceProfile
  readonly parameters: Readonly<Record<string, number>>
  readonly points: readonly Point[]
  readonly rules: readonly Rule[]
  /** How often the device is expected to speak; the poll interval on Modbus. */
  readonly intervalMs: number
  /** Through which LoRaWAN network server its messages come; the usual one if absent. */
  readonly networkServer?: NetworkServer
  /** Ids of the devices that it stands for; of a group only. */
  readonly members?: readonly string[]
}

export interface Point {
  /** `deviceId.pointId` */
  readonly id: string
  readonly profile: PointProfile
  /** Absent: every reading is stored. */
  readonly store?: OnChange
  /** Of a computed point. */
  readonly calculation?: Calculation
}

/** A reading is stored when it has changed, and when nothing was stored for so long. */
export interface OnChange {
  /** In the point's unit: a number no further than this from the last stored one has not changed. */
  readonly deadband: number
  readonly maxIntervalMs: number
}

interface RuleBase {
  /** Unique in its device. */
  readonly id: string
  readonly name: LocalText
  /** An alarm is about the hazard, a fault about our ability to see it. */
  readonly class: AlarmClass
  readonly latching: boolean
  readonly guidance: LocalText
  /** Rules of the same device that explain this one while they are active. */
  readonly inhibitedBy?: readonly string[]
  /** An alarm that is active so long after it was acknowledged asks again. */
  readonly reAlarmMs?: number
  /** Longest time it may be shelved. */
  readonly longestShelvingMs?: number
  /** What it is at some times; the first one that holds counts. */
  readonly scheduled?: readonly ScheduledRule[]
  /** Longest time from a change in the field to the alarm; absent where none is asked for. */
  readonly maxDetectionSeconds?: number
}

export interface ScheduledRule {
  readonly during: ResolvedSchedule
  /** False: suppressed by design. */
  readonly enabled: boolean
  /** Of a limit: as many levels as it has, in the same order; one that is off has an infinite setpoint. */
  readonly levels?: readonly RuleLevel[]
}

export interface RuleLevel {
  readonly level: string
  readonly side: 'above' | 'below'
  /** NaN where it is taken from a point. */
  readonly setpoint: number
  /** From where it is taken while the gateway runs. */
  readonly source?: SetpointSource
  readonly deadband: number
  readonly onDelayMs: number
  readonly offDelayMs: number
  readonly priority: Priority
}

export interface SetpointSource {
  /** `deviceId.pointId` */
  readonly point: string
  readonly times: number
  readonly plus: number
}

/** A limit with levels, mildest first: at most one level is active, the most severe that holds. */
export interface LimitRule extends RuleBase {
  readonly type: 'limit'
  readonly point: Point
  /** A text that says more. */
  readonly detail?: Point
  /** What the setpoints are compared with; absent: the value itself. */
  readonly trend?: Trend
  /** Its levels are proposed to people. */
  readonly confirm?: 'person'
  readonly levels: readonly RuleLevel[]
}

interface SingleRule extends RuleBase {
  readonly priority: Priority
  readonly onDelayMs: number
  readonly offDelayMs: number
}

export interface DiscreteRule extends SingleRule {
  readonly type: 'discrete'
  readonly point: Point
  /** A text that says more. */
  readonly detail?: Point
  readonly abnormal: readonly number[]
}

export interface NoDataRule extends SingleRule {
  readonly type: 'no-data'
  readonly afterMs: number
}

export interface BadQualityRule extends SingleRule {
  readonly type: 'bad-quality'
}

/** Enough members of a group are in alarm. */
export interface VoteRule extends SingleRule {
  readonly type: 'vote'
  readonly members: readonly VoteMember[]
  /** What people call them. */
  readonly memberName: LocalText
  /** How many members must be in alarm while all of them can be believed. */
  readonly need: number
  /** A member counts for so long after it was raised, also when it has returned since; 0: only while it is active. */
  readonly withinMs: number
  /** 'safety': each lost member lowers the number that is needed (2oo3, 1oo2, 1oo1). 'availability': only where it must. */
  readonly degradation: 'safety' | 'availability'
  /** A member that cannot be believed for so long is lost. */
  readonly memberFailsMs: number
}

export interface VoteMember {
  readonly device: string
  readonly name: string
  /** Rules of the device, any of which puts the member in alarm. */
  readonly rules: readonly string[]
  /** The mildest level that counts; absent: every one. */
  readonly level?: string
}

/** A vote goes on with fewer members than it has, or cannot go on. */
export interface VoteFaultRule extends SingleRule {
  readonly type: 'vote-degraded' | 'vote-impossible'
  /** Id of the vote, a rule of the same group. */
  readonly vote: string
}

/** A limit cannot be judged, because a setpoint that it takes from another point is not known. */
export interface SetpointRule extends SingleRule {
  readonly type: 'setpoint-unknown'
  /** Id of the limit, a rule of the same device. */
  readonly limit: string
}

export type Rule = LimitRule | DiscreteRule | NoDataRule | BadQualityRule | VoteRule | VoteFaultRule | SetpointRule
