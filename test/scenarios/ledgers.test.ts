/** Ledgers of a whole gateway over HTTP: from the first reading to the line in a table, as JSON, CSV and XLSX. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppInProcess, startApp } from '../support/app-in-process.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'

const START = Date.UTC(2026, 9, 30, 2)

let app: AppInProcess
let gateway: GatewayProcess
const clock = new FakeClock(START)

beforeAll(async () => {
  app = await startApp(
    {
      devices: [
        {
          ...{ id: 'tag', place: '=大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded', address: 'tag' },
          rules: { removed: { onDelay: '0s', offDelay: '0s' } },
        },
      ],
    },
    { clock },
  )
  gateway = app.gateway
})
afterAll(() => app?.remove())

interface Page {
  readonly count: number
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}
const ledger = (name: string, query = '') =>
  gateway.get<Page>(`/api/ledgers/${name}?from=${START - 1000}&to=${START + 3_600_000}${query}`)

async function say(values: object): Promise<void> {
  const client = await gateway.connect('tag')
  await client.publishAsync('outpost/extinguisher/tag', JSON.stringify({ ...values, time: clock.now().wall }), {
    qos: 1,
  })
  await client.endAsync()
}

test('what is raised, acknowledged, returned and judged is one line of the alarm ledger', async () => {
  await say({ present: true, pressure: 1200, temperature: 20 })
  await clock.advance(60_000)
  await say({ present: false, pressure: 1150, temperature: 20 })
  await clock.advance(90_000)
  const person = { by: '张伟', comment: '已到场' }
  await gateway.post('/api/alarms/tag.removed/acknowledge', person)
  await clock.advance(30_000)
  await say({ present: true, pressure: 1180, temperature: 20 })
  await gateway.post('/api/alarms/tag.removed/dispose', { by: '李娜', comment: '擦拭', verdict: 'false' })
  const { count, rows } = await ledger('alarms', '&kind=extinguisher')
  expect(count).toBe(1)
  expect(rows[0]).toMatchObject({
    ...{ alarm: 'tag.removed', station: 'longtian', place: '=大厅', occasion: 'real', priority: 'high' },
    ...{ raisedAt: START + 60_000, toAcknowledge: 90_000, toHandle: 120_000, acknowledgedBy: '张伟' },
    ...{ verdict: 'false', verdictBy: '李娜', comments: '张伟: 已到场; 李娜: 擦拭' },
  })
  expect((await ledger('responses', '&by=kind&kind=extinguisher')).rows).toMatchObject([
    { station: null, kind: 'extinguisher', month: null, occasion: 'real', acknowledgeP50: 90_000, handleP90: 120_000 },
  ])
  expect((await ledger('false-alarms')).rows).toMatchObject([
    { place: '=大厅', false: 1, falseRate: 1, flagged: false },
  ])
})

test('the equipment ledger has its pressure, and when it is due after a check', async () => {
  const line = async () => (await ledger('equipment')).rows[0]
  expect(await line()).toMatchObject({
    device: 'tag',
    state: 'never-checked',
    pressure: 1180,
    present: true,
    heard: true,
  })
  const check = { type: 'check', ok: true, by: '张伟', comment: '外观、铅封完好' }
  expect(await gateway.post('/api/equipment/tag/inspections', check)).toMatchObject({ status: 200, body: { ok: true } })
  const dueAt = clock.now().wall + 30 * 86_400_000
  await expect.poll(line).toMatchObject({ state: 'ok', due: 'look', dueAt, lowest: 1150, highest: 1200 })
  expect((await ledger('inspections')).rows).toMatchObject([{ device: 'tag', type: 'check', ok: true, by: '张伟' }])
  expect((await ledger('coverage')).rows).toMatchObject([{ station: 'longtian', sensors: 1, sensorsWorking: 1 }])
  expect((await ledger('online')).rows).toMatchObject([{ device: 'tag', rate: 1, silences: 0 }])
})

test('leaves as CSV for Excel, in the language that is asked for, and as XLSX', async () => {
  const url = `http://127.0.0.1:${gateway.httpPort}/api/ledgers/alarms?from=${START}&to=${START + 3_600_000}&kind=extinguisher`
  const csv = await fetch(`${url}&format=csv`, { headers: { 'accept-language': 'en-GB,en;q=0.9,zh;q=0.5' } })
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="alarms-2026-10-30-2026-10-30.csv"')
  const bytes = new Uint8Array(await csv.arrayBuffer())
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  const text = new TextDecoder().decode(bytes)
  expect(text).toMatch(/^Raised,Station,Place/)
  expect(text).toContain("2026-10-30 10:01:00,longtian,'=大厅,")
  const chinese = await (await fetch(`${url}&format=csv&language=zh`)).text()
  expect(chinese).toMatch(/发生时间,站点,位置/)
  const xlsx = await fetch(`${url}&format=xlsx`)
  expect(xlsx.headers.get('content-type')).toContain('spreadsheetml')
  expect(new TextDecoder().decode((await xlsx.arrayBuffer()).slice(0, 2))).toBe('PK')
})

test.each([
  ['/api/ledgers/alarms?from=5&to=4', 400, 'invalid-request'],
  ['/api/ledgers/alarms?from=0&to=99999999999', 400, 'invalid-request'],
  ['/api/ledgers/responses?by=moon', 400, 'invalid-request'],
  ['/api/ledgers/alarms?form=csv', 400, 'invalid-request'],
  ['/api/ledgers/diary', 400, 'invalid-request'],
])('GET %s is refused', async (path, status, code) => {
  const answer = await fetch(`http://127.0.0.1:${gateway.httpPort}${path}`)
  expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status, body: { error: { code } } })
})

test.each([
  ['tug', { type: 'look', ok: true, by: '张伟' }, 404, 'unknown-equipment'],
  ['tag', { type: 'look', ok: true, by: '张伟', at: START * 2 }, 422, 'not-yet'],
  ['tag', { type: 'lick', ok: true, by: '张伟' }, 400, 'invalid-request'],
])('an inspection of %s as %j is refused', async (device, inspection, status, code) => {
  const answer = await gateway.post(`/api/equipment/${device}/inspections`, inspection)
  expect(answer).toMatchObject({ status, body: { error: { code } } })
})
