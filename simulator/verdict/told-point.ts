/** What a gateway knows of the points of a scenario: their names and the setpoints of their rules. */
import type { Scenario } from '../scenario.ts'
import type { GatewayClient } from './gateway-client.ts'
import { listOf, record } from './told-event.ts'

export interface ToldPoint {
  /** `deviceId.pointId` */
  readonly id: string
  readonly device: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly unit: string
  readonly isState: boolean
  readonly limits: readonly { readonly level: string; readonly setpoint: number; readonly priority: string }[]
}

/** Of the devices of the scenario, those whose values can be drawn. */
export async function readPoints(client: GatewayClient, { devices }: Scenario): Promise<readonly ToldPoint[]> {
  const points = listOf(await client.get('/api/points'), 'points').map((value) => record(value, 'a point'))
  return points.flatMap(({ id, device, name, unit, type, limits }) => {
    if (!devices.has(String(device)) || type === 'text') return []
    const { zh, en } = record(name, 'a name')
    return {
      ...{ id: String(id), device: String(device), name: { zh: String(zh), en: String(en) } },
      unit: unit === '1' ? '' : String(unit),
      isState: type !== 'number',
      limits: (Array.isArray(limits) ? limits : []).flatMap((value: unknown) => {
        const { level, setpoint, priority } = record(value, 'a setpoint')
        return typeof setpoint === 'number' ? { level: String(level), setpoint, priority: String(priority) } : []
      }),
    }
  })
}
