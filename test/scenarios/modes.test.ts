/** Maintenance, a drill and a test of a point in a whole gateway: over HTTP and the command line, to a webhook, over a kill. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import type { Mode } from '../../gateway/mode.ts'
import { EventReader } from '../support/event-reader.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { outpost } from '../support/outpost-command.ts'
import { tagDevice } from '../support/tag-station.ts'

const WHY = { by: '张伟', comment: '年检' }
const ALARM = 'tag.removed'

let gateway: GatewayProcess
let dispatch: HttpReceiver
let told = 0

beforeAll(async () => {
  dispatch = await startReceiver()
  gateway = await GatewayProcess.create({
    devices: [
      {
        ...tagDevice('tag'),
        rules: { removed: { onDelay: '0s', offDelay: '0s' } },
      },
    ],
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

async function say(present: boolean): Promise<void> {
  const client = await gateway.connect('tag')
  const body = JSON.stringify({ present, time: Date.now() - 60_000 + told++ })
  await client.publishAsync('outpost/extinguisher/tag', body, { qos: 1 })
  await client.endAsync()
}

const alarm = (id = ALARM) => gateway.get<Alarm>(`/api/alarms/${id}`)
const modes = async () => (await gateway.get<{ modes: readonly Mode[] }>('/api/modes')).modes
const heardByDispatch = () => dispatch.requests.map(({ body }) => JSON.parse(body) as AlarmEvent)

async function begin(type: Mode['type'], target: Mode['target'], more: object = {}): Promise<Mode> {
  const { status, body } = await gateway.post('/api/modes', { type, target, minutes: 30, ...WHY, ...more })
  expect(status).toBe(200)
  return body as Mode
}

test('maintenance outlives a kill, and what is active at its end is told to dispatch then', async () => {
  const mode = await begin('maintenance', { type: 'place', id: '大厅' })
  await say(false)
  expect(await alarm()).toMatchObject({ state: 'suppressed-by-design', mode: { id: mode.id, ...WHY } })
  await gateway.end('SIGKILL')
  await gateway.start()
  expect(await modes()).toEqual([mode])
  expect(await alarm()).toMatchObject({ state: 'suppressed-by-design', mode: { id: mode.id } })
  const port = `http://127.0.0.1:${gateway.httpPort}`
  const listed = await outpost('mode', '--gateway', port)
  expect(listed.stdout).toContain('maintenance of the place 大厅 until')
  const ended = await outpost('mode', 'end', mode.id, '--by', '张伟', '--gateway', port)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect((await alarm()).state).toBe('unacknowledged')
  await expect
    .poll(() => heardByDispatch().at(-1))
    .toMatchObject({
      type: 'unsuppressed',
      alarm: { id: ALARM, state: 'unacknowledged', mark: null },
    })
  expect(heardByDispatch().find(({ type }) => type === 'raised')?.alarm.state).toBe('suppressed-by-design')
  const { events } = await gateway.get<{ events: readonly object[] }>('/api/mode-events')
  expect(events).toMatchObject([
    { seq: 1, type: 'begun', by: '张伟' },
    { seq: 2, type: 'ended', by: '张伟' },
  ])
  await say(true)
})

test('an exercise goes the whole way marked; those who look are told of the drill', async () => {
  const reader = await EventReader.open(`http://127.0.0.1:${gateway.httpPort}/api/events`)
  onTestFinished(() => reader.close())
  const { station } = await alarm()
  expect(await gateway.post(`/api/alarms/${ALARM}/exercise`, { by: '张伟' })).toMatchObject({
    status: 409,
    body: { error: { code: 'no-drill' } },
  })
  const drill = await begin('drill', { type: 'station', id: station })
  await reader.waitUntil(() => reader.named('modes').some(({ data }) => data.modes[0]?.id === drill.id))
  const { body } = await gateway.post(`/api/alarms/${ALARM}/exercise`, { by: '张伟' })
  expect(body).toMatchObject({ id: `${ALARM}.exercise`, mark: 'exercise', state: 'unacknowledged' })
  const ofExercise = () => heardByDispatch().filter(({ alarm: { mark } }) => mark === 'exercise')
  await expect.poll(() => ofExercise().map(({ type }) => type)).toEqual(['raised'])
  const real = await gateway.get<{ alarms: readonly Alarm[] }>('/api/alarms?mark=none')
  expect(real.alarms.some(({ mark }) => mark !== null)).toBe(false)
  await gateway.post(`/api/modes/${drill.id}/end`, { by: '张伟' })
  await expect.poll(() => ofExercise().map(({ type }) => type)).toEqual(['raised', 'returned'])
  expect((await alarm(`${ALARM}.exercise`)).state).toBe('normal')
})

test('readings of a tested point are marked wherever they are shown, and what they raise with them', async () => {
  const mode = await begin('test', { type: 'point', id: 'tag.present' })
  await say(false)
  expect(await gateway.reading('tag.present')).toMatchObject({ test: true })
  expect(await alarm()).toMatchObject({ mark: 'test', state: 'suppressed-by-design' })
  await say(true)
  await gateway.post(`/api/modes/${mode.id}/end`, { by: '张伟' })
  await say(true)
  expect((await gateway.reading('tag.present'))?.test).toBeUndefined()
  const { items } = await gateway.get<{ items: readonly { test?: boolean }[] }>('/api/readings?point=tag.present')
  expect(items.filter(({ test: inTest }) => inTest === true)).toHaveLength(2)
})

test.each([
  [{ type: 'maintenance', target: { type: 'device', id: 'tug' } }, 404, 'unknown-target'],
  [{ type: 'drill', target: { type: 'device', id: 'tag' } }, 422, 'wrong-target'],
  [{ type: 'test', target: { type: 'point', id: 'tag.present' }, minutes: 481 }, 422, 'mode-too-long'],
  [{ type: 'test', target: { type: 'point', id: 'tag.present' }, minutes: 0 }, 400, 'invalid-request'],
  [{ type: 'siesta', target: { type: 'device', id: 'tag' } }, 400, 'invalid-request'],
  [{ type: 'maintenance', target: { type: 'device', id: 'tag' }, comment: ' ' }, 400, 'invalid-request'],
])('%j is refused with %d', async (wish, status, code) => {
  const answer = await gateway.post('/api/modes', { minutes: 10, ...WHY, ...wish })
  expect(answer).toMatchObject({ status, body: { error: { code } } })
  expect(await modes()).toEqual([])
})
