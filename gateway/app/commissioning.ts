/**
 * Probes and scans of a running gateway. They go through the queue of the running line, one at a time per line, so that
 * the polls beside them keep their pace. Nothing of them enters the pipeline.
 */
import { probe } from '../commission/probe.ts'
import { type ScanOptions, type ScanProgress, type ScanResult, scan, unitIdLimits } from '../commission/scan.ts'
import type { GatewayConfig, LineConfig } from '../config/config.ts'
import { lineLoad } from '../config/line-load.ts'
import type {
  CommissioningAnswer,
  CommissioningRefusal,
  CommissioningView,
  ProbeView,
  ScanRequest,
  ScanView,
} from '../http/commissioning-view.ts'
import type { Clock } from '../model.ts'
import type { LinePart } from './sources.ts'

export interface CommissioningParts {
  readonly clock: Clock
  config(): GatewayConfig
  line(id: string): Pick<LinePart, 'request'> | undefined
}

/** A scan leaves the line to the polls three times as long as it takes it. */
const REST_FACTOR = 3

interface ScanJob {
  readonly request: ScanRequest
  readonly startedAt: number
  readonly cancel: AbortController
  progress: ScanProgress
  result: ScanResult | null
  endedAt: number | null
}

export class Commissioning implements CommissioningView {
  readonly #parts: CommissioningParts
  /** The newest scan of each line. */
  readonly #scans = new Map<string, ScanJob>()
  /** Lines on which a probe runs. */
  readonly #probing = new Set<string>()

  constructor(parts: CommissioningParts) {
    this.#parts = parts
  }

  async probe(deviceId: string): Promise<CommissioningAnswer<ProbeView>> {
    const { clock } = this.#parts
    const { lines, devices } = this.#parts.config()
    const config = lines.find(({ units }) => units.some(({ device }) => device.id === deviceId))
    const unit = config?.units.find(({ device }) => device.id === deviceId)
    if (config === undefined || unit === undefined) {
      return devices.some(({ id }) => id === deviceId)
        ? refuse('not-on-a-modbus-line', `the device "${deviceId}" is not on a Modbus line, so it cannot be probed`)
        : refuse('unknown-device', `there is no device "${deviceId}"; GET /api/devices lists them`)
    }
    const line = this.#parts.line(config.id)
    if (line === undefined) return refuse('line-busy', `the line "${config.id}" is just being started; try again`)
    if (this.#probing.has(config.id)) {
      return refuse('line-busy', `a device of the line "${config.id}" is being probed; wait for its answer`)
    }
    this.#probing.add(config.id)
    try {
      return { ok: true, value: await probe({ ...unit, line, clock }) }
    } finally {
      this.#probing.delete(config.id)
    }
  }

  startScan(request: ScanRequest): CommissioningAnswer<ScanView> {
    const config = this.#line(request.line)
    const line = this.#parts.line(request.line)
    if (config === undefined) return this.#unknownLine(request.line)
    if (line === undefined) return refuse('line-busy', `the line "${config.id}" is just being started; try again`)
    const { first, last } = unitIdLimits(config.type)
    if (request.from < first || request.to > last || request.from > request.to) {
      const got = `got ${request.from} to ${request.to}`
      return refuse(
        'unit-id-out-of-range',
        `expected unit ids from ${first} to ${last} on a ${config.type} line, ${got}`,
      )
    }
    if (this.#scans.get(config.id)?.result === null) {
      return refuse('line-busy', `the line "${config.id}" is being scanned; wait, or cancel with DELETE`)
    }
    this.#forgetGoneLines()
    const job = this.#begin(request, { line, polled: questionsOf(config) })
    return { ok: true, value: scanView(job, config) }
  }

  scan(lineId: string): CommissioningAnswer<ScanView> {
    const config = this.#line(lineId)
    if (config === undefined) return this.#unknownLine(lineId)
    const job = this.#scans.get(lineId)
    if (job === undefined) return refuse('no-scan', `the line "${lineId}" was not scanned; start with POST`)
    return { ok: true, value: scanView(job, config) }
  }

  cancelScan(lineId: string): CommissioningAnswer<ScanView> {
    this.#scans.get(lineId)?.cancel.abort()
    return this.scan(lineId)
  }

  /** Idempotent. */
  stop(): void {
    for (const { cancel } of this.#scans.values()) cancel.abort()
  }

  #begin(request: ScanRequest, on: Pick<ScanOptions, 'line' | 'polled'>): ScanJob {
    const { clock } = this.#parts
    const { from, to, timeoutMs } = request
    const job: ScanJob = {
      ...{ request, startedAt: clock.now().wall, cancel: new AbortController(), result: null, endedAt: null },
      progress: { done: 0, total: to - from + 1, findings: [], unreachable: 0 },
    }
    this.#scans.set(request.line, job)
    const onProgress = (progress: ScanProgress): void => {
      job.progress = progress
    }
    // The line's own silence after each of 200 unit ids that are not there would cost the polls more than a late reply does.
    const pace = { timeoutMs, quietMs: timeoutMs, restFactor: REST_FACTOR }
    void scan({ ...on, from, to, ...pace, clock, signal: job.cancel.signal, onProgress }).then((result) => {
      job.progress = result
      job.result = result
      job.endedAt = clock.now().wall
    })
    return job
  }

  #line(id: string): LineConfig | undefined {
    return this.#parts.config().lines.find((line) => line.id === id)
  }

  #unknownLine(id: string): CommissioningAnswer<never> {
    const ids = this.#parts.config().lines.map((line) => line.id)
    const has = ids.length === 0 ? 'the configuration has none' : `the configuration has ${ids.join(', ')}`
    return refuse('unknown-line', `there is no line "${id}"; ${has}`)
  }

  #forgetGoneLines(): void {
    for (const [id, { cancel }] of this.#scans) {
      if (this.#line(id) !== undefined) continue
      cancel.abort()
      this.#scans.delete(id)
    }
  }
}

/** What each polled unit is asked for anyway: nothing else of it is known to be harmless. */
function questionsOf(config: LineConfig): NonNullable<ScanOptions['polled']> {
  return new Map(lineLoad(config).units.flatMap(({ unitId, reads }) => reads.slice(0, 1).map((read) => [unitId, read])))
}

function scanView({ request, startedAt, endedAt, progress, result, cancel }: ScanJob, { units }: LineConfig): ScanView {
  const { done, total, unreachable } = progress
  const deviceOf = (unitId: number) => units.find((unit) => unit.unitId === unitId)?.device.id ?? null
  return {
    ...request,
    // A cancelled scan has ended for whoever asks, although its last request may still be under way.
    state: result?.ended ?? (cancel.signal.aborted ? 'cancelled' : 'running'),
    ...{ startedAt, endedAt, done, total, unreachable },
    findings: progress.findings.map((finding) => ({ ...finding, device: deviceOf(finding.unitId) })),
    error: result?.error ?? null,
  }
}

function refuse(refusal: CommissioningRefusal, message: string): CommissioningAnswer<never> {
  return { ok: false, refusal, message }
}
