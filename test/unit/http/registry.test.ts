/** `GET /api/stations` and `GET /api/places` over a real server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlaceView, StationView } from '../../../gateway/http/registry-view.ts'
import { FakeGateway } from '../../support/fake-gateway.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'

const VIEWER = 'a-token-of-a-viewer'
const OPERATOR = 'a-token-of-an-operator'

const worst: NonNullable<StationView['worstAlarm']> = {
  ...{ id: 'smoke.fire', name: { zh: '火警', en: 'Fire' }, class: 'alarm', priority: 'urgent', level: null },
  ...{ state: 'unacknowledged', raisedAt: 1 },
}
const STATION: StationView = {
  ...{ id: 'liantang', name: { zh: '莲塘', en: 'Liantang' }, level: 'station', type: 'community', parent: 'street' },
  ...{ address: '国威路', timeZone: 'Asia/Shanghai', depth: 1, own: true, places: 1 },
  area: { type: 'circle', centre: { latitude: 22.56, longitude: 114.17 }, radiusMetres: 900 },
  contacts: [{ id: 'chen', name: '陈志强', phone: '138' }],
  duty: [{ shift: 'day', until: 2, people: [{ id: 'li', name: '李娜', phone: '139', inPlaceOf: 'chen' }] }],
  ...{ openAlarms: 1, worstAlarm: worst },
}
const place = (id: string, station: string): PlaceView => ({
  ...{ id, station, name: { zh: '市场', en: 'Market' }, kind: 'crowded-place', risk: 'orange', address: '国威路' },
  position: { latitude: 22.56, longitude: 114.17, convertedFrom: 'gcj-02' },
  ...{ devices: ['smoke'], openAlarms: 0, worstAlarm: null },
})

describe('stations and places', () => {
  let served: TestServer
  const gateway = new FakeGateway()
  gateway.registry = { stations: () => [STATION], places: () => [place('a', 'liantang'), place('b', 'other')] }

  beforeAll(async () => {
    const tokens = [
      { name: 'viewer', token: VIEWER, role: 'viewer' as const },
      { name: 'operator', token: OPERATOR },
    ]
    served = await startTestServer({ gateway, authentication: { type: 'tokens', tokens } })
  })
  afterAll(() => served.server.stop())

  async function get(path: string, token: string) {
    const answer = await fetch(served.url + path, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, body: await answer.json() }
  }

  test('leave the API whole', async () => {
    const { body } = await get('/api/stations', OPERATOR)
    expect(body).toEqual({ stations: [STATION], now: expect.any(Number) })
    const { body: places } = await get('/api/places', OPERATOR)
    expect(places.places).toEqual([place('a', 'liantang'), place('b', 'other')])
  })

  test('show the phones of people only to those who act', async () => {
    const { body } = await get('/api/stations', VIEWER)
    const [{ contacts, duty }] = body.stations
    expect([contacts[0], duty[0].people[0]]).toEqual([
      { id: 'chen', name: '陈志强', phone: null },
      { id: 'li', name: '李娜', phone: null, inPlaceOf: 'chen' },
    ])
  })

  test('are those of one station where that is asked', async () => {
    const { body } = await get('/api/places?station=other', OPERATOR)
    expect(body.places.map(({ id }: { id: string }) => id)).toEqual(['b'])
    expect((await get('/api/places?sation=other', OPERATOR)).status).toBe(400)
  })
})
