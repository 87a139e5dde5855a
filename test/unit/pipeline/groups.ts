/** Detectors in one zone, and the group that votes over them. */
import type { Device } from '../../../device-profiles/device.ts'
import { resolveGroup } from '../../../device-profiles/group.ts'
import type { VoteProfile } from '../../../device-profiles/group-schema.ts'
import { badQualityRule, deviceOf, discreteRule, levelOf, limitRule, noDataRule, pointOf, text } from './devices.ts'

export const HIGH = levelOf('high', { setpoint: 0.15, deadband: 0.05, priority: 'high' })
export const HIGH_HIGH = levelOf('high-high', { setpoint: 0.3, deadband: 0.05, priority: 'urgent' })

/** Speaks every 10 s, so its last word stands for 30 s. */
export function detector(id: string, changes: { readonly onDelayMs?: number; readonly name?: string } = {}): Device {
  const smoke = pointOf(id, {
    ...{ id: 'smoke', name: { zh: '烟雾浓度', en: 'Smoke' }, unit: 'dB/m', decimals: 2 },
    ...{ range: [0, 5], json: { pointer: '/smoke' } },
  })
  const button = pointOf(id, { id: 'button', name: text('Button'), json: { pointer: '/button' } })
  const { onDelayMs = 0, name = id } = changes
  const levels = [{ ...HIGH, onDelayMs }, HIGH_HIGH]
  return deviceOf(id, {
    ...{ name, points: [smoke, button], protocol: 'mqtt', intervalMs: 10_000 },
    rules: [
      limitRule(smoke, levels, { id: 'smoke', name: text('Smoke') }),
      discreteRule(button, { id: 'button', name: text('Button pressed') }),
      noDataRule({ id: 'silent', afterMs: 600_000 }),
      badQualityRule({ id: 'sensor-fault', onDelayMs: 600_000 }),
    ],
    mqtt: { topic: 't', interval: '10s', payload: { format: 'json' } },
  })
}

export const DETECTORS = [detector('a'), detector('b'), detector('c')]

/** The detectors, then their group. */
export function zone(vote: Partial<VoteProfile> = {}, members: readonly Device[] = DETECTORS): readonly Device[] {
  return [...members, groupOf([{ need: 2, of: 'smoke', ...vote }], members)]
}

export function groupOf(votes: readonly Partial<VoteProfile>[], members: readonly Device[] = DETECTORS): Device {
  const problems: string[] = []
  const group = resolveGroup(
    {
      ...{ id: 'zone', name: { zh: '三层', en: 'Third floor' }, place: 'third floor' },
      ...{ members: members.map(({ id }) => id), memberName: { zh: '探测器', en: 'detectors' } },
      rules: votes.map((vote) => ({
        ...{ type: 'vote', id: 'fire', name: { zh: '火警确认', en: 'Confirmed fire' }, priority: 'urgent' },
        ...{ of: 'smoke', need: 2 },
        ...vote,
      })),
    },
    {
      ...{ station: 'longtian', language: 'en', devices: new Map(members.map((device) => [device.id, device])) },
      report: (path, message) => problems.push(`${path.join('.')}: ${message}`),
    },
  )
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return group
}
