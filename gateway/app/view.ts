/** The gateway as HTTP sees it: the pipeline's views in the words of the API, commands and history through the journal. */
import type { GatewayConfig } from '../config/config.ts'
import type { CapView } from '../http/cap-view.ts'
import type { CommandsView } from '../http/command-view.ts'
import type { CommissioningView } from '../http/commissioning-view.ts'
import type { DrillsView } from '../http/drill-view.ts'
import type {
  CommandAnswer,
  CommandRequest,
  ConfigStatus,
  DeviceView,
  GatewayView,
  Health,
  HistoryItem,
  HistoryQuery,
  News,
  PointLimit,
  PointView,
  ReloadAnswer,
} from '../http/gateway-view.ts'
import type { LedgersView } from '../http/ledger-view.ts'
import type { LineView } from '../http/line-view.ts'
import type { RegistryView } from '../http/registry-view.ts'
import type { ReportsView } from '../http/report-view.ts'
import type { StatisticsView } from '../http/statistics-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Clock } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { DeviceStatus, PointStatus } from '../pipeline/status.ts'
import type { DispatchRoom } from './dispatch-room.ts'
import { createDispatchView } from './dispatch-view.ts'
import type { ModeRoom } from './mode-room.ts'
import type { UpstreamRoom } from './upstream-room.ts'

/** How often the newest readings that are not stored go to those who look. */
const LEFT_OUT_EVERY_MS = 1000

export interface ViewParts {
  readonly pipeline: Pipeline
  readonly journal: Journal
  readonly clock: Clock
  readonly version: string
  readonly startedAt: number
  config(): GatewayConfig
  configStatus(): ConfigStatus
  health(): Health
  lines(): readonly LineView[]
  reload(): Promise<ReloadAnswer>
  metrics(): Promise<string>
  readonly commissioning: CommissioningView
  readonly modes: ModeRoom
  readonly dispatchRoom: DispatchRoom
  readonly registry: RegistryView
  readonly statistics: StatisticsView
  readonly cap: CapView
  readonly upstream: UpstreamRoom
  readonly reports: ReportsView
  readonly ledgers: LedgersView
  readonly drills: DrillsView
  readonly deviceCommands: CommandsView
}

export function createView(parts: ViewParts): GatewayView {
  const { pipeline, journal } = parts
  return {
    info: () => {
      const { gateway, station } = parts.config()
      const { id, name, level = 'station', type = null, address } = station
      return {
        gateway: gateway.id,
        station: { id, name, level, type, address },
        version: parts.version,
        startedAt: parts.startedAt,
        language: gateway.language,
      }
    },
    health: parts.health,
    configStatus: parts.configStatus,
    *points() {
      for (const status of pipeline.points()) yield pointView(status)
    },
    point(id) {
      for (const status of pipeline.points()) if (status.point.id === id) return pointView(status)
      return undefined
    },
    *devices() {
      for (const status of pipeline.devices()) yield deviceView(status)
    },
    lines: parts.lines,
    *alarms() {
      yield* pipeline.alarms()
      yield* parts.upstream.alarms()
    },
    alarm: (id) => pipeline.alarm(id) ?? parts.upstream.alarm(id),
    lastSeq: () => journal.stats().lastEventSeq,
    command: (request) =>
      parts.upstream.alarm(request.alarmId) === undefined ? command(parts, request) : parts.upstream.command(request),
    history: (query) => history(parts, query),
    async alarmEvents(after, limit) {
      const events = await journal.events(after, limit)
      const { firstEventSeq, lastEventSeq } = journal.stats()
      return { events, firstSeq: firstEventSeq, lastSeq: lastEventSeq }
    },
    deadLetters: (limit) => journal.deadLetters({ limit }),
    subscribe: (listener) => subscribe(parts, listener),
    reload: parts.reload,
    metrics: parts.metrics,
    commissioning: parts.commissioning,
    modes: parts.modes,
    dispatch: createDispatchView({ room: parts.dispatchRoom, journal }),
    registry: parts.registry,
    statistics: parts.statistics,
    cap: parts.cap,
    children: parts.upstream.view,
    reports: parts.reports,
    ledgers: parts.ledgers,
    drills: parts.drills,
    deviceCommands: parts.deviceCommands,
  }
}

async function command({ pipeline, journal, clock }: ViewParts, request: CommandRequest): Promise<CommandAnswer> {
  const result = pipeline.command({ ...request, at: clock.now() })
  if (!result.ok) return { ok: false, refusal: result.refusal, message: result.message }
  // A disk that refuses must not undo what a person did: the event is queued and shown, the health says the rest.
  await journal.commit(result.outcome).catch(() => {})
  return { ok: true, alarm: result.alarm }
}

/** The newest reading closes the trend, although it is not stored: whoever looks sees that the value still holds. */
async function history({ pipeline, journal }: ViewParts, query: HistoryQuery): Promise<readonly HistoryItem[]> {
  const items = await journal.history(query)
  const reading = pipeline.leftOut().find(({ point }) => point === query.point)
  const { from, to, maxPoints } = query
  const isInside = reading !== undefined && reading.time >= from && reading.time <= to
  if (!isInside || items.length >= maxPoints) return items
  const { time, value, quality, reason } = reading
  const extreme = typeof value === 'number' ? value : null
  return [...items, { time, value, min: extreme, max: extreme, quality, ...(reason !== undefined && { reason }) }]
}

/** What is left out of the journal is told too, or a value that does not change would look old. */
function subscribe(
  { pipeline, journal, clock, modes, upstream, dispatchRoom }: ViewParts,
  listener: (news: News) => void,
): () => void {
  let since = clock.now().wall
  const endCommitted = journal.onCommitted(listener)
  const endDispatch = dispatchRoom.onDecided((dispatch) => listener({ events: [], readings: [], dispatch }))
  const endModes = modes.onChanged((on) => listener({ events: [], readings: [], modes: on }))
  const endOrders = upstream.onOrder((alarm) => listener({ events: [], readings: [], ordered: alarm }))
  const endLeftOut = clock.every(LEFT_OUT_EVERY_MS, () => {
    const readings = pipeline.leftOut().filter(({ receivedAt }) => receivedAt >= since)
    since = clock.now().wall
    if (readings.length > 0) listener({ events: [], readings })
  })
  return () => {
    endCommitted()
    endModes()
    endOrders()
    endDispatch()
    endLeftOut()
  }
}

function pointView({ device, point, reading, rules }: PointStatus): PointView {
  const { profile, store } = point
  return {
    id: point.id,
    name: profile.name,
    device: device.id,
    deviceName: device.name,
    station: device.station,
    place: device.place,
    ...(device.placeId !== undefined && { placeId: device.placeId }),
    kind: device.kind,
    type: profile.type,
    unit: profile.unit,
    decimals: profile.decimals ?? null,
    states: profile.states ?? null,
    limits: limitsOf(rules),
    intervalMs: device.intervalMs,
    storeIntervalMs: Math.max(device.intervalMs, store?.maxIntervalMs ?? 0),
    reading,
  }
}

/** As they are now; a level that its schedule has switched off has none. */
function limitsOf(rules: PointStatus['rules']): readonly PointLimit[] {
  return rules.flatMap(({ rule, levels }) =>
    levels
      .filter(({ setpoint }) => Number.isFinite(setpoint))
      .map(({ level, side, setpoint, priority }) => ({ rule: rule.id, level, side, setpoint, priority })),
  )
}

function deviceView({ device, lastHeardAt, state, detail, clockOffsetMs }: DeviceStatus): DeviceView {
  const { profile } = device
  return {
    id: device.id,
    name: device.name,
    station: device.station,
    place: device.place,
    ...(device.placeId !== undefined && { placeId: device.placeId }),
    kind: device.kind,
    profile: profile.id,
    vendor: profile.vendor,
    model: profile.model,
    protocol: profile.protocol,
    intervalMs: device.intervalMs,
    state,
    lastHeardAt,
    detail,
    clockOffsetMs,
    points: device.points.map((point) => point.id),
    ...(device.members !== undefined && { members: device.members }),
  }
}
