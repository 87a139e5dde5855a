/** The gateway as HTTP sees it: the pipeline's views in the words of the API, commands and history through the journal. */
import type { Device, Point } from '../../device-profiles/device.ts'
import type { GatewayConfig } from '../config/config.ts'
import type { CommissioningView } from '../http/commissioning-view.ts'
import type {
  CommandAnswer,
  CommandRequest,
  ConfigStatus,
  DeviceView,
  GatewayView,
  Health,
  News,
  PointLimit,
  PointView,
  ReloadAnswer,
} from '../http/gateway-view.ts'
import type { Journal } from '../journal/journal-types.ts'
import type { Clock } from '../model.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { DeviceStatus, PointStatus } from '../pipeline/status.ts'

export interface ViewParts {
  readonly pipeline: Pipeline
  readonly journal: Journal
  readonly clock: Clock
  readonly version: string
  readonly startedAt: number
  config(): GatewayConfig
  configStatus(): ConfigStatus
  health(): Health
  reload(): Promise<ReloadAnswer>
  metrics(): Promise<string>
  readonly commissioning: CommissioningView
}

export function createView(parts: ViewParts): GatewayView {
  const { pipeline, journal } = parts
  return {
    info: () => {
      const { gateway, station } = parts.config()
      return {
        gateway: gateway.id,
        station,
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
    alarms: () => pipeline.alarms(),
    alarm: (id) => pipeline.alarm(id),
    lastSeq: () => journal.stats().lastEventSeq,
    command: (request) => command(parts, request),
    history: (query) => journal.history(query),
    async alarmEvents(after, limit) {
      const events = await journal.events(after, limit)
      return { events, lastSeq: journal.stats().lastEventSeq }
    },
    deadLetters: (limit) => journal.deadLetters({ limit }),
    subscribe: (listener: (news: News) => void) => journal.onCommitted(listener),
    reload: parts.reload,
    metrics: parts.metrics,
    commissioning: parts.commissioning,
  }
}

async function command({ pipeline, journal, clock }: ViewParts, request: CommandRequest): Promise<CommandAnswer> {
  const result = pipeline.command({ ...request, at: clock.now() })
  if (!result.ok) return { ok: false, refusal: result.refusal, message: result.message }
  // A disk that refuses must not undo what a person did: the event is queued and shown, the health says the rest.
  await journal.commit(result.outcome).catch(() => {})
  return { ok: true, alarm: result.alarm }
}

function pointView({ device, point, reading }: PointStatus): PointView {
  const { profile } = point
  return {
    id: point.id,
    name: profile.name,
    device: device.id,
    deviceName: device.name,
    station: device.station,
    place: device.place,
    kind: device.kind,
    type: profile.type,
    unit: profile.unit,
    decimals: profile.decimals ?? null,
    states: profile.states ?? null,
    limits: limitsOf(device, point),
    intervalMs: device.intervalMs,
    reading,
  }
}

function limitsOf(device: Device, point: Point): readonly PointLimit[] {
  return device.rules.flatMap((rule) =>
    rule.type === 'limit' && rule.point.id === point.id
      ? rule.levels.map(({ level, side, setpoint, priority }) => ({ rule: rule.id, level, side, setpoint, priority }))
      : [],
  )
}

function deviceView({ device, lastHeardAt, state, detail }: DeviceStatus): DeviceView {
  const { profile } = device
  return {
    id: device.id,
    name: device.name,
    station: device.station,
    place: device.place,
    kind: device.kind,
    profile: profile.id,
    vendor: profile.vendor,
    model: profile.model,
    protocol: profile.protocol,
    intervalMs: device.intervalMs,
    state,
    lastHeardAt,
    detail,
    points: device.points.map((point) => point.id),
  }
}
