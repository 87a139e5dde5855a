/** CAP over HTTP: the feed, its messages, and the answers of receivers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCapView } from '../../../gateway/app/cap-view.ts'
import { capAcknowledgement, capMessage } from '../../../gateway/channels/cap/cap-message.ts'
import type { CapStatus } from '../../../gateway/channels/cap/cap-model.ts'
import { capXml } from '../../../gateway/channels/cap/cap-xml.ts'
import { readXml } from '../../../gateway/channels/cap/xml-reader.ts'
import type { Notification, Receipt } from '../../../gateway/dispatch-model.ts'
import { CAP_OPTIONS } from '../../support/cap-options.ts'
import { isNamed, text } from '../../support/cap-rules.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'
import { notification } from '../../support/notifications.ts'

const TOKENS = [
  { name: 'bureau', token: 'token-of-the-bureau' },
  { name: 'screen', token: 'token-of-a-screen', role: 'viewer' },
] as const

let here: TestServer
let journal: Notification[]
let receipts: Omit<Receipt, 'at'>[]
beforeAll(async () => {
  here = await startTestServer({ authentication: { type: 'tokens', tokens: TOKENS } })
  here.gateway.cap = createCapView({
    channels: () => new Map([['cap', CAP_OPTIONS]]),
    feed: () => ({ gateway: 'gateway-1', author: '石井站 & <值班>', language: 'zh', timeZone: 'Asia/Shanghai' }),
    newest: (channels, limit) =>
      Promise.resolve(
        journal
          .filter(({ channel }) => channels.includes(channel))
          .reverse()
          .slice(0, limit),
      ),
    notification: (id) => Promise.resolve(journal.find((one) => one.id === id) ?? null),
    confirm: (receipt) => {
      receipts.push(receipt)
      return Promise.resolve(true)
    },
  })
})
afterAll(() => here.server.stop())
beforeEach(() => {
  journal = [notification(1), notification(2), notification(3, { channel: 'mail' })].map((one) =>
    one.channel === 'mail' ? one : { ...one, channel: 'cap' },
  )
  receipts = []
})

function get(path: string, headers: Record<string, string> = {}, token = TOKENS[1].token) {
  return fetch(here.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } })
}

function post(body: string, { type = 'application/cap+xml', token = TOKENS[0].token as string } = {}) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': type }
  return fetch(`${here.url}/api/cap`, { method: 'POST', headers, body })
}

function ack(index: number, { status = 'Actual', note = '已派员' }: { status?: CapStatus; note?: string } = {}) {
  const reference = capMessage(journal[index] as Notification, CAP_OPTIONS)
  const own = { identifier: 'ack-1', sender: 'centre', sent: reference.sent, note, references: [reference] }
  return capXml(capAcknowledgement(own, status))
}

describe('who fetches', () => {
  test('gets a feed of the newest messages, each with its link, in the language of the gateway', async () => {
    const response = await get('/api/cap')
    expect(response.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
    const feed = readXml(await response.text())
    expect(text(feed, 'title')).toBe('石井站 & <值班> 告警信息')
    expect(text(feed, 'updated')).toBe('2026-01-01T08:02:00+08:00')
    const entries = feed.children.filter(isNamed('entry'))
    expect(entries.map((entry) => text(entry, 'id'))).toEqual([
      'urn:outpost:gateway-1.pingshan.example:gateway-1-n2',
      'urn:outpost:gateway-1.pingshan.example:gateway-1-n1',
    ])
  })

  test('gets each message as it was posted', async () => {
    const odd = { ...notification(4), id: 'n 4,ü%<&', channel: 'cap' }
    journal.push(odd)
    const links = [...(await (await get('/api/cap')).text()).matchAll(/href="(\/api\/cap\/[^"]+)"/g)].map(
      ([, link]) => link,
    )
    expect(links).toHaveLength(3)
    for (const [index, one] of [odd, journal[1], journal[0]].entries()) {
      const response = await get(links[index] ?? '')
      expect(response.headers.get('content-type')).toBe('application/cap+xml; charset=utf-8')
      expect(await response.text()).toBe(capXml(capMessage(one as Notification, CAP_OPTIONS)))
    }
  })

  test('gets at most 100, and nothing again that has not changed', async () => {
    journal = Array.from({ length: 150 }, (_, index) => ({ ...notification(index + 1), channel: 'cap' }))
    const first = await get('/api/cap')
    const body = await first.text()
    expect(body.match(/<entry>/g)).toHaveLength(100)
    const etag = first.headers.get('etag') ?? ''
    const again = await get('/api/cap', { 'if-none-match': `"x", W/${etag}` })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    journal.push({ ...notification(151), channel: 'cap' })
    expect((await get('/api/cap', { 'if-none-match': etag })).status).toBe(200)
  })

  test('needs a token, and finds only what went over CAP', async () => {
    expect((await fetch(`${here.url}/api/cap`)).status).toBe(401)
    expect((await get('/api/cap/gateway-1-n3')).status).toBe(404)
    expect((await get('/api/cap/%25zz')).status).toBe(404)
  })
})

describe('who answers', () => {
  test.each(['application/cap+xml', 'application/xml', 'text/xml; charset=utf-8'])(
    'with an Ack as %s has taken it on',
    async (type) => {
      const response = await post(ack(0), { type })
      expect([response.status, await response.json()]).toEqual([200, { notifications: ['gateway-1-n1'], unknown: [] }])
      expect(receipts).toEqual([
        { notification: 'gateway-1-n1', state: 'acknowledged', by: 'centre (token bureau)', detail: '已派员' },
      ])
    },
  )

  test('with an Error could not take it', async () => {
    await post(ack(1, { note: '' }).replace('>Ack<', '>Error<'))
    expect(receipts).toEqual([
      { notification: 'gateway-1-n2', state: 'failed', by: 'centre (token bureau)', detail: 'CAP Error ack-1' },
    ])
  })

  const wrong: readonly (readonly [string, () => string, number, string])[] = [
    ['an alert', () => ack(0).replace('>Ack<', '>Alert<'), 400, 'malformed-cap'],
    ['what is no XML', () => 'hello', 400, 'malformed-cap'],
    [
      'a DOCTYPE',
      () => ack(0).replace('<alert', '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert'),
      400,
      'malformed-cap',
    ],
    ['an exercise for what is real', () => ack(0, { status: 'Exercise' }), 422, 'other-status'],
    ['a message of nobody', () => ack(0).replaceAll('gateway-1-n1', 'gateway-1-n9'), 404, 'unknown-message'],
    [
      'a message of another sender',
      () => ack(0).replace('gateway-1.pingshan', 'gateway-2.pingshan'),
      404,
      'unknown-message',
    ],
    ['a message of another time', () => ack(0).replace(/(n1,2026-01-01T08:0)1/, '$12'), 404, 'unknown-message'],
    ['a message that went elsewhere', () => ack(2), 404, 'unknown-message'],
    ['too much', () => ack(0).replace('</note>', `${'x'.repeat(70_000)}</note>`), 413, 'body-too-large'],
  ]
  test.each(wrong)('with %s is refused, and nothing is acknowledged', async (_, body, status, code) => {
    const response = await post(body())
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ])
    expect(receipts).toEqual([])
  })

  test('needs a token that may operate, and XML', async () => {
    expect((await post(ack(0), { token: TOKENS[1].token })).status).toBe(403)
    expect((await post(JSON.stringify({}), { type: 'application/json' })).status).toBe(415)
    expect((await post(ack(0), { type: 'text/plain' })).status).toBe(415)
    expect(receipts).toEqual([])
  })

  test('XML is for CAP alone', async () => {
    const headers = { authorization: `Bearer ${TOKENS[0].token}`, 'content-type': 'application/xml' }
    const response = await fetch(`${here.url}/api/reload`, { method: 'POST', headers, body: '<a/>' })
    expect(response.status).toBe(415)
  })
})

test('without a channel that speaks CAP there is no feed', async () => {
  const plain = await startTestServer()
  expect((await fetch(`${plain.url}/api/cap`)).status).toBe(404)
  await plain.server.stop()
})
