/** The same line into a store that speaks the v2 write API: VictoriaMetrics, which keeps numbers and milliseconds. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { Simulation } from '../../simulator/runner.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { describeReal, startVictoriaMetrics } from '../support/real-servers.ts'
import type { RealServer } from '../support/server-process.ts'
import { startField } from '../support/simulated-field.ts'
import { FIELD, watchedStation } from '../support/whole-station.ts'

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly number[]
  readonly timestamps: readonly number[]
}

describeReal('victoria-metrics')('the whole line into the v2 write API', () => {
  let store: RealServer
  let gateway: GatewayProcess
  let field: Simulation

  beforeAll(async () => {
    store = await startVictoriaMetrics()
    gateway = await GatewayProcess.create({ devices: [] })
    field = await startField(FIELD, gateway)
    gateway.configure({
      ...watchedStation(field.ports()),
      sinks: [{ id: 'store', type: 'influxdb-2', url: store.url, org: 'any', bucket: 'outpost' }],
    })
    await gateway.start()
  })

  afterAll(async () => {
    await gateway?.remove()
    await field?.stop()
    await store?.remove()
  })

  /** What was written becomes visible to queries only when its memory is flushed, on request here. */
  async function series(match: string): Promise<readonly Series[]> {
    await fetch(`${store.url}/internal/force_flush`)
    const answer = await fetch(`${store.url}/api/v1/export?match[]=${encodeURIComponent(match)}`)
    const lines = (await answer.text()).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as Series)
  }

  /** As [time, value] pairs, in the order of time. */
  async function stored(match: string): Promise<readonly (readonly [number, number | undefined])[]> {
    const found = await series(match)
    return found
      .flatMap(({ timestamps, values }) => timestamps.map((time, i) => [time, values[i]] as const))
      .sort(([a], [b]) => a - b)
  }

  async function raise(point: string, { over, alarm }: { over: number; alarm: string }): Promise<AlarmEvent> {
    const [device = '', pointId = ''] = point.split('.')
    field.setValue(device, pointId, over)
    return await gateway.event((event) => event.alarm.id === alarm && event.type === 'raised')
  }

  test.each([
    { point: 'underpass.level', over: 0.305, alarm: 'underpass.water-level', measured: 'value', unit: 'm' },
    { point: 'kitchen.smoke', over: 1, alarm: 'kitchen.smoke-alarm', measured: 'state', unit: undefined },
  ])(
    '$point comes with its own time and its tags, as a reading and as an alarm',
    async ({ point, over, alarm, measured, unit }) => {
      const raised = await raise(point, { over, alarm })
      const { id, kind, priority, rule, cause } = raised.alarm
      const [device, pointId] = point.split('.')
      const reading = `reading_${measured}{device="${device}",point="${pointId}"}`
      await expect.poll(() => stored(reading), { timeout: 10_000 }).toContainEqual([Math.floor(cause.time), over])
      const [only, ...others] = await series(reading)
      expect(others).toEqual([])
      expect(only?.metric).toMatchObject({ station: 'longtian', kind, ...(unit !== undefined && { unit }) })

      const changes = `alarm_event_seq{device="${device}",rule="${rule}",class="alarm",kind="${kind}",priority="${priority}"}`
      await expect.poll(() => stored(changes), { timeout: 10_000 }).toEqual([[Math.floor(raised.time), raised.seq]])
      expect((await gateway.post(`/api/alarms/${id}/acknowledge`, { by: '张伟' })).status).toBe(200)
      const acknowledged = await gateway.event((event) => event.alarm.id === id && event.type === 'acknowledged')
      await expect
        .poll(() => stored(changes), { timeout: 10_000 })
        .toEqual([raised, acknowledged].map(({ time, seq }) => [Math.floor(time), seq]))
    },
  )
})
