import type { AlarmEvent } from '../../gateway/alarm-model.ts'

/** One believable event; `seq` makes it unique, `change` overrides the rest. */
export function alarmEvent(seq: number, change: Partial<AlarmEvent> = {}): AlarmEvent {
  const time = Date.UTC(2026, 8, 1, 8) + seq * 1000
  return {
    seq,
    id: `gateway-1:${seq}`,
    gateway: 'gateway-1',
    time,
    type: 'raised',
    previousState: 'normal',
    by: null,
    comment: null,
    alarm: {
      id: 'culvert-level.level',
      station: 'shi-jing',
      device: 'culvert-level',
      deviceName: '涵洞水位计',
      place: '石井社区 下穿涵洞',
      kind: 'water-level',
      rule: 'level',
      name: { zh: '水位过高', en: 'Water level high' },
      class: 'alarm',
      priority: 'high',
      level: 'orange',
      facts: { active: true, acked: false, latched: false, suppression: null },
      state: 'unacknowledged',
      ...{
        shelving: null,
        outOfService: null,
        inhibitedBy: null,
        mode: null,
        mark: null,
        firstOut: [],
        offBySchedule: false,
      },
      occurrence: 1,
      raisedAt: time,
      returnedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      comment: null,
      cause: { point: 'culvert-level.level', value: 0.32, unit: 'm', quality: 'good', time, setpoint: 0.27 },
      reason: { zh: '水位 0.32 m，高于 0.27 m', en: 'level 0.32 m, above 0.27 m' },
      guidance: { zh: '封闭道路', en: 'Close the road' },
    },
    ...change,
  }
}
