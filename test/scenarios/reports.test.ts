/** A report of a person in a whole gateway: over HTTP and the command line, to a webhook, over a kill. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { outpost } from '../support/outpost-command.ts'

let gateway: GatewayProcess
let dispatch: HttpReceiver

beforeAll(async () => {
  dispatch = await startReceiver()
  gateway = await GatewayProcess.create({
    devices: [],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the environment is written so in the file
    sinks: [{ id: 'dispatch', type: 'webhook', url: `${dispatch.url}/events`, secret: '${DISPATCH_SECRET}' }],
    environment: { DISPATCH_SECRET: 'a-secret-of-the-dispatch-room' },
  })
  await gateway.start()
})
afterAll(async () => {
  await gateway?.remove()
  await dispatch?.close()
})

const REPORT = { type: 'electric-shock', place: '3 号楼配电间', known: '一人倒地，已断电', by: '张伟' }
const heard = () =>
  dispatch.requests
    .map(({ body }) => JSON.parse(body) as AlarmEvent)
    .filter(({ alarm }) => alarm.kind === 'incident')
    .map(({ type, alarm }) => [type, alarm.id, alarm.state])

test('is told, outlives a kill, and is closed from the command line', async () => {
  const { status, body } = await gateway.post('/api/reports', REPORT)
  expect(status).toBe(200)
  const { id } = body as Alarm
  expect(body).toMatchObject({ id: 'incident.electric-shock-1', priority: 'urgent', station: 'longtian' })
  await expect.poll(heard).toEqual([['raised', id, 'unacknowledged']])
  await gateway.end('SIGKILL')
  await gateway.start()
  const { reports, types } = await gateway.get<{ reports: readonly Alarm[]; types: readonly object[] }>('/api/reports')
  expect(reports).toMatchObject([{ id, state: 'unacknowledged', report: { known: REPORT.known, reporter: '张伟' } }])
  expect(types).toHaveLength(9)
  const port = `http://127.0.0.1:${gateway.httpPort}`
  const closed = await outpost('report', 'close', id, '--by', '李娜', '--comment', '已送医', '--gateway', port)
  expect(closed).toMatchObject({ code: 0, stderr: '' })
  await expect.poll(() => heard().at(-1)).toEqual(['returned', id, 'normal'])
  expect(await gateway.get('/api/reports?open=true')).toMatchObject({ reports: [] })
})

test.each([
  [{ ...REPORT, type: 'siesta' }, 400, 'invalid-request'],
  [{ ...REPORT, place: ' ' }, 400, 'invalid-request'],
  [{ ...REPORT, place: undefined }, 400, 'invalid-request'],
  [{ ...REPORT, placeId: 'no-such-place' }, 404, 'unknown-place'],
  [{ ...REPORT, exercise: true }, 409, 'no-drill'],
  [{ ...REPORT, known: 'x'.repeat(1001) }, 400, 'invalid-request'],
])('%j is refused with %d', async (report, status, code) => {
  expect(await gateway.post('/api/reports', report)).toMatchObject({ status, body: { error: { code } } })
})
