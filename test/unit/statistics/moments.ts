/** Hand-made events of alarms for the figures: minutes since a Thursday morning, and only what matters said. */
import type { LedgerMoment } from '../../../gateway/statistics/ledger-moment.ts'

export const MORNING = Date.UTC(2026, 9, 1)
export const MINUTE = 60_000

let seq = 0

/** Unless something else is said, an unacknowledged alarm of priority medium at the gate. */
export function said(
  alarm: string,
  minute: number,
  { type = 'raised', ...changes }: Partial<LedgerMoment> = {},
): LedgerMoment {
  const time = MORNING + minute * MINUTE
  const [device = '', rule = ''] = alarm.split('.')
  return {
    ...{ seq: ++seq, time, alarm, type, previousState: 'normal', station: 's1', priority: 'medium', class: 'alarm' },
    ...{ state: 'unacknowledged', mark: null, raisedAt: time, by: null, comment: null, device, deviceName: device },
    ...{ place: 'gate', kind: 'smoke', rule, name: { zh: rule, en: rule }, level: null, value: null, unit: '' },
    ...{ verdict: null, known: null, reportPlace: null, occurrence: 1 },
    ...changes,
  }
}

/** Raised, acknowledged and returned at these minutes; null: never. */
export function story(
  alarm: string,
  [raised, acknowledged, returned]: readonly [number, number | null, number | null],
  changes: Partial<LedgerMoment> = {},
): LedgerMoment[] {
  const raisedAt = MORNING + raised * MINUTE
  const later = { ...changes, raisedAt }
  const moments = [said(alarm, raised, changes)]
  if (acknowledged !== null) {
    const state = returned !== null && returned <= acknowledged ? 'normal' : 'acknowledged'
    moments.push(said(alarm, acknowledged, { ...later, type: 'acknowledged', state, by: '张伟' }))
  }
  if (returned !== null) {
    const isSeen = acknowledged !== null && acknowledged < returned
    moments.push(
      said(alarm, returned, { ...later, type: 'returned', state: isSeen ? 'normal' : 'returned-unacknowledged' }),
    )
  }
  return moments.sort((a, b) => a.time - b.time)
}
