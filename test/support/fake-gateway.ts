/** A gateway of the mind behind `GatewayView`: four kinds of devices, alarms that can be raised, a journal in memory. */

import type { Alarm, AlarmEvent, AlarmEventType, AlarmState, Proposal } from '../../gateway/alarm-model.ts'
import type { CapView } from '../../gateway/http/cap-view.ts'
import type { ChildrenView } from '../../gateway/http/child-view.ts'
import type { CommandsView } from '../../gateway/http/command-view.ts'
import type { CommissioningView } from '../../gateway/http/commissioning-view.ts'
import type { DispatchView } from '../../gateway/http/dispatch-view.ts'
import type { DrillsView } from '../../gateway/http/drill-view.ts'
import type {
  AlarmEventPage,
  CommandAnswer,
  CommandRequest,
  DeadLetterView,
  GatewayView,
  Health,
  HistoryItem,
  HistoryQuery,
  News,
  PointView,
  ReloadAnswer,
} from '../../gateway/http/gateway-view.ts'
import type { LedgersView } from '../../gateway/http/ledger-view.ts'
import type { LineView } from '../../gateway/http/line-view.ts'
import type { ModesView } from '../../gateway/http/mode-view.ts'
import type { RegistryView } from '../../gateway/http/registry-view.ts'
import type { ReportsView } from '../../gateway/http/report-view.ts'
import type { StatisticsView } from '../../gateway/http/statistics-view.ts'
import type { Mode } from '../../gateway/mode.ts'
import type { Reading } from '../../gateway/model.ts'
import { AlarmTally } from '../../gateway/statistics/alarm-statistics.ts'
import { sampleAlarms, sampleDevices, samplePoints } from './fake-station.ts'

export class FakeGateway implements GatewayView {
  readonly #alarms = new Map<string, Alarm>()
  readonly #points = new Map<string, PointView>()
  readonly #journal: AlarmEvent[] = []
  readonly #listeners = new Set<(news: News) => void>()
  readonly #startedAt: number
  healthAnswer: Health = { status: 'ok', checks: [{ name: 'alarm-journal', ok: true, detail: 'written 0.2 s ago' }] }
  reloadAnswer: ReloadAnswer = { ok: true, problems: [], changes: ['device wl-02 added'] }
  historyOf: (query: HistoryQuery) => readonly HistoryItem[] = () => []
  /** Answers of the tests; nothing is on a line where they say nothing. */
  commissioning: CommissioningView = {
    probe: (id) => Promise.resolve({ ok: false, refusal: 'unknown-device', message: `there is no device "${id}"` }),
    startScan: ({ line }) => ({ ok: false, refusal: 'unknown-line', message: `there is no line "${line}"` }),
    scan: (line) => ({ ok: false, refusal: 'unknown-line', message: `there is no line "${line}"` }),
    cancelScan: (line) => ({ ok: false, refusal: 'unknown-line', message: `there is no line "${line}"` }),
  }
  modes: ModesView = {
    list: () => [],
    begin: () => Promise.resolve({ ok: false, refusal: 'unknown-target', message: { zh: '没有', en: 'none' } }),
    end: () => Promise.resolve({ ok: false, refusal: 'unknown-mode', message: { zh: '没有', en: 'none' } }),
    events: () => Promise.resolve({ events: [], lastSeq: 0 }),
  }
  dispatch: DispatchView = {
    channels: () => null,
    notifications: () => Promise.resolve([]),
    notification: () => Promise.resolve(null),
    events: () => Promise.resolve({ events: [], lastSeq: 0 }),
    record: () => Promise.resolve([]),
    confirm: () => Promise.resolve(false),
  }
  registry: RegistryView = { stations: () => [], places: () => [] }
  statistics: StatisticsView = {
    of: (period) => Promise.resolve(new AlarmTally(period).result([])),
    tuning: () => Promise.resolve({ ok: false, refusal: 'unknown-alarm', message: { zh: '没有', en: 'none' } }),
    floods: () => new Map(),
  }
  cap: CapView = {
    feed: () => Promise.resolve(null),
    message: () => Promise.resolve(null),
    answer: () => Promise.resolve({ type: 'refused', refusal: 'unknown-message', message: 'none' }),
  }
  reports: ReportsView = {
    types: () => [],
    report: () => Promise.resolve({ ok: false, refusal: 'unknown-place', message: { zh: '没有', en: 'none' } }),
  }
  ledgers: LedgersView = {
    reader: () => ({ language: 'zh', timeZone: 'Asia/Shanghai' }),
    table: () => Promise.resolve({ ok: false, refusal: 'busy', message: { zh: '忙', en: 'busy' } }),
    monthly: () => Promise.resolve({ ok: false, refusal: 'busy', message: { zh: '忙', en: 'busy' } }),
    inspect: () => Promise.resolve({ ok: true }),
  }
  /** Answers of the tests; there is no gateway below where they say nothing. */
  children: ChildrenView = {
    list: () => [],
    admits: () => false,
    takeEvents: () => Promise.resolve({ type: 'gap', answer: { gateway: 'station-1', known: null } }),
    takeReport: () => Promise.resolve({ gateway: 'station-1', known: null, above: [], orders: [], settled: [] }),
  }
  drills: DrillsView = {
    list: () => [],
    begin: () => Promise.resolve({ ok: false, refusal: 'drill-on', message: { zh: '正在演练', en: 'on' } }),
    end: () => Promise.resolve({ ok: false, refusal: 'unknown-drill', message: { zh: '没有', en: 'none' } }),
    report: () => Promise.resolve(null),
  }
  lineViews: readonly LineView[] = []
  /** Answers of the tests; no device can be told anything where they say nothing. */
  deviceCommands: CommandsView = {
    of: () => undefined,
    send: ({ device }) => {
      const message = { zh: `没有设备 ${device}`, en: `there is no device ${device}` }
      return Promise.resolve({ type: 'refused', refusal: 'unknown-device', message })
    },
    command: () => undefined,
    cancel: () => Promise.resolve(false),
    events: () => Promise.resolve({ events: [], lastSeq: 0 }),
  }
  /** Queries that `history` got. */
  readonly asked: HistoryQuery[] = []
  /** What people did to alarms. */
  readonly requests: CommandRequest[] = []
  /** True: what changes is in the journal and the table, but nobody is told. */
  muted = false
  /** Newest first. */
  letters: readonly DeadLetterView[] = []
  /** How often the journal was read. */
  pages = 0

  constructor(options: { readonly now?: number; readonly empty?: boolean } = {}) {
    const now = options.now ?? Date.now()
    this.#startedAt = now - 3_600_000
    for (const point of samplePoints(now)) this.#points.set(point.id, point)
    if (options.empty === true) return
    for (const alarm of sampleAlarms(now)) this.change(alarm, 'raised')
  }

  get listeners(): number {
    return this.#listeners.size
  }

  info() {
    const name = { zh: '翠湖社区应急站', en: 'Cuihu community station' }
    return {
      gateway: 'gw-cuihu',
      station: { id: 'st-cuihu', name, level: 'station' as const, type: 'community' as const, address: '翠湖路 18 号' },
      version: '0.1.0',
      startedAt: this.#startedAt,
      language: 'zh' as const,
    }
  }

  health(): Health {
    return this.healthAnswer
  }

  configStatus() {
    return { loadedAt: this.#startedAt, problems: [] }
  }

  points() {
    return this.#points.values()
  }

  point(id: string) {
    return this.#points.get(id)
  }

  lines() {
    return this.lineViews
  }

  devices() {
    return sampleDevices(this.#startedAt)
  }

  alarms() {
    return this.#alarms.values()
  }

  alarm(id: string) {
    return this.#alarms.get(id)
  }

  lastSeq(): number {
    return this.#journal.length
  }

  alarmEvents(after: number, limit: number): AlarmEventPage {
    this.pages++
    return { events: this.#journal.slice(after, after + limit), firstSeq: 1, lastSeq: this.#journal.length }
  }

  deadLetters(limit: number) {
    return this.letters.slice(0, limit)
  }

  history(query: HistoryQuery) {
    this.asked.push(query)
    return this.historyOf(query)
  }

  subscribe(listener: (news: News) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  reload(): Promise<ReloadAnswer> {
    return Promise.resolve(this.reloadAnswer)
  }

  metrics(): Promise<string> {
    return Promise.resolve('# TYPE outpost_alarms_active gauge\noutpost_alarms_active 3\n')
  }

  command(request: CommandRequest): Promise<CommandAnswer> {
    this.requests.push(request)
    if (request.type === 'acknowledge') return Promise.resolve(this.#acknowledge(request))
    if (request.type === 'reset') return Promise.resolve(this.#reset(request))
    const alarm = this.#alarms.get(request.alarmId)
    const isDecision = request.type === 'confirm' || request.type === 'decline'
    if (isDecision && alarm?.proposal !== undefined)
      return Promise.resolve(this.#decide(request, alarm, alarm.proposal))
    return Promise.resolve(alarm === undefined ? unknownAlarm(request.alarmId) : { ok: true, alarm })
  }

  /** Puts a new row for an alarm in the table and its event in the journal, and tells everyone. */
  change(alarm: Alarm, type: AlarmEventType, by: string | null = null): AlarmEvent {
    const seq = this.#journal.length + 1
    const previousState = this.#alarms.get(alarm.id)?.state ?? 'normal'
    const time = Date.now()
    const event = {
      seq,
      id: `gw-cuihu-${seq}`,
      gateway: 'gw-cuihu',
      time,
      type,
      previousState,
      by,
      comment: null,
      alarm,
    }
    this.#alarms.set(alarm.id, alarm)
    this.#journal.push(event)
    this.#tell({ events: [event], readings: [] })
    return event
  }

  tellModes(modes: readonly Mode[]): void {
    this.#tell({ events: [], readings: [], modes })
  }

  read(...readings: readonly Reading[]): void {
    for (const reading of readings) {
      const point = this.#points.get(reading.point)
      if (point !== undefined) this.#points.set(point.id, { ...point, reading })
    }
    this.#tell({ events: [], readings })
  }

  #tell(news: News): void {
    if (this.muted) return
    for (const listener of this.#listeners) listener(news)
  }

  #acknowledge({ alarmId, by, comment }: CommandRequest): CommandAnswer {
    const alarm = this.#alarms.get(alarmId)
    if (alarm === undefined) return unknownAlarm(alarmId)
    if (alarm.facts.acked) {
      const message = { zh: '该报警已经确认过', en: 'this alarm is acknowledged already' }
      return { ok: false, refusal: 'nothing-to-acknowledge', message }
    }
    const facts = { ...alarm.facts, acked: true }
    const acknowledged = {
      ...alarm,
      facts,
      state: stateOf(facts),
      acknowledgedAt: Date.now(),
      acknowledgedBy: by,
      comment,
    }
    this.change(acknowledged, 'acknowledged', by)
    return { ok: true, alarm: acknowledged }
  }

  #decide({ type, by, comment }: CommandRequest, alarm: Alarm, { level, confirmed }: Proposal): CommandAnswer {
    const isConfirmed = type === 'confirm'
    const decided = { state: isConfirmed ? 'confirmed' : 'declined', by, comment, at: Date.now() } as const
    const decidedAlarm = { ...alarm, proposal: { level, ...decided, confirmed: isConfirmed ? level : confirmed } }
    this.change(decidedAlarm, isConfirmed ? 'confirmed' : 'declined', by)
    return { ok: true, alarm: decidedAlarm }
  }

  #reset({ alarmId, by }: CommandRequest): CommandAnswer {
    const alarm = this.#alarms.get(alarmId)
    if (alarm === undefined) return unknownAlarm(alarmId)
    if (alarm.facts.active) {
      return {
        ok: false,
        refusal: 'still-active',
        message: { zh: '条件仍然存在，不能复位', en: 'the condition is still there' },
      }
    }
    const facts = { ...alarm.facts, latched: false }
    const reset = { ...alarm, facts, state: stateOf(facts) }
    this.change(reset, 'reset', by)
    return { ok: true, alarm: reset }
  }
}

function unknownAlarm(id: string): CommandAnswer {
  return { ok: false, refusal: 'unknown-alarm', message: { zh: `没有报警 ${id}`, en: `no alarm ${id}` } }
}

function stateOf(facts: Alarm['facts']): AlarmState {
  if (facts.active) return facts.acked ? 'acknowledged' : 'unacknowledged'
  if (facts.latched) return facts.acked ? 'latched-acknowledged' : 'latched-unacknowledged'
  return facts.acked ? 'normal' : 'returned-unacknowledged'
}
