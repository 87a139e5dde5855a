/**
 * The gateway as HTTP sees it. Only the composition root implements this; tests give a hand-made one.
 * Views answer from memory; `history` and `alarmEvents` read the local journals.
 */

import type { AlarmEvent, Command, CommandAction, CommandRefusal, Priority } from '../alarm-model.ts'
import type { DispatchEvent } from '../dispatch-event.ts'
import type { Mode } from '../mode.ts'
import type { LocalText, PointValue, Quality, QualityReason, Reading } from '../model.ts'
import type { StationLevel, StationType } from '../registry-model.ts'
import type { OrderRefusal } from '../upstream-model.ts'
import type { CapView } from './cap-view.ts'
import type { AlarmView, ChildrenView } from './child-view.ts'
import type { CommandsView } from './command-view.ts'
import type { CommissioningView } from './commissioning-view.ts'
import type { DispatchView } from './dispatch-view.ts'
import type { DrillsView } from './drill-view.ts'
import type { LedgersView } from './ledger-view.ts'
import type { LineView } from './line-view.ts'
import type { ModesView } from './mode-view.ts'
import type { RegistryView } from './registry-view.ts'
import type { ReportsView } from './report-view.ts'
import type { StatisticsView } from './statistics-view.ts'

export interface GatewayInfo {
  readonly gateway: string
  readonly station: {
    readonly id: string
    readonly name: LocalText
    readonly level: StationLevel
    /** Null for a centre or a bureau. */
    readonly type: StationType | null
    readonly address: string
  }
  readonly version: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Language in which the console greets a new visitor. */
  readonly language: 'zh' | 'en'
}

export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** `degraded` still brings alarms to people (HTTP 200); `failing` does not (HTTP 503). */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failing'
  readonly checks: readonly HealthCheck[]
}

/** A setpoint to be drawn beside the values of a point. */
export interface PointLimit {
  readonly rule: string
  readonly level: string
  readonly side: 'above' | 'below'
  readonly setpoint: number
  readonly priority: Priority
}

/** One point, what it is and its latest reading. */
export interface PointView {
  /** `deviceId.pointId` */
  readonly id: string
  readonly name: LocalText
  readonly device: string
  readonly deviceName: string
  readonly station: string
  readonly place: string
  /** Of a place that the registry has. */
  readonly placeId?: string
  readonly kind: string
  readonly type: 'number' | 'boolean' | 'enum' | 'text'
  /** The unit people read; '1' for none. */
  readonly unit: string
  /** Digits after the point that people are shown. */
  readonly decimals: number | null
  /** Names of the codes of a boolean or an enum. */
  readonly states: Readonly<Record<string, LocalText>> | null
  readonly limits: readonly PointLimit[]
  /** How often its device is expected to speak, in milliseconds. */
  readonly intervalMs: number
  /** How often at least one of its readings is stored, in milliseconds: a longer silence is a gap in the trend. */
  readonly storeIntervalMs: number
  /** Null before the first reading since the gateway knows the point. */
  readonly reading: Reading | null
}

export interface DeviceView {
  readonly id: string
  readonly name: string
  readonly station: string
  readonly place: string
  /** Of a place that the registry has. */
  readonly placeId?: string
  readonly kind: string
  /** Id, maker and model of the device profile. */
  readonly profile: string
  readonly vendor: string
  readonly model: string
  readonly protocol: 'modbus' | 'mqtt' | 'self'
  /** How often the device is expected to speak, in milliseconds. */
  readonly intervalMs: number
  /** `failed`: nothing of its newest sample can be read. `silent`: not heard for longer than it may be. */
  readonly state: 'ok' | 'silent' | 'failed' | 'never-heard'
  /** Null before it was heard for the first time. */
  readonly lastHeardAt: number | null
  /** Why its newest sample brought no data, or null. */
  readonly detail: string | null
  /** How far its own clock is ahead of ours, in ms, as learnt from its messages; null where it says no time. */
  readonly clockOffsetMs: number | null
  /** Ids of its points. */
  readonly points: readonly string[]
  /** Of a group: ids of the devices that it stands for. */
  readonly members?: readonly string[]
}

export interface HistoryQuery {
  readonly point: string
  /** Times of measurement in milliseconds since 1970, both included. */
  readonly from: number
  readonly to: number
  /** Most items of the answer; where there are more readings, one item stands for several. */
  readonly maxPoints: number
}

/** One reading, or what one stretch of time had; bad readings are never hidden in an item with good ones. */
export interface HistoryItem {
  readonly time: number
  /** The last value; null where nothing usable was read. */
  readonly value: PointValue | null
  /** Over all numbers that the item stands for; null for texts and bad readings. */
  readonly min: number | null
  readonly max: number | null
  /** The worst that the item stands for. */
  readonly quality: Quality
  readonly reason?: QualityReason
  /** Present where a reading that the item stands for was measured earlier and delivered late. */
  readonly replayed?: boolean
  /** Present where a reading that the item stands for came while an engineer tested the point. */
  readonly test?: boolean
}

export interface AlarmEventPage {
  /** In order of `seq`, all greater than the asked `after`. */
  readonly events: readonly AlarmEvent[]
  /** Number of the oldest event that is kept. */
  readonly firstSeq: number
  /** Number of the newest event on disk; 0 before the first. */
  readonly lastSeq: number
}

/** An item that its receiver can never accept. */
export interface DeadLetterView {
  /** Counts up over all deliveries; the newest is the greatest. */
  readonly id: number
  /** `sinkId:journal` */
  readonly delivery: string
  /** Number of the item in its journal. */
  readonly seq: number
  /** When it was given up, ms since 1970. */
  readonly time: number
  /** What the receiver answered. */
  readonly error: string
  /** The alarm event or the reading. */
  readonly item: unknown
}

/**
 * What became durable since the last call, and the newest readings that are not stored because nothing had changed.
 * `events` are in order of `seq`.
 */
export interface News {
  readonly events: readonly AlarmEvent[]
  readonly readings: readonly Reading[]
  /** All that are on, where they have changed. */
  readonly modes?: readonly Mode[]
  /** The row of an alarm of a gateway below, where what is on its way there has changed. */
  readonly ordered?: AlarmView
  /** What dispatch has decided or heard, in order of `seq`. */
  readonly dispatch?: readonly DispatchEvent[]
}

export type CommandRequest = Pick<Command, 'alarmId' | 'by' | 'comment'> & CommandAction

export type CommandAnswer =
  | { readonly ok: true; readonly alarm: AlarmView }
  | { readonly ok: false; readonly refusal: CommandRefusal | OrderRefusal['code']; readonly message: LocalText }

export interface ReloadAnswer {
  readonly ok: boolean
  /** Why the configuration was refused; the last good one stays. Empty when `ok`. */
  readonly problems: readonly string[]
  /** What was started, stopped or changed. */
  readonly changes: readonly string[]
}

/** Which configuration runs, and why a newer one does not. */
export interface ConfigStatus {
  readonly loadedAt: number
  readonly problems: readonly string[]
}

export interface GatewayView {
  info(): GatewayInfo
  health(): Health
  configStatus(): ConfigStatus
  points(): Iterable<PointView>
  point(id: string): PointView | undefined
  devices(): Iterable<DeviceView>
  /** Modbus lines that have units. */
  lines(): Iterable<LineView>
  /** Our own, and those of gateways below. */
  alarms(): Iterable<AlarmView>
  alarm(id: string): AlarmView | undefined
  /** Number of the newest alarm event on disk; what `alarms()` shows is never older. */
  lastSeq(): number
  /** Resolves when the command's events are on disk. */
  command(request: CommandRequest): Promise<CommandAnswer>
  history(query: HistoryQuery): readonly HistoryItem[] | Promise<readonly HistoryItem[]>
  alarmEvents(after: number, limit: number): AlarmEventPage | Promise<AlarmEventPage>
  /** Newest first. */
  deadLetters(limit: number): readonly DeadLetterView[] | Promise<readonly DeadLetterView[]>
  /** Returns the way to end it. The listener must not throw and never waits. */
  subscribe(listener: (news: News) => void): () => void
  reload(): Promise<ReloadAnswer>
  /** Prometheus text. */
  metrics(): Promise<string>
  readonly commissioning: CommissioningView
  readonly modes: ModesView
  readonly dispatch: DispatchView
  readonly registry: RegistryView
  readonly statistics: StatisticsView
  readonly cap: CapView
  readonly children: ChildrenView
  readonly reports: ReportsView
  readonly ledgers: LedgersView
  readonly drills: DrillsView
  /** Not to be mixed up with `command`, which is what people do to alarms. */
  readonly deviceCommands: CommandsView
}
