/** A level that people decide, in a whole gateway: proposed to dispatch, confirmed over HTTP, standing over a kill, lifted. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alarm, AlarmEvent } from '../../gateway/alarm-model.ts'
import { GatewayProcess } from '../support/gateway-process.ts'
import { type HttpReceiver, startReceiver } from '../support/http-receiver.ts'
import { tagDevice } from '../support/tag-station.ts'

const ALARM = 'tag.pressure'
let gateway: GatewayProcess
let dispatch: HttpReceiver
let told = 0

beforeAll(async () => {
  dispatch = await startReceiver()
  gateway = await GatewayProcess.create({
    devices: [
      {
        ...tagDevice('tag'),
        rules: { pressure: { confirm: 'person', onDelay: '0s', offDelay: '0s' } },
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

async function say(pressure: number): Promise<void> {
  const client = await gateway.connect('tag')
  const body = JSON.stringify({ pressure, time: Date.now() - 60_000 + told++ })
  await client.publishAsync('outpost/extinguisher/tag', body, { qos: 1 })
  await client.endAsync()
}

const alarm = () => gateway.get<Alarm>(`/api/alarms/${ALARM}`)
const decide = (type: string, body: object) => gateway.post(`/api/alarms/${ALARM}/${type}`, { by: '王芳', ...body })
const toldToDispatch = () =>
  dispatch.requests
    .map(({ body }) => JSON.parse(body) as AlarmEvent)
    // What was not acknowledged before the kill comes again under its own number.
    .filter(({ alarm, seq }, i, all) => alarm.id === ALARM && all.findIndex((event) => event.seq === seq) === i)
    .map((event) => [event.type, event.alarm.proposal?.state, event.alarm.proposal?.confirmed])

test('is a proposal until somebody decides, and what was decided outlives a kill', async () => {
  await say(950)
  expect(await alarm()).toMatchObject({ state: 'unacknowledged', proposal: { state: 'proposed', level: 'low' } })
  expect((await decide('confirm', {})).status).toBe(400)
  expect((await decide('confirm', { comment: '会商', level: 'purple' })).status).toBe(409)
  expect((await decide('confirm', { comment: '会商' })).status).toBe(200)
  await gateway.end('SIGKILL')
  await gateway.start()
  expect(await alarm()).toMatchObject({
    state: 'acknowledged',
    proposal: { state: 'confirmed', level: 'low', confirmed: 'low', by: '王芳', comment: '会商' },
  })
  await say(880)
  expect((await decide('decline', { comment: '表已核对' })).status).toBe(200)
  await say(1200)
  expect(await alarm()).toMatchObject({ state: 'latched-acknowledged', proposal: { level: null, confirmed: 'low' } })
  expect((await decide('reset', {})).status).toBe(409)
  expect((await decide('reset', { comment: '已更换' })).status).toBe(200)
  expect((await alarm()).state).toBe('normal')
  expect(await alarm()).not.toHaveProperty('proposal')
  await expect.poll(toldToDispatch, { timeout: 20_000 }).toEqual([
    ['proposed', 'proposed', null],
    ['confirmed', 'confirmed', 'low'],
    ['proposed', 'proposed', 'low'],
    ['declined', 'declined', 'low'],
    ['returned', 'proposed', 'low'],
    ['reset', undefined, undefined],
  ])
})
