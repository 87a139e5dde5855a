import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LineView } from '../../../gateway/http/line-view.ts'
import { alarm, reading } from '../../support/fake-station.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'

let here: TestServer
beforeAll(async () => {
  here = await startTestServer()
})
afterAll(() => here.server.stop())

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they like
async function get(path: string): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(here.url + path)
  return { status: response.status, body: await response.json(), headers: response.headers }
}

async function post(path: string, body: unknown) {
  const response = await fetch(here.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

const LINE: LineView = {
  ...{ id: 'loop', type: 'modbus-rtu', endpoint: '/dev/ttyS0 at 9600 baud', connected: true, error: null },
  ...{ requests: 9, answers: 7, timeouts: 1, exceptions: 1, droppedReplies: 2, skippedCycles: 0, busyMs: 700.5 },
  cycle: { measuredMs: null, predictedMs: 82.25 },
  units: [
    {
      ...{ device: 'fire-1', unitId: 1, state: 'demoted', error: 'no reply within 300 ms', lastReplyMs: null },
      ...{
        cycleMs: 310.5,
        answerWithinMs: 250,
        lineMs: 305.25,
        predictedLineMs: 82.25,
        skippedCycles: 0,
        busyReplies: 0,
        badReads: ['holding-register 4 1'],
      },
    },
  ],
  detections: [
    {
      ...{ alarm: 'fire-1.smoke-alarm', point: 'fire-1.smoke', measuredMs: 1200.5, predictedMs: 2390 },
      ...{ predictedMsOneDead: null, allowedMs: 10_000 },
    },
  ],
}

describe('GET /api/health', () => {
  test('is 200 while alarms reach people and 503 when they do not', async () => {
    expect(await get('/api/health')).toMatchObject({ status: 200, body: { status: 'ok', checks: [{ ok: true }] } })
    const good = here.gateway.healthAnswer
    const check = { name: 'alarm-journal', ok: false, detail: 'disk full' }
    here.gateway.healthAnswer = { status: 'degraded', checks: [check] }
    expect(await get('/api/health')).toMatchObject({ status: 200, body: { status: 'degraded', checks: [check] } })
    here.gateway.healthAnswer = { status: 'failing', checks: [check] }
    expect(await get('/api/health')).toMatchObject({ status: 503, body: { status: 'failing', checks: [check] } })
    here.gateway.healthAnswer = good
  })
})

describe('the plain views', () => {
  test('info names station, gateway, version and configuration', async () => {
    const { status, body } = await get('/api/info')
    expect(status).toBe(200)
    expect(body).toEqual({
      ...here.gateway.info(),
      now: expect.any(Number),
      configuration: here.gateway.configStatus(),
    })
  })

  test('points are complete, with a reading or null', async () => {
    const { body } = await get('/api/points')
    expect(body.points).toEqual([...here.gateway.points()])
    expect(body.points.find((point: { id: string }) => point.id === 'fe-08.pressure').reading).toBeNull()
    expect(body.points.find((point: { id: string }) => point.id === 'sl-02.tilt').reading).toMatchObject({
      value: null,
      quality: 'bad',
      reason: 'communication-failure',
    })
  })

  test('points can be asked by device and station', async () => {
    const ids = async (query: string) =>
      (await get(`/api/points?${query}`)).body.points.map(({ id }: { id: string }) => id)
    expect(await ids('device=wl-01')).toEqual(['wl-01.level'])
    expect(await ids('station=elsewhere')).toEqual([])
  })

  test('devices are complete', async () => {
    expect((await get('/api/devices')).body.devices).toEqual(here.gateway.devices())
  })

  test('lines are complete', async () => {
    here.gateway.lineViews = [LINE]
    expect((await get('/api/lines')).body.lines).toEqual([LINE])
  })

  test('metrics are Prometheus text', async () => {
    const response = await fetch(`${here.url}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe(await here.gateway.metrics())
  })
})

describe('GET /api/alarms', () => {
  const ids = async (query: string) =>
    (await get(`/api/alarms?${query}`)).body.alarms.map(({ id }: { id: string }) => id)

  test('shows first what a person must look at', async () => {
    const { body } = await get('/api/alarms')
    expect(body.alarms.map(({ id }: { id: string }) => id)).toEqual([
      'sd-01.fire',
      'wl-01.high-water',
      'sl-02.no-data',
      'fe-07.low-pressure',
    ])
    expect(body.lastSeq).toBe(here.gateway.lastSeq())
    expect(body.alarms[0]).toEqual(here.gateway.alarm('sd-01.fire'))
  })

  test.each([
    ['priority=urgent,low', ['sd-01.fire', 'fe-07.low-pressure']],
    ['priority=urgent&priority=low', ['sd-01.fire', 'fe-07.low-pressure']],
    ['state=latched-acknowledged', ['fe-07.low-pressure']],
    ['state=normal', []],
    ['class=fault', ['sl-02.no-data']],
    ['kind=water-level', ['wl-01.high-water']],
    ['station=st-cuihu&priority=high', ['wl-01.high-water']],
    ['station=elsewhere', []],
    ['open=false', []],
  ])('?%s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected)
  })

  test('open=true leaves out what is normal', async () => {
    const facts = { active: false, acked: true, latched: false, suppression: null }
    here.gateway.change(alarm('sd-02.fire', { facts, state: 'normal' }), 'raised')
    expect(await ids('')).toContain('sd-02.fire')
    expect(await ids('open=true')).not.toContain('sd-02.fire')
    expect(await ids('open=false')).toEqual(['sd-02.fire'])
  })

  test.each([
    ['stat=normal', "'stat' is unknown; known: state, priority, class, mark, station, gateway, kind, open"],
    ['state=unacked', "'state' must be one or more of normal, unacknowledged"],
    ['priority=critical', "not 'critical'"],
    ['class=error', 'must be one of alarm, fault'],
    ['open=maybe', 'must be boolean'],
  ])('refuses ?%s', async (query, message) => {
    const { status, body } = await get(`/api/alarms?${query}`)
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining(message) })
  })

  test('one alarm by its id', async () => {
    expect((await get('/api/alarms/sd-01.fire')).body).toEqual(here.gateway.alarm('sd-01.fire'))
    expect(await get('/api/alarms/sd-01.none')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown-alarm', text: { zh: expect.any(String), en: expect.any(String) } } },
    })
  })
})

describe('commands', () => {
  test('shelving says for how long, and why', async () => {
    here.gateway.change(alarm('sd-10.fire'), 'raised')
    const body = { by: '李雷', comment: '水泵试验', minutes: 30, oneShot: true }
    expect(await post('/api/alarms/sd-10.fire/shelve', body)).toMatchObject({ status: 200, body: { id: 'sd-10.fire' } })
    expect(here.gateway.requests.at(-1)).toEqual({
      ...{ type: 'shelve', alarmId: 'sd-10.fire', by: '李雷', comment: '水泵试验' },
      ...{ durationMs: 1_800_000, oneShot: true },
    })
    expect((await post('/api/alarms/sd-10.fire/shelve', { ...body, minutes: 0 })).status).toBe(400)
    expect((await post('/api/alarms/sd-10.fire/shelve', { ...body, comment: ' ' })).status).toBe(400)
    expect((await post('/api/alarms/sd-10.none/shelve', body)).status).toBe(404)
  })

  test('confirming a proposed level says why, and perhaps another level', async () => {
    here.gateway.change(alarm('sd-10.fire'), 'proposed')
    const body = { by: '李雷', comment: '会商' }
    expect((await post('/api/alarms/sd-10.fire/confirm', { ...body, level: 'orange' })).status).toBe(200)
    const asked = { alarmId: 'sd-10.fire', ...body }
    expect(here.gateway.requests.at(-1)).toEqual({ type: 'confirm', ...asked, level: 'orange' })
    expect((await post('/api/alarms/sd-10.fire/confirm', body)).status).toBe(200)
    expect(here.gateway.requests.at(-1)).toEqual({ type: 'confirm', ...asked, level: null })
    expect((await post('/api/alarms/sd-10.fire/decline', body)).status).toBe(200)
    expect(here.gateway.requests.at(-1)).toEqual({ type: 'decline', ...asked })
    for (const type of ['confirm', 'decline']) {
      expect((await post(`/api/alarms/sd-10.fire/${type}`, { by: '李雷' })).status).toBe(400)
    }
  })

  test.each(['unshelve', 'take-out-of-service', 'return-to-service', 'comment'])(
    '%s is a command of a person',
    async (type) => {
      here.gateway.change(alarm('sd-11.fire'), 'raised')
      const body = { by: '李雷', comment: '维修' }
      expect((await post(`/api/alarms/sd-11.fire/${type}`, body)).status).toBe(200)
      expect(here.gateway.requests.at(-1)).toEqual({ type, alarmId: 'sd-11.fire', ...body })
      const needsReason = type === 'take-out-of-service' || type === 'comment'
      expect((await post(`/api/alarms/sd-11.fire/${type}`, { by: '李雷' })).status).toBe(needsReason ? 400 : 200)
    },
  )

  test('acknowledge answers with the alarm and its new state', async () => {
    here.gateway.change(alarm('sd-09.fire'), 'raised')
    const { status, body } = await post('/api/alarms/sd-09.fire/acknowledge', { by: ' 李雷 ', comment: '已派人' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ state: 'acknowledged', acknowledgedBy: '李雷', comment: '已派人' })
    expect(body).toEqual(here.gateway.alarm('sd-09.fire'))
  })

  test('what cannot be done is 409 with its reason in both languages', async () => {
    const again = await post('/api/alarms/sd-09.fire/acknowledge', { by: '李雷' })
    expect(again.status).toBe(409)
    expect(again.body.error).toEqual({
      code: 'nothing-to-acknowledge',
      message: 'this alarm is acknowledged already',
      text: { zh: '该报警已经确认过', en: 'this alarm is acknowledged already' },
    })
    expect(await post('/api/alarms/sd-09.fire/reset', { by: '李雷' })).toMatchObject({
      status: 409,
      body: { error: { code: 'still-active' } },
    })
  })

  test('reset lets go of a latched alarm', async () => {
    expect(await post('/api/alarms/fe-07.low-pressure/reset', { by: '李雷' })).toMatchObject({
      status: 200,
      body: { state: 'normal' },
    })
  })

  test('an unknown alarm is 404', async () => {
    expect(await post('/api/alarms/sd-09.none/acknowledge', { by: '李雷' })).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown-alarm' } },
    })
  })

  test.each([
    [{}, "'by' is missing"],
    [{ by: '' }, "'by' must NOT have fewer than 1 characters"],
    [{ by: '   ' }, "'by' must match pattern"],
    [{ by: 7 }, "'by' must be string"],
    [{ by: 'x'.repeat(101) }, "'by' must NOT have more than 100"],
    [{ by: 'a', coment: 'b' }, "'coment' is unknown; known: by, comment"],
    [[], 'must be object'],
  ])('refuses the body %j', async (body, message) => {
    const answer = await post('/api/alarms/sd-01.fire/acknowledge', body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining(message) })
    expect(here.gateway.alarm('sd-01.fire')?.facts.acked).toBe(false)
  })
})

describe('GET /api/readings', () => {
  test('takes times as milliseconds and as ISO 8601 and hands them on', async () => {
    const item = { time: 5, value: 1, min: 1, max: 1, quality: 'good' as const, replayed: true }
    const gap = {
      time: 6,
      value: null,
      min: null,
      max: null,
      quality: 'bad' as const,
      reason: 'stale' as const,
    }
    here.gateway.historyOf = () => [item, gap]
    const { body } = await get('/api/readings?point=wl-01.level&from=1000&to=1970-01-01T08:00:02%2B08:00&maxPoints=7')
    expect(body).toEqual({ point: 'wl-01.level', from: 1000, to: 2000, items: [item, gap] })
    expect(here.gateway.asked.at(-1)).toEqual({ point: 'wl-01.level', from: 1000, to: 2000, maxPoints: 7 })
  })

  test('a bare + in the address is still a time zone', async () => {
    const { body } = await get('/api/readings?point=wl-01.level&from=1970-01-01T08:00:01+08:00&to=2000')
    expect(body.from).toBe(1000)
  })

  test('gives the last hour and at most 1000 items by default', async () => {
    const { body } = await get('/api/readings?point=wl-01.level')
    expect(body.to - body.from).toBe(3_600_000)
    expect(here.gateway.asked.at(-1)?.maxPoints).toBe(1000)
  })

  test.each([
    ['', 400, "'point' is missing"],
    ['point=wl-01.level&from=2000&to=1000', 400, "'from' (2000) must be before 'to' (1000)"],
    ['point=wl-01.level&from=1000&to=1000', 400, 'must be before'],
    ['point=wl-01.level&from=yesterday', 400, "not 'yesterday'"],
    ['point=wl-01.level&from=2026-05-01T08:00:00', 400, 'with a time zone'],
    ['point=wl-01.level&from=2026-13-01T08:00:00Z', 400, "'from' must be"],
    ['point=wl-01.level&maxPoints=1', 400, 'must be >= 2'],
    ['point=wl-01.level&maxPoints=10001', 400, 'must be <= 10000'],
    ['point=wl-01.level&maxPoints=1.5', 400, 'must be integer'],
    ['point=wl-01.level&point=wl-02.level', 400, "'point' must be string"],
    ['point=../etc/passwd', 400, "'point' must match pattern"],
    ['point=wl-99.level', 404, "there is no point 'wl-99.level'"],
  ])('refuses ?%s', async (query, status, message) => {
    const answer = await get(`/api/readings?${query}`)
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) } } })
  })
})

describe('GET /api/alarm-events', () => {
  test('gives pages that follow one another without a gap', async () => {
    const first = (await get('/api/alarm-events?limit=2')).body
    expect(first.events.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2])
    const next = (await get('/api/alarm-events?after=2&limit=1')).body
    expect(next.events).toEqual(here.gateway.alarmEvents(2, 1).events)
    expect(next.lastSeq).toBe(here.gateway.lastSeq())
    const end = (await get(`/api/alarm-events?after=${next.lastSeq}`)).body
    expect(end).toEqual({ events: [], firstSeq: 1, lastSeq: next.lastSeq })
  })

  test.each(['after=-1', 'after=x', 'limit=0', 'limit=1001', 'since=1'])('refuses ?%s', async (query) => {
    expect(await get(`/api/alarm-events?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid-request' } },
    })
  })
})

describe('GET /api/dead-letters', () => {
  test('shows what no receiver will ever accept, newest first, with the item as it was', async () => {
    const letter = (id: number, item: unknown) => ({
      ...{ id, delivery: 'dispatch:alarm-events', seq: 40 + id, time: 5, error: 'answered 422', item },
    })
    here.gateway.letters = [letter(2, { type: 'raised', alarm: { id: 'wl-01.level' } }), letter(1, { value: 'x' })]
    expect(await get('/api/dead-letters')).toMatchObject({ status: 200, body: { deadLetters: here.gateway.letters } })
    expect((await get('/api/dead-letters?limit=1')).body.deadLetters).toEqual(here.gateway.letters.slice(0, 1))
  })

  test.each([
    ['limit=0', 'must be >= 1'],
    ['limit=1001', 'must be <= 1000'],
    ['after=3', "'after'"],
  ])('refuses ?%s', async (query, message) => {
    const answer = await get(`/api/dead-letters?${query}`)
    expect(answer).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining(message) } } })
  })
})

describe('POST /api/reload', () => {
  test('answers with what changed', async () => {
    expect(await post('/api/reload', {})).toEqual({ status: 200, body: { changes: ['device wl-02 added'] } })
  })

  test('a refused configuration is 422 with every problem', async () => {
    here.gateway.reloadAnswer = { ok: false, problems: ['station.yaml:3:1 …', 'station.yaml:9:1 …'], changes: [] }
    expect(await post('/api/reload', {})).toMatchObject({
      status: 422,
      body: { error: { code: 'configuration-refused', problems: ['station.yaml:3:1 …', 'station.yaml:9:1 …'] } },
    })
  })
})

describe('GET /api/openapi.json', () => {
  test('lists every route', async () => {
    const { body } = await get('/api/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const routes = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(routes.sort()).toEqual([
      'DELETE /api/lines/{id}/scan',
      'DELETE /api/session',
      'GET /api/alarm-events',
      'GET /api/alarm-groups',
      'GET /api/alarm-statistics',
      'GET /api/alarms',
      'GET /api/alarms/{id}',
      'GET /api/alarms/{id}/deliveries',
      'GET /api/alarms/{id}/tuning',
      'GET /api/cap',
      'GET /api/cap/{identifier}',
      'GET /api/channels',
      'GET /api/children',
      'GET /api/commands',
      'GET /api/commands/{id}',
      'GET /api/dead-letters',
      'GET /api/devices',
      'GET /api/devices/{id}/commands',
      'GET /api/dispatch-events',
      'GET /api/drills',
      'GET /api/drills/{id}',
      'GET /api/events',
      'GET /api/health',
      'GET /api/info',
      'GET /api/ledgers/{name}',
      'GET /api/lines',
      'GET /api/lines/{id}/scan',
      'GET /api/mode-events',
      'GET /api/modes',
      'GET /api/notifications',
      'GET /api/notifications/{id}',
      'GET /api/openapi.json',
      'GET /api/places',
      'GET /api/points',
      'GET /api/readings',
      'GET /api/reports',
      'GET /api/reports/monthly',
      'GET /api/session',
      'GET /api/stations',
      'GET /metrics',
      'POST /api/alarms/{id}/acknowledge',
      'POST /api/alarms/{id}/close',
      'POST /api/alarms/{id}/comment',
      'POST /api/alarms/{id}/confirm',
      'POST /api/alarms/{id}/correct',
      'POST /api/alarms/{id}/decline',
      'POST /api/alarms/{id}/dispose',
      'POST /api/alarms/{id}/exercise',
      'POST /api/alarms/{id}/reset',
      'POST /api/alarms/{id}/return-to-service',
      'POST /api/alarms/{id}/shelve',
      'POST /api/alarms/{id}/take-out-of-service',
      'POST /api/alarms/{id}/unshelve',
      'POST /api/cap',
      'POST /api/children/{id}/events',
      'POST /api/children/{id}/report',
      'POST /api/commands/{id}/cancel',
      'POST /api/devices/{id}/commands/{name}',
      'POST /api/devices/{id}/probe',
      'POST /api/drills',
      'POST /api/drills/{id}/end',
      'POST /api/equipment/{device}/inspections',
      'POST /api/lines/{id}/scan',
      'POST /api/modes',
      'POST /api/modes/{id}/end',
      'POST /api/notifications/{id}/receipts',
      'POST /api/reload',
      'POST /api/reports',
      'POST /api/session',
    ])
  })

  test('describes each answer and each refusal, and refers to nothing that is not there', async () => {
    const { body } = await get('/api/openapi.json')
    const text = JSON.stringify(body)
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(body.components.schemas).toHaveProperty(name ?? '')
    }
    for (const [path, methods] of Object.entries<Record<string, { summary: string; responses: object }>>(body.paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation.summary, path).toBeTruthy()
        expect(
          Object.keys(operation.responses).some((status) => /^2/.test(status)),
          path,
        ).toBe(true)
      }
    }
    expect(body.paths['/api/alarms'].get.parameters.map(({ name }: { name: string }) => name)).toContain('priority')
  })
})

describe('what is not there or goes wrong', () => {
  test('an unknown route is 404 in our words', async () => {
    expect(await get('/api/nothing?x=1')).toMatchObject({
      status: 404,
      body: { error: { code: 'not-found', message: expect.stringContaining('there is no GET /api/nothing;') } },
    })
  })

  test('a broken inside says nothing of itself, and the log says it', async () => {
    here.gateway.historyOf = () => {
      throw new Error('SQLITE_CORRUPT: secret path')
    }
    const answer = await get('/api/readings?point=wl-01.level')
    expect(answer.status).toBe(500)
    expect(answer.body).toEqual({
      error: { code: 'internal-error', message: 'the gateway could not do this; its log says why' },
    })
    expect(here.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', facts: expect.objectContaining({ route: '/api/readings' }) }),
    )
  })

  test('a text value and a quality reason survive the way out', async () => {
    here.gateway.read(reading('wl-01.level', { value: 'E7', quality: 'uncertain', reason: 'unconfirmed' }))
    const { body } = await get('/api/points?device=wl-01')
    expect(body.points[0].reading).toMatchObject({ value: 'E7', quality: 'uncertain', reason: 'unconfirmed' })
  })
})
