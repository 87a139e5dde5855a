/** What the gateway knows of its own health: as samples for the line, and as checks for `/api/health`. */
import { statfsSync } from 'node:fs'
import type { FileStats } from '../../broker/store/store-writer.ts'
import { sinkDeviceId } from '../config/config.ts'
import type { DeviceCommand } from '../device-command.ts'
import type { Health, HealthCheck } from '../http/gateway-view.ts'
import type { JournalStats } from '../journal/journal-types.ts'
import type { Clock, Instant } from '../model.ts'
import type { LineStatus } from '../sources/modbus/status.ts'
import type { SelfMeasurement } from '../sources/self.ts'
import type { DeliveryPart } from './delivery-part.ts'
import { type DetectionTime, overdueMs, slowestText } from './detection-times.ts'
import { dispatchChecks, measureDispatch } from './dispatch-health.ts'
import type { DispatchRoom } from './dispatch-room.ts'
import { detectionValues, LineMeter } from './line-meter.ts'

/** A step of the clock is shown for so long, so that it is seen; it is over at once. */
const SHOW_STEP_MS = 120_000
/** Wall and monotonic clock drift apart a little all the time; a step is more than that. */
const LEAST_STEP_MS = 500

export interface HealthParts {
  readonly gatewayId: string
  readonly dataDirectory: string
  readonly clock: Clock
  journal(): JournalStats
  deliveries(): readonly DeliveryPart[]
  dispatch(): Pick<DispatchRoom, 'channels' | 'figures' | 'failed'>
  /** Messages that could not be understood or belong to nobody, since the start. */
  badInput(): number
  configProblems(): readonly string[]
  /** What the embedded broker keeps its sessions in; null where there is none. */
  brokerFile(): FileStats | null
  /** Why rules are not evaluated; null: they are. */
  ruleFailure(): string | null
  /** What is wrong with lines and outside brokers, by their id. */
  linkTroubles(): ReadonlyMap<string, string | null>
  lines(): readonly LineStatus[]
  detections(): readonly DetectionTime[]
  /** Of gateways below. */
  children(): { measure(): Iterable<SelfMeasurement>; checks(): readonly HealthCheck[] }
  /** Commands whose promised end cannot be brought about. */
  failingReverts(): readonly DeviceCommand[]
}

export class HealthMeter {
  readonly #parts: HealthParts
  readonly #lineMeter = new LineMeter()
  #last: { readonly at: Instant; readonly dropped: number; readonly badInput: number }
  /** Percent of the disk, or why the data directory could not be looked at; null before the first look. */
  #free: number | string | null = null
  #step: { readonly seconds: number; readonly until: number } = { seconds: 0, until: -Infinity }

  constructor(parts: HealthParts) {
    this.#parts = parts
    this.#last = { at: parts.clock.now(), dropped: 0, badInput: 0 }
  }

  /** Rates are per minute since the last measurement. */
  *measure(): Iterable<SelfMeasurement> {
    const { gatewayId, clock } = this.#parts
    const at = clock.now()
    const stats = this.#parts.journal()
    const file = this.#parts.brokerFile()
    const next = { at, dropped: stats.dropped, badInput: this.#parts.badInput() }
    const minutes = Math.max(at.mono - this.#last.at.mono, 1) / 60_000
    this.#free = diskFreePercent(this.#parts.dataDirectory)
    this.#watchClock(at)
    const detections = this.#parts.detections()
    yield {
      deviceId: gatewayId,
      values: {
        'journal-failed': this.#whyUnwritten(stats) === null ? 0 : 1,
        'journal-set-aside': stats.setAside.length,
        'broker-store-failed': file === null || file.failed === null ? 0 : 1,
        'broker-store-set-aside': file?.setAside.length ?? 0,
        'readings-dropped-per-minute': (next.dropped - this.#last.dropped) / minutes,
        // What is not known is missing, never 0.
        ...(typeof this.#free === 'number' ? { 'disk-free-percent': this.#free } : {}),
        'clock-step-seconds': at.mono < this.#step.until ? this.#step.seconds : 0,
        'config-rejected': this.#parts.configProblems().length > 0 ? 1 : 0,
        // A part that was restarted counts from 0 again.
        'bad-input': Math.max(0, next.badInput - this.#last.badInput) / minutes,
        // Before what it explains, so that an alarm is raised with the newest text.
        'failing-revert': revertText(this.#parts.failingReverts()),
        'reverts-failing': this.#parts.failingReverts().length,
        ...detectionValues(detections.filter(({ line }) => line === null)),
      },
    }
    this.#last = next
    yield* this.#measureSinks()
    yield* this.#parts.children().measure()
    yield* measureDispatch(this.#parts.dispatch())
    yield* this.#lineMeter.measure(this.#parts.lines(), { mono: at.mono, detections })
  }

  health(): Health {
    const stats = this.#parts.journal()
    const problems = this.#parts.configProblems()
    const unwritten = this.#whyUnwritten(stats)
    const unheard = this.#whyUnheard(unwritten)
    const checks: HealthCheck[] = [
      { name: 'alarms', ok: unheard === null, detail: unheard ?? 'reach people' },
      { name: 'journal', ok: unwritten === null, detail: unwritten ?? 'writes to disk' },
      { name: 'journal files', ok: stats.setAside.length === 0, detail: setAsideText(stats) },
      ...brokerChecks(this.#parts.brokerFile()),
      { name: 'history', ok: stats.historyFailed === null, detail: stats.historyFailed ?? 'keeps up' },
      {
        name: 'configuration',
        ok: problems.length === 0,
        detail: problems.length === 0 ? 'the last one was accepted' : `rejected: ${problems.length} problems`,
      },
      detectionCheck(this.#parts.detections()),
      revertCheck(this.#parts.failingReverts()),
      ...this.#parts.deliveries().map((delivery) => deliveryCheck(delivery)),
      ...this.#parts.children().checks(),
      ...dispatchChecks(this.#parts.dispatch()),
      ...[...this.#parts.linkTroubles()].map(([id, trouble]) => ({
        name: `link ${id}`,
        ok: trouble === null,
        detail: trouble ?? 'connected',
      })),
    ]
    if (unheard !== null) return { status: 'failing', checks }
    return { status: checks.every((check) => check.ok) ? 'ok' : 'degraded', checks }
  }

  /**
   * Why what is recorded now is not kept; null: it is. SQLite notices nothing when the directory is moved or unmounted below
   * its open files, but the next start finds none of what it writes then.
   */
  #whyUnwritten({ failed }: JournalStats): string | null {
    return failed ?? (typeof this.#free === 'string' ? this.#free : null)
  }

  /** Why alarms do not reach people; null: they do. What only waits on disk for its receiver is no such case. */
  #whyUnheard(unwritten: string | null): string | null {
    const ruleFailure = this.#parts.ruleFailure()
    if (ruleFailure !== null) return `rules are not evaluated: ${ruleFailure}`
    const receivers = this.#parts.deliveries().filter(({ journal }) => journal === 'alarm-events')
    const someoneHears = receivers.length === 0 || receivers.some((delivery) => deliveryCheck(delivery).ok)
    if (unwritten === null || someoneHears) return null
    return 'neither the disk nor any receiver of alarm events takes them: they are in memory and in the console only'
  }

  #watchClock(at: Instant): void {
    const stepMs = at.wall - this.#last.at.wall - (at.mono - this.#last.at.mono)
    if (Math.abs(stepMs) > LEAST_STEP_MS) this.#step = { seconds: stepMs / 1000, until: at.mono + SHOW_STEP_MS }
  }

  *#measureSinks(): Iterable<SelfMeasurement> {
    const bySink = Map.groupBy(this.#parts.deliveries(), (delivery) => delivery.sinkId)
    for (const [sinkId, deliveries] of bySink) {
      const states = deliveries.map((delivery) => delivery.status())
      const failing = states.filter((status) => status.failure === 'unreachable' || status.failure === 'busy')
      yield {
        deviceId: sinkDeviceId(sinkId),
        values: {
          refused: states.some((status) => status.state === 'refused') ? 1 : 0,
          'unreachable-seconds': Math.max(0, ...failing.map(({ failingMs }) => failingMs / 1000)),
          'oldest-waiting-seconds': Math.max(0, ...states.map(({ waitingMs }) => waitingMs / 1000)),
          'dead-letters': states.reduce((sum, status) => sum + status.deadLettered, 0),
        },
      }
    }
  }
}

function detectionCheck(times: readonly DetectionTime[]): HealthCheck {
  const ok = times.every((time) => overdueMs(time) === 0)
  return { name: 'detection', ok, detail: ok ? 'as fast as it must be' : `too slow: ${slowestText(times)}` }
}

function deliveryCheck(delivery: DeliveryPart): HealthCheck {
  const { id, state, failure, message } = delivery.status()
  const ok = state === 'idle' || state === 'delivering'
  return { name: `sink ${id}`, ok, detail: ok ? 'delivers' : `${failure}: ${message}` }
}

/** The reason when the directory cannot be looked at, e.g. because its disk was pulled out. */
function diskFreePercent(directory: string): number | string {
  try {
    const { bavail, blocks } = statfsSync(directory)
    return blocks === 0 ? 100 : (bavail / blocks) * 100
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `the data directory cannot be looked at: ${reason}`
  }
}

function setAsideText({ setAside }: JournalStats): string {
  if (setAside.length === 0) return 'none was found damaged since the start'
  return setAside.map(({ file, movedTo, reason }) => `${file} was damaged (${reason}); it is now ${movedTo}`).join(', ')
}

function brokerChecks(file: FileStats | null): readonly HealthCheck[] {
  if (file === null) return []
  const { failed, setAside } = file
  const damaged = setAside.map(({ movedTo, reason }) => `a file was damaged (${reason}); it is now ${movedTo}`)
  const problems = [...(failed === null ? [] : [failed]), ...damaged]
  return [{ name: 'broker store', ok: problems.length === 0, detail: problems.join('; ') || 'writes to disk' }]
}

function revertText(failing: readonly DeviceCommand[]): string {
  const [first] = failing
  if (first === undefined) return '-'
  const { deviceName, name, revert } = first
  return `${deviceName} ${name} → ${revert?.value}`
}

function revertCheck(failing: readonly DeviceCommand[]): HealthCheck {
  const [first] = failing
  const ok = first === undefined
  const detail = ok ? 'are reverted when they expire' : `${revertText(failing)}: ${first.revert?.reason?.text.en}`
  return { name: 'commands', ok, detail }
}
