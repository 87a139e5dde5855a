/** Commissioning as HTTP sees it: what engineers ask of a running gateway's Modbus lines. */
import type { PointValue, Quality, QualityReason, RegisterTable } from '../model.ts'

export interface ProbedPointView {
  /** Id within its device. */
  readonly id: string
  readonly unit: string
  /** Null for a point that is derived from another. */
  readonly registers: { readonly table: RegisterTable; readonly address: number; readonly count: number } | null
  /** 16-bit words, or 0/1 of a coil or discrete input; null where none came. */
  readonly words: readonly number[] | null
  readonly value: PointValue | null
  readonly quality: Quality
  /** Null exactly when the quality is good. */
  readonly reason: QualityReason | null
  readonly detail: string | null
  /** Code of the Modbus exception that came instead of a value. */
  readonly exception: number | null
  readonly replyMs: number | null
}

export interface ProbeView {
  readonly device: string
  readonly profile: string
  readonly unitId: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly requests: number
  readonly answered: boolean
  readonly points: readonly ProbedPointView[]
}

export interface ScanRequest {
  readonly line: string
  readonly from: number
  readonly to: number
  readonly timeoutMs: number
}

export interface ScanView extends ScanRequest {
  readonly state: 'running' | 'complete' | 'cancelled' | 'line-lost'
  readonly startedAt: number
  readonly endedAt: number | null
  readonly done: number
  readonly total: number
  readonly findings: readonly {
    readonly type: 'unit' | 'garbled'
    readonly unitId: number
    readonly detail: string
    readonly replyMs: number | null
    /** The device that the configuration has under this unit id. */
    readonly device: string | null
  }[]
  /** Unit ids for which a gateway in between answered that it reaches nothing. */
  readonly unreachable: number
  /** Why the line was lost. */
  readonly error: string | null
}

export type CommissioningRefusal =
  | 'unknown-device'
  | 'not-on-a-modbus-line'
  | 'unknown-line'
  | 'unit-id-out-of-range'
  /** One at a time per line. */
  | 'line-busy'
  | 'no-scan'

export type CommissioningAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: CommissioningRefusal; readonly message: string }

export interface CommissioningView {
  probe(deviceId: string): Promise<CommissioningAnswer<ProbeView>>
  startScan(request: ScanRequest): CommissioningAnswer<ScanView>
  /** The newest scan of the line, running or ended. */
  scan(lineId: string): CommissioningAnswer<ScanView>
  /** Idempotent. */
  cancelScan(lineId: string): CommissioningAnswer<ScanView>
}
