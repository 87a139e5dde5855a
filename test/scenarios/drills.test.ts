/** Drills in a whole gateway: begun, planned and scheduled, told as exercises, ended by themselves, and what became of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alarm } from '../../gateway/alarm-model.ts'
import type { Drill } from '../../gateway/ledger-model.ts'
import type { DrillReport } from '../../gateway/ledgers/drill-report.ts'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'

const MINUTE = 60_000
/** 31 October, ten minutes to ten in the morning, in China. */
const START = Date.UTC(2026, 9, 31, 1, 50)
const WHO = { by: '张伟', comment: '月度演练' }

let app: AppInProcess
let gateway: GatewayProcess
const clock = new FakeClock(START)
const tag = (id: string) => ({
  ...{ id, place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: id },
})

beforeAll(async () => {
  app = await startApp(
    {
      devices: [tag('tag-1'), tag('tag-2')],
      drills: [
        {
          ...{ id: 'monthly', dayOfMonth: 1, time: '10:00', duration: '5m', kinds: ['extinguisher'] },
          ...{ by: '值班长', comment: '每月一日演练' },
        },
      ],
    },
    { clock },
  )
  gateway = app.gateway
})
afterAll(() => app?.remove())

/** Files are real: what waits for one goes on with one of the next ticks. */
async function drills(): Promise<readonly Drill[]> {
  await clock.advance(1000)
  return (await gateway.get<{ drills: readonly Drill[] }>('/api/drills')).drills
}
const report = (id: string) => gateway.get<DrillReport>(`/api/drills/${id}`)
const alarm = (id: string) => gateway.get<Alarm>(`/api/alarms/${id}`)
async function begin(wish: object): Promise<Drill> {
  const { status, body } = await gateway.post('/api/drills', { ...WHO, ...wish })
  expect({ status, body }).toMatchObject({ status: 200 })
  return body as Drill
}

test('raises the gravest hazard of each device as an exercise, ends by itself, and says who answered', async () => {
  const drill = await begin({ kinds: ['extinguisher'], minutes: 10 })
  expect(drill).toMatchObject({ state: 'on', until: START + 10 * MINUTE, refused: [], schedule: null })
  expect(drill.alarms).toEqual(['tag-1.pressure.exercise', 'tag-2.pressure.exercise'])
  expect(await alarm('tag-1.pressure.exercise')).toMatchObject({ mark: 'exercise', state: 'unacknowledged' })
  expect(await gateway.post('/api/drills', { ...WHO, devices: ['tag-1'], minutes: 1 })).toMatchObject({
    ...{ status: 409, body: { error: { code: 'drill-on' } } },
  })
  await clock.advance(2 * MINUTE)
  await gateway.post('/api/alarms/tag-1.pressure.exercise/acknowledge', { by: '李娜' })
  await clock.advance(8 * MINUTE + 1000)
  await expect.poll(async () => (await drills())[0]).toMatchObject({ id: drill.id, state: 'over', endedBy: null })
  expect((await alarm('tag-2.pressure.exercise')).state).toBe('normal')
  await expect
    .poll(() => report(drill.id))
    .toMatchObject({
      alarms: [
        { alarm: 'tag-1.pressure.exercise', acknowledgedBy: '李娜', toAcknowledgeMs: 2 * MINUTE, station: 'longtian' },
        { alarm: 'tag-2.pressure.exercise', acknowledgedAt: null },
      ],
      ...{ unanswered: 1, toAcknowledge: { count: 1, p50Ms: 2 * MINUTE } },
    })
})

test('one that is planned begins when it is time, can be ended before its own, and can be called off', async () => {
  const from = clock.now().wall + 5 * MINUTE
  const planned = await begin({ devices: ['tag-2'], from, until: from + 20 * MINUTE })
  const cancelled = await begin({ alarms: ['tag-1.obstructed'], from: from + 60 * MINUTE, minutes: 10 })
  expect([planned.state, cancelled.state]).toEqual(['planned', 'planned'])
  expect(await gateway.post(`/api/drills/${cancelled.id}/end`, WHO)).toMatchObject({ body: { state: 'cancelled' } })
  await clock.advance(5 * MINUTE + 2000)
  const now = async () => (await drills()).find(({ id }) => id === planned.id)
  await expect.poll(now).toMatchObject({ state: 'on', alarms: ['tag-2.pressure.exercise'] })
  expect(await gateway.post(`/api/drills/${planned.id}/end`, WHO)).toMatchObject({
    body: { state: 'over', endedBy: '张伟' },
  })
  expect((await alarm('tag-2.pressure.exercise')).state).toBe('normal')
  expect(await gateway.post(`/api/drills/${planned.id}/end`, WHO)).toMatchObject({ status: 409 })
})

test('one of the configuration comes round once on its day, by the clocks of the station', async () => {
  clock.jump(Date.UTC(2026, 10, 1, 1, 59, 50) - clock.now().wall)
  await clock.advance(1000)
  expect((await drills()).filter(({ schedule }) => schedule !== null)).toEqual([])
  await clock.advance(10_000)
  const own = async () => (await drills()).filter(({ schedule }) => schedule === 'monthly')
  await expect.poll(own).toMatchObject([{ state: 'on', by: '值班长', comment: '每月一日演练' }])
  await clock.advance(6 * MINUTE)
  await expect.poll(own).toMatchObject([{ state: 'over' }])
  const { rows } = await gateway.get<{ rows: readonly object[] }>(
    `/api/ledgers/drills?from=${START - 1}&to=${clock.now().wall + 1}`,
  )
  expect(rows).toHaveLength(4)
  expect(rows).toContainEqual(expect.objectContaining({ state: 'over', alarms: 2, unanswered: 1 }))
})

test.each([
  [{ minutes: 10 }, 400, 'invalid-request'],
  [{ kinds: ['extinguisher'] }, 400, 'invalid-request'],
  [{ kinds: ['smoke'], minutes: 10 }, 422, 'unknown-scope'],
  [{ devices: ['tug'], minutes: 10 }, 422, 'unknown-scope'],
  [{ stations: ['nowhere'], minutes: 10 }, 422, 'unknown-scope'],
  [{ devices: ['tag-1'], alarms: ['tag-2.removed'], minutes: 10 }, 422, 'nothing-to-exercise'],
  [{ devices: ['tag-1'], minutes: 241 }, 400, 'invalid-request'],
  [{ devices: ['tag-1'], from: 1, minutes: 10 }, 422, 'drill-too-late'],
])('%j is refused with %d', async (wish, status, code) => {
  expect(await gateway.post('/api/drills', { ...WHO, ...wish })).toMatchObject({ status, body: { error: { code } } })
})
