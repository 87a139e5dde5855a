import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../gateway/clock.ts'
import { DeliveryError, type DeliveryFailure, type Sink } from '../../../gateway/delivery-model.ts'
import { createInfluxSink, type InfluxServer, type InfluxSinkOptions } from '../../../gateway/sinks/influx.ts'
import { startTcpServer } from '../../support/failing-server.ts'
import { type HttpReceiver, startReceiver, status } from '../../support/http-receiver.ts'
import { freePort } from '../../support/server-process.ts'

interface Item {
  readonly seq: number
}

const version2: InfluxServer = { version: 2, org: 'fire & rescue', bucket: 'outpost', token: 'token-of-ours' }
const never = new AbortController().signal

let receiver: HttpReceiver
const sinks: Sink<Item>[] = []
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.stop()))
  await receiver.close()
})

function sinkFor(options: Partial<InfluxSinkOptions<Item>> = {}): Sink<Item> {
  const sink = createInfluxSink<Item>({
    id: 'influx',
    url: receiver.url,
    server: version2,
    toLine: ({ seq }) => `m f=${seq}i ${seq}`,
    clock: systemClock,
    ...options,
  })
  sinks.push(sink)
  return sink
}

async function failureOf(write: Promise<void>): Promise<DeliveryError> {
  const error = await write.then(
    () => new Error('the write was confirmed'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof DeliveryError)) throw error
  return error
}

describe('a write to InfluxDB', () => {
  test('is one request with all lines', async () => {
    await sinkFor().write([{ seq: 1 }, { seq: 2 }], never)
    expect(receiver.requests).toHaveLength(1)
    expect(receiver.requests[0]).toMatchObject({ method: 'POST', body: 'm f=1i 1\nm f=2i 2' })
  })

  test.each([
    [version2, '/api/v2/write?org=fire%20%26%20rescue&bucket=outpost&precision=ns', 'Token token-of-ours'],
    [{ version: 3, database: 'a b', token: 't' } as const, '/api/v2/write?org=&bucket=a%20b&precision=ns', 'Token t'],
    [{ version: 3, database: 'b' } as const, '/api/v2/write?org=&bucket=b&precision=ns', undefined],
    [{ version: 1, database: 'a b' } as const, '/write?db=a%20b', undefined],
    [
      { version: 1, database: 'b', username: 'Aladdin', password: 'open sesame' } as const,
      '/write?db=b',
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    ],
  ])('of version $version goes to its path with its account', async (server, path, authorization) => {
    await sinkFor({ server }).write([{ seq: 1 }], never)
    expect(receiver.requests[0]?.path).toBe(path)
    expect(receiver.requests[0]?.headers.authorization).toBe(authorization)
  })

  test('keeps a path in front, as behind a proxy', async () => {
    await sinkFor({ url: `${receiver.url}/influx/` }).write([{ seq: 1 }], never)
    expect(receiver.requests[0]?.path).toMatch(/^\/influx\/api\/v2\/write/)
  })

  test('is compressed only above the threshold', async () => {
    const sink = sinkFor({ gzipAboveBytes: 100 })
    const many = Array.from({ length: 100 }, (_, seq) => ({ seq }))
    await sink.write([{ seq: 1 }], never)
    await sink.write(many, never)
    expect(receiver.requests.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip'])
    expect(receiver.requests[1]?.body.split('\n')).toHaveLength(100)
  })

  test('uses one connection for many writes', async () => {
    const sink = sinkFor()
    for (let seq = 1; seq <= 5; seq += 1) await sink.write([{ seq }], never)
    expect(receiver.connections).toBe(1)
  })

  test('never shows the token, even where the server repeats it', async () => {
    receiver.answer = status(401, {}, 'unauthorized: token-of-ours')
    const error = await failureOf(sinkFor().write([{ seq: 1 }], never))
    expect(error.message).toBe(`${receiver.url} (InfluxDB 2 write API) answered 401: unauthorized: ***`)
  })

  test('takes no account out of the URL', () => {
    expect(() => sinkFor({ url: 'http://u:hidden@127.0.0.1:1' })).toThrow(/^sink influx: the URL contains an account/)
  })
})

describe('an answer of InfluxDB', () => {
  const json = { 'content-type': 'application/json' }
  const partial = 'partial write: field type conflict: input field "value" on measurement "reading" is type string'
  const cases: [number, Record<string, string>, string, DeliveryFailure, RegExp][] = [
    [200, {}, '', 'unreachable', /answered 200$/],
    [200, { 'content-type': 'text/html' }, '<html>Please log in</html>', 'unreachable', /answered 200: <html>/],
    [
      201,
      json,
      '{"error":"partial write","data":[{"error_message":"line 2"}]}',
      'unacceptable',
      /partial write: line 2/,
    ],
    [302, { location: 'http://127.0.0.1:1/' }, '', 'refused', /answered 302/],
    [400, json, `{"error":"${partial.replaceAll('"', '\\"')}"}`, 'unacceptable', /input field "value"/],
    [400, json, '{"error":"database is required"}', 'refused', /database is required/],
    [
      400,
      json,
      '{"code":"invalid","message":"unable to parse \'m f=database is required\'"}',
      'unacceptable',
      /unable/,
    ],
    [400, {}, 'Client sent an HTTP request to an HTTPS server.\n', 'refused', /HTTPS server/],
    [400, { 'content-type': 'text/html' }, '<!DOCTYPE html><p>Bad Request', 'refused', /Bad Request/],
    [400, { 'x-influxdb-error': 'said in a header' }, '', 'unacceptable', /said in a header/],
    [
      401,
      json,
      '{"code":"unauthorized","message":"unauthorized access"}',
      'refused',
      /answered 401: unauthorized access/,
    ],
    [403, {}, '', 'refused', /answered 403$/],
    [404, json, '{"error":"database not found: \\"outpost\\""}', 'refused', /database not found: "outpost"/],
    [413, {}, '', 'unacceptable', /answered 413$/],
    [422, json, '{"code":"unprocessable entity","message":"dropped=1"}', 'unacceptable', /dropped=1/],
    [429, {}, '', 'busy', /answered 429$/],
    [500, json, '{"error":"timeout"}', 'unreachable', /timeout/],
    [503, {}, '', 'busy', /answered 503$/],
  ]
  test.each(cases)('%d %j %j', async (code, headers, body, failure, message) => {
    receiver.answer = status(code, headers, body)
    const error = await failureOf(sinkFor().write([{ seq: 1 }, { seq: 2 }], never))
    expect(error).toMatchObject({ failure, message: expect.stringMatching(message) })
    expect(receiver.requests).toHaveLength(1)
  })

  test('201 without a complaint is a confirmation', async () => {
    receiver.answer = status(201)
    await sinkFor().write([{ seq: 1 }], never)
  })

  test('says how long to wait', async () => {
    receiver.answer = status(503, { 'retry-after': '30' })
    expect((await failureOf(sinkFor().write([{ seq: 1 }], never))).retryAfterMs).toBe(30_000)
    // A date counts from the clock that the sink was given.
    receiver.answer = status(503, { 'retry-after': 'Tue, 01 Sep 2026 08:01:30 GMT' })
    const clock = { now: () => ({ wall: Date.UTC(2026, 8, 1, 8, 0, 0), mono: 0 }) }
    expect((await failureOf(sinkFor({ clock }).write([{ seq: 1 }], never))).retryAfterMs).toBe(90_000)
  })

  test('may be long or endless without holding the delivery', async () => {
    const server = await startTcpServer((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n')
        socket.write('1\r\n{\r\n')
      })
    })
    try {
      const sink = sinkFor({ url: `http://127.0.0.1:${server.port}`, timeoutMs: 20_000 })
      expect(await failureOf(sink.write([{ seq: 1 }], never))).toMatchObject({ failure: 'unacceptable' })
    } finally {
      await server.close()
    }
  })
})

describe('no answer of InfluxDB', () => {
  test('nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const error = await failureOf(sinkFor({ url }).write([{ seq: 1 }], never))
    expect(error.failure).toBe('unreachable')
    expect(error.message).toBe(`${url} (InfluxDB 2 write API): connection refused (ECONNREFUSED)`)
  })

  test('the name does not exist', async () => {
    const error = await failureOf(sinkFor({ url: 'http://no-such-host.invalid' }).write([{ seq: 1 }], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) })
  })

  test('a black hole ends at the time-out, and its connection with it', async () => {
    const closed = Promise.withResolvers<void>()
    const server = await startTcpServer((socket) => {
      socket.resume()
      socket.on('close', () => closed.resolve())
    })
    try {
      const sink = sinkFor({ url: `http://127.0.0.1:${server.port}`, timeoutMs: 50 })
      const error = await failureOf(sink.write([{ seq: 1 }], never))
      expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/no answer within 50 ms/) })
      await closed.promise
    } finally {
      await server.close()
    }
  })

  test('the connection is cut after the body was sent: nothing was promised', async () => {
    receiver.answer = (_, response) => response.destroy()
    const error = await failureOf(sinkFor().write([{ seq: 1 }], never))
    expect(error).toMatchObject({ failure: 'unreachable', message: expect.stringMatching(/cut before an answer/) })
    expect(receiver.requests).toHaveLength(1)
  })

  test('the connection is cut within the answer: the status is still known', async () => {
    receiver.answer = (_, response) => {
      response.writeHead(422, { 'content-length': '1000' })
      response.write('half', () => response.destroy())
    }
    expect(await failureOf(sinkFor().write([{ seq: 1 }], never))).toMatchObject({ failure: 'unacceptable' })
  })

  test('what comes is not HTTP', async () => {
    const server = await startTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    try {
      const sink = sinkFor({ url: `http://127.0.0.1:${server.port}` })
      expect(await failureOf(sink.write([{ seq: 1 }], never))).toMatchObject({ failure: 'unreachable' })
    } finally {
      await server.close()
    }
  })

  test('a stop ends the write with the reason of the stop', async () => {
    const stopping = new AbortController()
    receiver.answer = () => stopping.abort(new Error('stopping'))
    await expect(sinkFor().write([{ seq: 1 }], stopping.signal)).rejects.toThrow('stopping')
    await expect(sinkFor().write([{ seq: 1 }], stopping.signal)).rejects.toThrow('stopping')
    expect(receiver.requests).toHaveLength(1)
  })
})
