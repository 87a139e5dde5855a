import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Alarm } from '../../../gateway/alarm-model.ts'
import type { Authentication } from '../../../gateway/http/authentication.ts'
import { EventReader } from '../../support/event-reader.ts'
import { consoleFolder, HeldClock, rawRequest, startTestServer, type TestServer } from '../../support/http.ts'

const TOKENS: Authentication = {
  type: 'tokens',
  tokens: [
    { name: 'duty-desk', token: 'correct-horse-battery-staple' },
    { name: 'wall-screen', token: 'only-for-looking-at-things', role: 'viewer' },
  ],
}
const OPERATOR = { authorization: 'Bearer correct-horse-battery-staple' }
const VIEWER = { authorization: 'Bearer only-for-looking-at-things' }
const ACKNOWLEDGE = '/api/alarms/sd-01.fire/acknowledge'

const running: TestServer[] = []
async function start(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const started = await startTestServer(options)
  running.push(started)
  return started
}
afterEach(async () => {
  for (const { server } of running.splice(0)) await server.stop()
})

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code
}

describe('without tokens', () => {
  test.each(['0.0.0.0', '::', '192.168.1.4', 'station.example'])('does not start on %s', async (host) => {
    await expect(startTestServer({ host })).rejects.toThrow(/can be reached from other machines.*configure tokens/)
  })

  test('a port that is taken is named', async () => {
    const { port } = await start({})
    await expect(startTestServer({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: another program`)
  })

  test.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '@localhost',
  ])('refuses the Host %s (DNS rebinding)', async (host) => {
    const { port } = await start({})
    const answer = await rawRequest(port, `GET /api/info HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 421 /)
    expect(answer).toContain('"code":"misdirected-request"')
  })

  test.each(['localhost', 'LOCALHOST:1234', '127.0.0.1', '127.9.9.9:80', '[::1]:8080'])(
    'takes the Host %s',
    async (host) => {
      const { port } = await start({})
      const answer = await rawRequest(port, `GET /api/info HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1.1 200 /)
    },
  )
})

describe('foreign web pages', () => {
  let here: TestServer
  beforeAll(async () => {
    here = await startTestServer()
  })
  afterAll(() => here.server.stop())
  const untouched = () => expect(here.gateway.alarm('sd-01.fire')?.facts.acked).toBe(false)

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['', 415],
  ])('a post as %j is refused', async (type, status) => {
    const body = '{"by":"mallory"}'
    const answer = await rawRequest(
      here.port,
      `POST ${ACKNOWLEDGE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    untouched()
  })

  test.each(['https://evil.example', 'null', 'http://localhost:1', 'http://127.0.0.1.evil.example'])(
    'a post from %s is refused',
    async (origin) => {
      const response = await post(here.url + ACKNOWLEDGE, { by: 'mallory' }, { origin })
      expect([response.status, await codeOf(response)]).toEqual([403, 'foreign-origin'])
      untouched()
    },
  )

  test('a script of a foreign page is refused even for reading; a followed link is not', async () => {
    const ask = (mode: string) =>
      rawRequest(
        here.port,
        `GET /api/info HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: ${mode}\r\nConnection: close\r\n\r\n`,
      )
    expect(await ask('no-cors')).toMatch(/^HTTP\/1.1 403 /)
    expect(await ask('navigate')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('the own page may post', async () => {
    here.gateway.change(
      { ...(here.gateway.alarm('sd-01.fire') as never as object), id: 'sd-03.fire' } as never,
      'raised',
    )
    const response = await post(`${here.url}/api/alarms/sd-03.fire/acknowledge`, { by: '王敏' }, { origin: here.url })
    expect(response.status).toBe(200)
  })

  test('no answer allows another origin', async () => {
    const response = await fetch(`${here.url}/api/info`, { headers: { origin: 'https://evil.example' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('with tokens', () => {
  test('everything but health needs one, and health is terse', async () => {
    const { url } = await start({ authentication: TOKENS })
    for (const path of [
      '/api/info',
      '/api/points',
      '/api/devices',
      '/api/alarms',
      '/api/alarms/sd-01.fire',
      '/api/readings?point=wl-01.level',
      '/api/alarm-events',
      '/api/dead-letters',
      '/api/lines/bus/scan',
      '/api/events',
      '/api/session',
      '/api/openapi.json',
      '/metrics',
    ]) {
      const response = await fetch(url + path)
      expect([path, response.status, await codeOf(response)]).toEqual([path, 401, 'token-required'])
    }
    for (const path of [
      ACKNOWLEDGE,
      '/api/alarms/sd-01.fire/reset',
      '/api/devices/wl-01/probe',
      '/api/lines/bus/scan',
      '/api/reload',
    ]) {
      expect((await post(url + path, { by: 'x' })).status).toBe(401)
    }
    expect(await (await fetch(`${url}/api/health`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${url}/api/health`, { headers: OPERATOR })).json()).toHaveProperty('checks')
  })

  test('a bearer token opens; a viewer only looks', async () => {
    const { url, gateway } = await start({ authentication: TOKENS })
    expect((await fetch(`${url}/metrics`, { headers: OPERATOR })).status).toBe(200)
    expect((await fetch(`${url}/api/alarms`, { headers: VIEWER })).status).toBe(200)
    const refused = await post(url + ACKNOWLEDGE, { by: 'x' }, VIEWER)
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'not-allowed'])
    expect(gateway.alarm('sd-01.fire')?.facts.acked).toBe(false)
    expect((await post(url + ACKNOWLEDGE, { by: '王敏' }, OPERATOR)).status).toBe(200)
  })

  test('whose token it was stands beside the name that was given, by header and by session', async () => {
    const { url, gateway } = await start({ authentication: TOKENS })
    const by = '张伟 (token duty-desk)'
    expect(await (await post(url + ACKNOWLEDGE, { by: ' 张伟 ' }, OPERATOR)).json()).toMatchObject({
      acknowledgedBy: by,
    })
    const alarm = gateway.alarm('sd-01.fire') as Alarm
    gateway.change({ ...alarm, facts: { ...alarm.facts, active: false, latched: true } }, 'returned')
    const login = await post(`${url}/api/session`, { token: 'correct-horse-battery-staple' })
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    // What a person writes cannot pass for another token: ours is always the last.
    const pretended = '张伟 (token chief)'
    expect((await post(`${url}/api/alarms/sd-01.fire/reset`, { by: pretended }, { cookie })).status).toBe(200)
    expect(gateway.alarmEvents(0, 1000).events.at(-1)).toMatchObject({
      type: 'reset',
      by: `${pretended} (token duty-desk)`,
    })
  })

  test.each([
    'Bearer wrong',
    'Bearer ',
    'Basic Y29ycmVjdA==',
    'correct-horse-battery-staple',
    'Bearer correct-horse-battery-staple2',
  ])('refuses %j', async (authorization) => {
    const { url, log } = await start({ authentication: TOKENS })
    const response = await fetch(`${url}/api/info`, { headers: { authorization } })
    const text = await response.text()
    expect(response.status).toBe(401)
    expect(text).not.toContain('horse')
    expect(JSON.stringify(log.lines)).not.toContain('horse')
  })

  test('a session cookie stands for the token, in requests and in the event stream, until it is ended', async () => {
    const clock = new HeldClock()
    const { url, server } = await start({ authentication: TOKENS, clock })
    const login = await post(`${url}/api/session`, { token: 'correct-horse-battery-staple' })
    expect(await login.json()).toEqual({ name: 'duty-desk', role: 'operator' })
    const set = login.headers.get('set-cookie') ?? ''
    expect(set).toMatch(/^outpost_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=46800$/)
    const cookie = set.split(';')[0] ?? ''
    expect(await (await fetch(`${url}/api/session`, { headers: { cookie } })).json()).toMatchObject({
      name: 'duty-desk',
    })
    const stream = await EventReader.open(`${url}/api/events`, { cookie })
    await stream.waitFor('hello', 1)
    const logout = await fetch(`${url}/api/session`, { method: 'DELETE', headers: { cookie } })
    expect(logout.status).toBe(204)
    expect(logout.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await fetch(`${url}/api/session`, { headers: { cookie } })).status).toBe(401)
    clock.advance(1000)
    await stream.waitForEnd()
    expect(server.stats().streams).toBe(0)
  })

  test('a session ends by itself', async () => {
    const clock = new HeldClock()
    const { url } = await start({ authentication: TOKENS, clock })
    const login = await post(`${url}/api/session`, { token: 'correct-horse-battery-staple' })
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    clock.advance(12 * 3_600_000)
    expect((await fetch(`${url}/api/info`, { headers: { cookie } })).status).toBe(200)
    clock.advance(3_600_000)
    expect((await fetch(`${url}/api/info`, { headers: { cookie } })).status).toBe(401)
  })

  test('many wrong tokens close the door for a minute, but not for those inside', async () => {
    const clock = new HeldClock()
    const { url } = await start({ authentication: TOKENS, clock })
    const login = await post(`${url}/api/session`, { token: 'correct-horse-battery-staple' })
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    for (let attempt = 0; attempt < 5; attempt++) {
      expect((await post(`${url}/api/session`, { token: `guess-${attempt}` })).status).toBe(401)
      expect((await fetch(`${url}/api/info`, { headers: { authorization: 'Bearer guess' } })).status).toBe(401)
    }
    const refused = await post(`${url}/api/session`, { token: 'correct-horse-battery-staple' })
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'too-many-failures'])
    expect(refused.headers.get('retry-after')).toBe('60')
    expect((await fetch(`${url}/api/info`, { headers: OPERATOR })).status).toBe(429)
    expect((await fetch(`${url}/api/info`, { headers: { cookie } })).status).toBe(200)
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
    clock.advance(60_000)
    expect((await fetch(`${url}/api/info`, { headers: OPERATOR })).status).toBe(200)
  })

  test('an empty list of tokens does not start', async () => {
    await expect(startTestServer({ authentication: { type: 'tokens', tokens: [] } })).rejects.toThrow(
      'at least one token',
    )
  })
})

describe('limits', () => {
  let here: TestServer
  beforeAll(async () => {
    here = await startTestServer()
  })
  afterAll(() => here.server.stop())

  test('a body over 64 KB is refused', async () => {
    const response = await post(here.url + ACKNOWLEDGE, { by: 'x', comment: 'y'.repeat(70_000) })
    expect([response.status, await codeOf(response)]).toEqual([413, 'body-too-large'])
  })

  test.each([
    ['{"by":', 'malformed-json'],
    ['{"by":"a","__proto__":{"x":1}}', 'malformed-json'],
    ['', 'invalid-request'],
  ])('the body %j is refused', async (body, code) => {
    const response = await fetch(here.url + ACKNOWLEDGE, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect([response.status, await codeOf(response)]).toEqual([400, code])
  })

  test('what is not HTTP is answered in our words and closed', async () => {
    const answer = await rawRequest(here.port, 'HELLO\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
    expect(answer).toContain('"code":"malformed-request"')
  })

  test('headers that are too large are refused', async () => {
    const answer = await rawRequest(here.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
  })

  test('a path that is not UTF-8 is refused', async () => {
    const answer = await rawRequest(
      here.port,
      'GET /api/alarms/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('"code":"malformed-url"')
  })

  test('a request whose head never ends is ended', async () => {
    const answer = await rawRequest(here.port, 'GET /api/info HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })

  test('stop ends connections that say nothing, in bounded time and more than once', async () => {
    const { server, port } = await startTestServer()
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('POST /api/reload HTTP/1.1\r\nHost: localhost\r\n')
    await server.stop()
    await server.stop()
    await closed
    expect(server.address()).toBeNull()
  })
})

describe('while it stops', () => {
  test('what was asked before is answered, what is asked then is refused in our words', async () => {
    const { server, gateway, port } = await startTestServer()
    let finish = () => {}
    const asked = new Promise<void>((resolve) => {
      gateway.metrics = () => {
        resolve()
        return new Promise((answer) => {
          finish = () => answer('late 1\n')
        })
      }
    })
    const socket = connect(port, '127.0.0.1')
    let answers = ''
    socket.on('data', (chunk) => {
      answers += chunk
    })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await asked
    const stopped = server.stop()
    await new Promise((flushed) => socket.write('GET /api/info HTTP/1.1\r\nHost: localhost\r\n\r\n', flushed))
    // The server runs in this very process: after some turns it has read the second request.
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
    finish()
    await stopped
    await closed
    expect(answers).toContain('late 1')
    expect(answers).toContain('"code":"stopping"')
  })
})

describe('the console files', () => {
  test('come with a strict content security policy and are not kept, except hashed ones', async () => {
    const { directory, remove } = consoleFolder()
    const { url } = await start({ consoleDirectory: directory, authentication: TOKENS })
    const response = await fetch(`${url}/`)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<title>console</title>')
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';font-src 'self';manifest-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    )
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    remove()
  })

  test('nothing outside the folder, and nothing hidden, is served', async () => {
    const { directory, remove } = consoleFolder()
    writeFileSync(join(directory, '.built-from'), 'hash')
    const { port } = await start({ consoleDirectory: directory })
    for (const path of ['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/.built-from']) {
      const answer = await rawRequest(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1.1 40[034] /)
    }
    remove()
  })

  test('where they are not built, the page says what to do', async () => {
    const { url } = await start({})
    const response = await fetch(`${url}/`)
    expect(response.status).toBe(503)
    expect(await response.text()).toContain('npm run build:console')
  })
})
