/** How busy the lines are, and how long they need to read every unit once: as values of the devices `line-<id>`. */
import { lineDeviceId } from '../config/config.ts'
import type { LineStatus } from '../sources/modbus/status.ts'
import type { SelfMeasurement } from '../sources/self.ts'
import { type DetectionTime, overdueMs, slowestText } from './detection-times.ts'

interface Measured {
  /** Monotonic, ms. */
  readonly at: number
  readonly busyMs: number
}

export class LineMeter {
  #last: ReadonlyMap<string, Measured> = new Map()

  /** `mono`: ms. Utilisation is that since the last call. */
  measure(
    lines: readonly LineStatus[],
    { mono, detections }: { readonly mono: number; readonly detections: readonly DetectionTime[] },
  ): readonly SelfMeasurement[] {
    const before = this.#last
    const polled = lines.filter(({ units }) => units.length > 0)
    this.#last = new Map(polled.map(({ id, busyMs }) => [id, { at: mono, busyMs }]))
    return polled.map((line) => {
      const own = detections.filter((detection) => detection.line === line.id)
      const percent = utilisationPercent(line, { before: before.get(line.id), mono })
      const cycleMs = measuredCycleMs(line)
      const values = {
        ...detectionValues(own),
        'detection-seconds': Math.max(0, ...own.map(({ measuredMs }) => measuredMs ?? 0)) / 1000,
        // What is not known is missing, never 0.
        ...(cycleMs !== null && { 'cycle-seconds': cycleMs / 1000 }),
        ...(percent !== null && { 'utilisation-percent': percent }),
      }
      return { deviceId: lineDeviceId(line.id), values }
    })
  }
}

/** In the order in which they must be known: the text explains the number. */
export function detectionValues(detections: readonly DetectionTime[]): SelfMeasurement['values'] {
  return {
    'slowest-alarm': slowestText(detections),
    'detection-overdue-seconds': Math.max(0, ...detections.map(overdueMs)) / 1000,
  }
}

/**
 * How long the line is taken by one cycle of each unit that answers; comparable with the cycle that is computed from the
 * configuration. Null while one of them has not had its first.
 */
export function measuredCycleMs({ units }: Pick<LineStatus, 'units'>): number | null {
  const answering = units.filter(({ state, failuresInRow }) => state === 'polling' && failuresInRow === 0)
  if (answering.length === 0 || answering.some(({ lineMs }) => lineMs === null)) return null
  return answering.reduce((sum, { lineMs }) => sum + (lineMs ?? 0), 0)
}

function utilisationPercent(
  { busyMs, connections }: LineStatus,
  { before, mono }: { readonly before: Measured | undefined; readonly mono: number },
): number | null {
  // A line that was restarted counts from 0 again.
  if (before === undefined || mono <= before.at || busyMs < before.busyMs) return null
  return Math.min(100, (100 * (busyMs - before.busyMs)) / ((mono - before.at) * connections))
}
