/**
 * A station under a centre (over MQTT) under a bureau (over HTTP), each killed in turn under load: what the station told is at the top once, in its order,
 * and nothing is missing. What people do at the top is done at the station, once.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm-model.ts'
import type { AlarmView } from '../../gateway/http/child-view.ts'
import type { ChildStatus } from '../../gateway/upstream-model.ts'
import { FIELD_USER, GatewayProcess } from '../support/gateway-process.ts'

const WITHIN = { timeout: 20_000, interval: 100 }
const TOKENS = { STATION_TOKEN: 'token-of-the-station', CENTRE_TOKEN: 'token-of-the-centre' }
const TAG = { place: '大厅', profile: 'outpost-ref-extinguisher-tag', broker: 'embedded' }

let bureau: GatewayProcess
let centre: GatewayProcess
let station: GatewayProcess

beforeAll(async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the configuration file
  const [ofStation, ofCentre, password] = ['${STATION_TOKEN}', '${CENTRE_TOKEN}', '${FIELD_PASSWORD}']
  const above = (id: string, token: string | undefined) => ({ id, token, heartbeat: { interval: '1s' } })
  const overMqtt = { type: 'outpost-mqtt', username: FIELD_USER.name, password }
  bureau = await GatewayProcess.create({
    ...{ id: 'bureau', devices: [], broker: false, environment: TOKENS },
    children: [{ id: 'centre', token: ofCentre, silentAfter: '3s' }],
  })
  centre = await GatewayProcess.create({
    ...{ id: 'centre', devices: [], environment: TOKENS },
    children: [{ id: 'station', token: ofStation, broker: 'embedded', silentAfter: '3s' }],
    sinks: [{ ...above('bureau', ofCentre), type: 'outpost', url: `http://127.0.0.1:${bureau.httpPort}` }],
  })
  station = await GatewayProcess.create({
    ...{ id: 'station', environment: TOKENS },
    devices: ['tag-1', 'tag-2'].map((id) => ({ ...TAG, id, address: id, rules: { removed: { onDelay: '0s' } } })),
    sinks: [{ ...above('centre', ofStation), ...overMqtt, url: `mqtt://127.0.0.1:${centre.mqttPort}` }],
  })
  await Promise.all([bureau, centre, station].map((gateway) => gateway.start()))
  const client = await station.connect('tag-1')
  await client.publishAsync('outpost/extinguisher/tag-1', JSON.stringify({ present: false }), { qos: 1 })
  await client.endAsync()
})

afterAll(async () => {
  await Promise.all([station, centre, bureau].map((gateway) => gateway?.remove()))
})

const statusOf = async (gateway: GatewayProcess): Promise<ChildStatus | undefined> =>
  (await gateway.get<{ children: ChildStatus[] }>('/api/children')).children[0]
const lastSeqOf = async (gateway: GatewayProcess): Promise<number> =>
  (await gateway.get<{ lastSeq: number }>('/api/alarm-events?limit=1')).lastSeq

/** Of the station, as a gateway tells them. */
const told = (events: readonly AlarmEvent[]): string[] =>
  events.flatMap(({ id, seq, type, alarm: { path } }) => {
    const own = path === undefined ? seq : path[0]?.seq
    return id.startsWith('station-') ? [`${own} ${id} ${type}`] : []
  })

/** Comments without pause, over restarts, until it is told to end. */
function load(): { end(): Promise<void> } {
  let isOver = false
  const worker = async (name: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const body = { by: '值班员', comment: `${name}-${i}` }
      // It was killed, or is starting.
      await station
        .post('/api/alarms/tag-1.removed/comment', body)
        .catch(() => new Promise((resolve) => setTimeout(resolve, 50)))
    }
  }
  const workers = [1, 2].map(worker)
  return {
    async end() {
      isOver = true
      await Promise.all(workers)
    },
  }
}

test('each level is killed in turn under load: nothing is lost, nothing comes twice', async () => {
  await expect.poll(async () => told(await bureau.alarmEvents()).length, WITHIN).toBeGreaterThan(0)
  const storm = load()
  for (const gateway of [station, centre, bureau]) {
    const before = await lastSeqOf(gateway)
    await expect.poll(() => lastSeqOf(gateway), WITHIN).toBeGreaterThan(before + 20)
    await gateway.end('SIGKILL')
    await gateway.start()
  }
  await storm.end()
  const truth = told(await station.alarmEvents())
  await expect.poll(async () => told(await bureau.alarmEvents()).length, WITHIN).toBeGreaterThanOrEqual(truth.length)
  expect(truth.length).toBeGreaterThan(60)
  const last = told(await station.alarmEvents())
  for (const gateway of [centre, bureau]) {
    const events = await gateway.alarmEvents()
    expect(told(events).slice(0, truth.length)).toEqual(truth)
    expect(told(events).length).toBeLessThanOrEqual(last.length)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(await statusOf(gateway)).toMatchObject({ state: 'ok', lostEvents: 0, refusedEvents: 0 })
  }
}, 60_000)

test('what is acknowledged at the top is acknowledged at the station, once, and comes back', async () => {
  const id = 'centre:station:tag-1.removed'
  const answer = await bureau.post(`/api/alarms/${id}/acknowledge`, { by: '王' })
  expect(answer).toMatchObject({ status: 202, body: { id, order: { type: 'acknowledge', state: 'pending' } } })
  const event = await bureau.event(({ type, alarm }) => type === 'acknowledged' && alarm.id === id)
  expect(event).toMatchObject({ by: '王 (at bureau)', alarm: { facts: { acked: true }, station: 'longtian' } })
  expect(event.alarm.path?.map(({ gateway }) => gateway)).toEqual(['station', 'centre'])
  const atStation = (await station.alarmEvents()).filter(({ type }) => type === 'acknowledged')
  expect(atStation.map((one) => [one.id, one.by])).toEqual([[event.id, '王 (at bureau)']])
  expect(await bureau.get<AlarmView>(`/api/alarms/${id}`)).not.toHaveProperty('order')
  // A second one is refused there, and whoever asked is told.
  await bureau.post(`/api/alarms/${id}/acknowledge`, { by: '王' })
  await expect
    .poll(async () => (await bureau.get<AlarmView>(`/api/alarms/${id}`)).order, WITHIN)
    .toMatchObject({ state: 'refused', refusal: { en: expect.any(String) } })
})

test('what is ordered at the top while all three are killed is done once, whichever step it had reached', async () => {
  const id = 'centre:station:tag-1.removed'
  const wishes = ['a', 'b', 'c', 'd']
  for (const comment of wishes) {
    const { status } = await bureau.post(`/api/alarms/${id}/comment`, { by: '王', comment })
    expect(status).toBe(202)
  }
  await Promise.all([bureau, centre, station].map((gateway) => gateway.end('SIGKILL')))
  await Promise.all([bureau, centre, station].map((gateway) => gateway.start()))
  const doneAt = async (gateway: GatewayProcess): Promise<(string | null)[]> =>
    (await gateway.alarmEvents())
      .filter(({ by }) => by === '王 (at bureau)')
      .flatMap(({ type, comment }) => (type === 'commented' ? [comment] : []))
  await expect.poll(async () => (await doneAt(bureau)).length, WITHIN).toBe(wishes.length)
  for (const gateway of [station, centre, bureau]) expect((await doneAt(gateway)).toSorted()).toEqual(wishes)
  await expect.poll(async () => await bureau.get<AlarmView>(`/api/alarms/${id}`), WITHIN).not.toHaveProperty('order')
}, 40_000)
