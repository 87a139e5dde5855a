/** kill -9 while an on-delay runs: the alarm comes when it would have come, once, and only where the condition still holds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayProcess } from '../support/gateway-process.ts'
import { tagDevice } from '../support/tag-station.ts'

const ON_DELAY_MS = 4000

describe('a gateway that is killed while delays run', () => {
  let gateway: GatewayProcess
  beforeAll(async () => {
    gateway = await GatewayProcess.create({
      devices: ['still-low', 'good-again'].map((id) =>
        tagDevice(id, { rules: { pressure: { onDelay: `${ON_DELAY_MS / 1000}s` } } }),
      ),
    })
    await gateway.start()
  })
  afterAll(() => gateway.remove())

  it('goes on with what is on disk', { timeout: 60_000 }, async () => {
    const begun = performance.now()
    await say({ 'still-low': 950, 'good-again': 950 })
    await gateway.end('SIGKILL')
    await gateway.start()
    expect(await gateway.alarms()).toEqual([])
    // The delay is a time, so this is one thing that only time can bring.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + ON_DELAY_MS + 200 - performance.now())))
    await say({ 'still-low': 950, 'good-again': 1200 })
    const active = (await gateway.alarms()).filter(({ facts }) => facts.active)
    expect(active).toMatchObject([{ id: 'still-low.pressure', occurrence: 1, level: 'low' }])
    const events = await gateway.alarmEvents()
    expect(events.map(({ type, alarm }) => `${type} ${alarm.id}`)).toEqual(['raised still-low.pressure'])
  })

  async function say(pressures: Readonly<Record<string, number>>): Promise<void> {
    const client = await gateway.connect('tags')
    for (const [address, pressure] of Object.entries(pressures)) {
      await client.publishAsync(`outpost/extinguisher/${address}`, JSON.stringify({ pressure }), { qos: 1 })
    }
    await client.endAsync()
  }
})
