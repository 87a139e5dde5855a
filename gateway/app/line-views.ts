/** What runs beside what was computed, line by line. */
import type { GatewayConfig } from '../config/config.ts'
import { type GatewayTiming, type LineTiming, predictTiming } from '../config/timing.ts'
import type { DetectionView, LineUnitView, LineView } from '../http/line-view.ts'
import type { LineStatus } from '../sources/modbus/status.ts'
import type { DetectionTime } from './detection-times.ts'
import { measuredCycleMs } from './line-meter.ts'

export class LineViews {
  readonly #predictions = new WeakMap<GatewayConfig, GatewayTiming>()

  of(
    config: GatewayConfig,
    running: { readonly lines: readonly LineStatus[]; readonly detections: readonly DetectionTime[] },
  ): readonly LineView[] {
    return this.#timing(config).lines.flatMap((timing) => {
      const status = running.lines.find(({ id }) => id === timing.id)
      const detections = running.detections.filter(({ line }) => line === timing.id)
      return status === undefined ? [] : [viewOf(timing, { status, detections })]
    })
  }

  /** Computed when somebody looks, and once. */
  #timing(config: GatewayConfig): GatewayTiming {
    const timing = this.#predictions.get(config) ?? predictTiming(config)
    this.#predictions.set(config, timing)
    return timing
  }
}

function viewOf(
  timing: LineTiming,
  { status, detections }: { readonly status: LineStatus; readonly detections: readonly DetectionTime[] },
): LineView {
  const { id, type, endpoint } = timing
  const { connected, error, requests, answers, timeouts, exceptions, skippedCycles, busyMs } = status
  return {
    ...{ id, type, endpoint, connected, error, requests, answers, timeouts, exceptions, skippedCycles, busyMs },
    droppedReplies: status.lateReplies + status.refusedReplies,
    cycle: { measuredMs: measuredCycleMs(status), predictedMs: timing.cycleMs },
    units: timing.units.flatMap((unit) => unitView(unit, status)),
    detections: timing.detections.map((detection) => detectionView(detection, detections)),
  }
}

function unitView(
  { deviceId, answerWithinMs, cycleMs: predictedLineMs }: LineTiming['units'][number],
  { units }: LineStatus,
): readonly LineUnitView[] {
  const found = units.find((unit) => unit.deviceId === deviceId)
  if (found === undefined) return []
  const { unitId, state, error, lastReplyMs, cycleMs, lineMs, skippedCycles, busyReplies, badReads } = found
  return [
    {
      ...{ device: deviceId, unitId, state, error, lastReplyMs, cycleMs, answerWithinMs, lineMs, predictedLineMs },
      ...{ skippedCycles, busyReplies, badReads },
    },
  ]
}

function detectionView(
  { deviceId, ruleId, pointId, healthyMs, oneDeadMs, maxMs }: LineTiming['detections'][number],
  measured: readonly DetectionTime[],
): DetectionView {
  const alarm = `${deviceId}.${ruleId}`
  return {
    ...{ alarm, point: pointId, predictedMs: healthyMs, predictedMsOneDead: oneDeadMs, allowedMs: maxMs },
    measuredMs: measured.find((detection) => detection.alarm === alarm)?.measuredMs ?? null,
  }
}
