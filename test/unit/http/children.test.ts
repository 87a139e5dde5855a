/** Gateways below over HTTP: each under its own token, for itself alone, in the shapes of the API. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ChildrenView } from '../../../gateway/http/child-view.ts'
import type { BatchAnswer } from '../../../gateway/upstream-model.ts'
import { FakeGateway } from '../../support/fake-gateway.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'

const TOKEN = 'token-of-the-station'
const BATCH = { version: 1, gateway: 'station', epoch: 7, after: 0, first: true, events: [{ any: 'thing' }] }
const REPORT = {
  ...{
    version: 1,
    type: 'heartbeat',
    gateway: 'station',
    station: 'longtian',
    time: 1,
    startedAt: 1,
    intervalMs: 10_000,
  },
  ...{ health: 'ok', lastSeq: 3, epoch: 7, orders: [], refused: [], waitMs: 20_000 },
}
const known = { epoch: 7, seq: 1, id: 'station-1' }

let here: TestServer
let answer: BatchAnswer
let children: ChildrenView
beforeEach(async () => {
  answer = { type: 'taken', answer: { gateway: 'centre', known } }
  const gateway = new FakeGateway()
  children = {
    ...gateway.children,
    admits: (id, token) => id === 'station' && token === TOKEN,
    takeEvents: () => Promise.resolve(answer),
  }
  gateway.children = children
  here = await startTestServer({
    ...{ gateway, authentication: { type: 'tokens', tokens: [{ name: 'desk', token: 'token-of-a-person-here' }] } },
  })
})
afterEach(() => here.server.stop())

async function post(path: string, body: unknown, token: string | null = TOKEN) {
  const response = await fetch(`${here.url}/api/children/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
}

test('what is taken is 200, a gap 409 with what is known, and what must wait 503 with a time', async () => {
  expect(await post('station/events', BATCH)).toMatchObject({ status: 200, body: { gateway: 'centre', known } })
  answer = { type: 'gap', answer: { gateway: 'centre', known } }
  expect(await post('station/events', BATCH)).toMatchObject({ status: 409, body: { gateway: 'centre', known } })
  answer = { type: 'busy', waitMs: 1200, message: 'more than it takes' }
  expect(await post('station/events', BATCH)).toMatchObject({
    status: 503,
    retryAfter: '2',
    body: { error: { code: 'busy' } },
  })
})

test('without its token nobody is heard, nor with the token of a person, and the tokens are not tried out', async () => {
  expect((await post('station/events', BATCH, null)).status).toBe(401)
  expect((await post('station/events', BATCH, 'token-of-a-person-here')).status).toBe(401)
  expect((await post('other/events', { ...BATCH, gateway: 'other' })).status).toBe(401)
  for (let i = 0; i < 8; i++) await post('station/events', BATCH, 'wrong')
  expect(await post('station/events', BATCH)).toMatchObject({
    status: 429,
    body: { error: { code: 'too-many-failures' } },
  })
  // Its token opens nothing else.
  const alarms = await fetch(`${here.url}/api/alarms`, { headers: { authorization: `Bearer ${TOKEN}` } })
  expect(alarms.status).toBe(401)
})

test('a gateway speaks for itself, and in the shape that is expected', async () => {
  expect((await post('station/events', { ...BATCH, gateway: 'other' })).status).toBe(403)
  expect((await post('station/events', { ...BATCH, after: -1 })).status).toBe(400)
  expect((await post('station/events', { ...BATCH, events: Array(501).fill({}) })).status).toBe(400)
  expect((await post('station/report', { ...REPORT, waitMs: 1e9 })).status).toBe(400)
  expect((await post('station/report', REPORT)).status).toBe(200)
})

test('who hangs up no longer waits for orders', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  children = Object.assign(children, {
    takeReport: (_: string, __: unknown, signal: AbortSignal) =>
      new Promise((answered) => {
        const ended = { gateway: 'centre', known: null, above: [], orders: [], settled: [] }
        signal.addEventListener('abort', () => {
          resolve()
          answered(ended)
        })
        hangUp.abort()
      }),
  })
  const hangUp = new AbortController()
  const asking = fetch(`${here.url}/api/children/station/report`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(REPORT),
    signal: hangUp.signal,
  })
  await expect(asking).rejects.toThrow()
  await promise
})
