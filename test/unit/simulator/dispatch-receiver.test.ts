import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../gateway/clock.ts'
import { createWebhookSink } from '../../../gateway/sinks/webhook.ts'
import { eventLine, parseEvent } from '../../../simulator/dispatch-event.ts'
import { createDispatchReceiver, type DispatchReceiver } from '../../../simulator/dispatch-receiver.ts'
import { alarmEvent } from '../../support/alarm-events.ts'

const secret = 'a secret between two'
const running: DispatchReceiver[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((receiver) => receiver.stop()))
})

async function start(): Promise<{ receiver: DispatchReceiver; lines: string[]; url: string }> {
  const lines: string[] = []
  const receiver = createDispatchReceiver({ port: 0, secret, print: (line) => lines.push(line) })
  running.push(receiver)
  await receiver.start()
  return { receiver, lines, url: `http://127.0.0.1:${receiver.port}/` }
}

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return fetch(url, {
    method: 'POST',
    headers: {
      'x-outpost-timestamp': timestamp,
      'x-outpost-signature': `sha256=${signature}`,
      'idempotency-key': (JSON.parse(body) as { id: string }).id,
      ...headers,
    },
    body,
  })
}

describe('the dispatch receiver', () => {
  test("takes what the gateway's webhook sink sends", async () => {
    const { receiver, lines, url } = await start()
    const sink = createWebhookSink({ id: 'dispatch', url, secret, clock: systemClock })
    const event = alarmEvent(7)
    await sink.write([event], AbortSignal.timeout(5000))
    expect(receiver.events.map(({ id, seq }) => [id, seq])).toEqual([[event.id, 7]])
    expect(lines).toEqual([eventLine(event, { colours: false })])
    expect(receiver.counters).toEqual({ duplicates: 0, missing: 0, refused: 0 })
  })

  test('confirms a repetition and tells it once', async () => {
    const { receiver, lines, url } = await start()
    const body = JSON.stringify(alarmEvent(1))
    expect((await post(url, body)).status).toBe(204)
    expect((await post(url, body)).status).toBe(204)
    expect(lines).toHaveLength(1)
    expect(receiver.counters.duplicates).toBe(1)
  })

  test('says which events are missing, and takes them when they come late', async () => {
    const { receiver, lines, url } = await start()
    for (const seq of [4, 7, 5]) await post(url, JSON.stringify(alarmEvent(seq)))
    expect(receiver.counters.missing).toBe(2)
    expect(lines.filter((line) => line.includes('missing'))).toEqual([expect.stringMatching(/缺少 2 .* seq 5\.\.6$/)])
    expect(receiver.events.map(({ seq }) => seq)).toEqual([4, 7, 5])
  })

  const past = String(Math.floor(Date.now() / 1000) - 301)
  const pastSignature = createHmac('sha256', secret)
    .update(`${past}.${JSON.stringify(alarmEvent(1))}`)
    .digest('hex')
  test.each<[string, Record<string, string>]>([
    ['a signature of another secret', { 'x-outpost-signature': `sha256=${'0'.repeat(64)}` }],
    ['a signature in another form', { 'x-outpost-signature': 'sha256=abc' }],
    ['no time', { 'x-outpost-timestamp': '' }],
    ['another time than the signed one', { 'x-outpost-timestamp': '1700000000' }],
    ['a recorded message', { 'x-outpost-timestamp': past, 'x-outpost-signature': `sha256=${pastSignature}` }],
  ])('refuses %s', async (_, headers) => {
    const { receiver, lines, url } = await start()
    expect((await post(url, JSON.stringify(alarmEvent(1)), headers)).status).toBe(401)
    expect([receiver.events, lines, receiver.counters.refused]).toEqual([[], [], 1])
  })

  test('refuses what is no alarm event, the wrong key, other methods and endless bodies', async () => {
    const { receiver, url } = await start()
    expect((await post(url, '{"id":"1"}')).status).toBe(422)
    expect((await post(url, JSON.stringify(alarmEvent(1)), { 'idempotency-key': 'other' })).status).toBe(422)
    expect((await fetch(url)).status).toBe(405)
    expect(await statusOfEndlessBody(url)).toBe(413)
    expect(receiver.events).toEqual([])
  })

  test('needs a secret, tells of a taken port, and stops twice', async () => {
    expect(() => createDispatchReceiver({ port: 0, secret: '', print: () => {} })).toThrow('needs a secret')
    const { receiver } = await start()
    const second = createDispatchReceiver({ port: receiver.port, secret, print: () => {} })
    await expect(second.start()).rejects.toThrow('EADDRINUSE')
    await second.stop()
    await receiver.stop()
    await receiver.stop()
  })
})

describe('the line of an event', () => {
  const event = alarmEvent(1)

  test('has time, mark, what, level, place, value with unit, and state', () => {
    const { alarm } = event
    const line = eventLine({ ...event, alarm: { ...alarm, priority: 'urgent', level: 'orange' } }, { colours: false })
    for (const part of ['[!!!]', '发生 raised', alarm.name.zh, alarm.name.en, '橙 orange', alarm.place, alarm.state]) {
      expect(line).toContain(part)
    }
  })

  test('says the same in colours', () => {
    const coloured = eventLine(event, { colours: true })
    expect(coloured).not.toBe(eventLine(event, { colours: false }))
    expect(stripVTControlCharacters(coloured)).toBe(eventLine(event, { colours: false }))
  })

  test('steers no terminal', () => {
    const nasty = { ...event, alarm: { ...event.alarm, place: 'hall\u001b[2J\r\nforged', level: '\u0007' } }
    expect(eventLine(nasty, { colours: false })).not.toMatch(/\p{Cc}/u)
  })

  test.each([
    '',
    'null',
    '[]',
    '{"seq":0}',
    JSON.stringify({ ...event, seq: 1.5 }),
    JSON.stringify({ ...event, alarm: {} }),
  ])('is asked of an event only, not of %j', (text) => {
    expect(parseEvent(text)).toBeNull()
  })
})

/** The answer comes although the body never ends. */
function statusOfEndlessBody(url: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const sending = request(url, { method: 'POST' }, (answer) => {
    resolve(answer.statusCode)
    sending.destroy()
  })
  sending.on('error', reject)
  sending.write(Buffer.alloc(300 * 1024, 0x20))
  return promise
}
