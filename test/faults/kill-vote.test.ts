/** kill -9 between the first detector of a vote and the second: the vote is raised by the second one, once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceView } from '../../gateway/http/gateway-view.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { tagDevice } from '../support/tag-station.ts'

const IDS = ['tag-1', 'tag-2', 'tag-3']

describe('a gateway that is killed in the middle of a vote', () => {
  let gateway: GatewayProcess
  beforeAll(async () => {
    gateway = await GatewayProcess.create({
      devices: IDS.map((id) => tagDevice(id, { rules: { pressure: { onDelay: '0s' } } })),
      groups: [
        {
          ...{ id: 'hall', name: { zh: '大厅', en: 'Hall' }, place: '大厅', members: IDS },
          rules: [
            {
              ...{ id: 'confirmed', type: 'vote', of: 'pressure', need: 2, within: '10m', priority: 'urgent' },
              name: { zh: '确认', en: 'Confirmed' },
            },
          ],
        },
      ],
    })
    await gateway.start()
  })
  afterAll(() => gateway.remove())

  it('goes on with what is on disk', { timeout: 120_000 }, async () => {
    await say({ 'tag-1': 950, 'tag-3': 1200 })
    await say({ 'tag-1': 1200 })
    await gateway.end('SIGKILL')
    await gateway.start()
    expect((await gateway.alarms()).filter(({ device }) => device === 'hall')).toEqual([])
    await say({ 'tag-2': 950, 'tag-3': 1200 })
    const events = (await gateway.alarmEvents()).filter(({ alarm }) => alarm.device === 'hall')
    expect(events.map(({ type, alarm }) => `${type} ${alarm.id}`)).toEqual(['raised hall.confirmed'])
    expect(events[0]?.alarm.vote).toMatchObject({ required: 2, healthy: 3, counted: ['tag-1', 'tag-2'] })
    const { devices } = await gateway.get<{ devices: readonly DeviceView[] }>('/api/devices')
    expect(devices.find(({ id }) => id === 'hall')).toMatchObject({ kind: 'group', state: 'ok', members: IDS })
    expect((await gateway.alarms()).filter(({ firstOut }) => firstOut.includes('hall'))).toHaveLength(1)
  })

  async function say(pressures: Readonly<Record<string, number>>): Promise<void> {
    const client = await gateway.connect('tags')
    for (const [address, pressure] of Object.entries(pressures)) {
      await client.publishAsync(`outpost/extinguisher/${address}`, JSON.stringify({ pressure }), { qos: 1 })
    }
    await client.endAsync()
  }
})
