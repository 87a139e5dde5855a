import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createDingtalkChannel, signDingtalk } from '../../../gateway/channels/dingtalk.ts'
import { createWecomChannel } from '../../../gateway/channels/wecom.ts'
import type { Channel, Handover, Notification } from '../../../gateway/dispatch-model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type HttpReceiver, startReceiver, status } from '../../support/http-receiver.ts'
import { eventOf, notification } from '../../support/notifications.ts'

const TOKEN = 'robot-key-693a/91f6'
const SECRET = 'SEC0123456789'
const never = new AbortController().signal
const said = (errcode: number, errmsg = 'x') => status(200, {}, JSON.stringify({ errcode, errmsg }))

let receiver: HttpReceiver
let clock: FakeClock
beforeEach(async () => {
  receiver = await startReceiver(said(0, 'ok'))
  clock = new FakeClock()
})
afterEach(() => receiver.close())

const wecom = () => createWecomChannel({ id: 'group', url: receiver.url, token: TOKEN, language: 'zh', clock })
const dingtalk = () =>
  createDingtalkChannel({
    id: 'group',
    url: receiver.url,
    token: TOKEN,
    secret: SECRET,
    keyword: '哨所',
    language: 'zh',
    clock,
  })
const urgent = (seq: number, change: Partial<Notification> = {}): Notification =>
  notification(seq, { events: [eventOf(seq, { priority: 'urgent', level: 'red' })], ...change })
const failing = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => 'was sent',
    (error: unknown) => error,
  )
const bodyOf = (index: number) => JSON.parse(receiver.requests[index]?.body ?? 'null')
const to = (address: string) => ({ to: [{ person: 'li', name: '李', address }] })

describe('what enterprise WeChat gets', () => {
  test('markdown to the address with the key', async () => {
    await expect(wecom().send(urgent(1), never)).resolves.toEqual({ state: 'sent' })
    expect(receiver.requests[0]?.path).toBe('/cgi-bin/webhook/send?key=robot-key-693a%2F91f6')
    expect(bodyOf(0)).toEqual({
      msgtype: 'markdown',
      markdown: { content: expect.stringMatching(/^### 下穿涵洞：水位过高（红色）\n/) },
    })
  })

  test('users are called in markdown, phone numbers only in a text', async () => {
    await wecom().send(urgent(1, to('LiWei')), never)
    expect(bodyOf(0).markdown.content).toMatch(/\n<@LiWei>$/)
    await wecom().send(urgent(2, to('13800001111')), never)
    expect(bodyOf(1)).toMatchObject({
      msgtype: 'text',
      text: { mentioned_list: [], mentioned_mobile_list: ['13800001111'] },
    })
  })

  test('who is no user and no number calls nobody', async () => {
    await wecom().send(urgent(1, to('@all')), never)
    expect(bodyOf(0).markdown.content).not.toContain('all')
  })
})

describe('what DingTalk gets', () => {
  test('signed markdown, with those who are called and the word that its robot wants', async () => {
    await expect(dingtalk().send(urgent(1, to('13800001111')), never)).resolves.toEqual({ state: 'sent' })
    const url = new URL(receiver.requests[0]?.path ?? '', receiver.url)
    const timestamp = clock.now().wall
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ access_token: TOKEN, timestamp: String(timestamp), sign: signDingtalk(SECRET, timestamp) },
    })
    expect(bodyOf(0)).toMatchObject({
      ...{ msgtype: 'markdown', at: { atMobiles: ['13800001111'], atUserIds: [], isAtAll: false } },
      markdown: { title: '下穿涵洞：水位过高（红色）', text: expect.stringMatching(/\n\n@13800001111\n\n哨所$/) },
    })
  })

  test('the signature is that of its documentation', () => {
    // HMAC-SHA256("1600000000000\nSEC0123456789") under the secret, computed with Python's hmac.
    expect(signDingtalk(SECRET, 1_600_000_000_000)).toBe('nVDy2kli396sQV2feyDeIyiIPNCMwVHeJnppDT8gnf8=')
  })
})

describe.each([
  [
    'enterprise WeChat',
    wecom,
    [
      [45009, 'busy'],
      [-1, 'busy'],
      [40058, 'unacceptable'],
      [93000, 'refused'],
    ],
  ],
  [
    'DingTalk',
    dingtalk,
    [
      [130101, 'busy'],
      [410100, 'busy'],
      [460101, 'unacceptable'],
      [310000, 'refused'],
    ],
  ],
] as readonly (readonly [string, () => Channel, readonly (readonly [number, string])[]])[])(
  'what %s answers',
  (_, create, codes) => {
    test.each(codes)('errcode %d is %s, and HTTP says 200', async (errcode, failure) => {
      receiver.answer = said(errcode, `no ${TOKEN} ${encodeURIComponent(TOKEN)}`)
      const error = await failing(create().send(urgent(1), never))
      expect(error).toMatchObject({ failure, retryAfterMs: failure === 'busy' ? 60_000 : null })
      expect(String(error)).not.toContain('693a')
    })

    test.each([
      [status(200, {}, 'welcome'), 'unreachable'],
      [status(200), 'unreachable'],
      [status(503), 'busy'],
      [status(404), 'refused'],
    ])('an answer without errcode promises nothing', async (answer, failure) => {
      receiver.answer = answer
      const error = await failing(create().send(urgent(1), never))
      expect(error).toMatchObject({ failure })
      expect(String(error)).not.toMatch(/693a|SEC/)
    })
  },
)

describe('the pace', () => {
  /** Sends all of them at once and counts the messages that this takes in so much time. */
  async function tellAll(channel: Channel, told: readonly Notification[]): Promise<readonly Promise<Handover>[]> {
    const sent = told.map((one) => channel.send(one, never))
    await clock.advance(0)
    return sent
  }

  test('what is urgent goes at once, however much else waits', async () => {
    const channel = wecom()
    const others = await tellAll(
      channel,
      Array.from({ length: 500 }, (_, index) => notification(index + 10)),
    )
    expect(receiver.requests).toHaveLength(0)
    await channel.send(urgent(1), never)
    expect(receiver.requests).toHaveLength(1)
    // It stands first, and takes along what there is room for.
    expect(bodyOf(0).markdown.content.split('\n')[2]).toContain('红色')
    for (let minute = 0; minute < 3; minute += 1) await clock.advance(60_000)
    await Promise.all(others)
    expect(receiver.requests.length).toBeLessThanOrEqual(20)
  })

  test('as many as it takes at a time are told within a minute, however long their texts are', async () => {
    const channel = wecom()
    const reason = { zh: '水位'.repeat(400), en: 'level'.repeat(400) }
    const long = (seq: number) => notification(seq, { events: [eventOf(seq, { reason })], ...to('13800001111') })
    const sent = await tellAll(
      channel,
      Array.from({ length: channel.atOnce ?? 1 }, (_, index) => long(index + 1)),
    )
    for (let second = 0; second < 55; second += 1) await clock.advance(1000)
    await Promise.all(sent)
    expect(receiver.requests.length).toBeLessThanOrEqual(6)
  })

  test('an urgent one does not wait for a message that hangs', async () => {
    const channel = wecom()
    const held = Promise.withResolvers<() => void>()
    receiver.answer = (_, response) => held.resolve(() => response.end('{"errcode":0}'))
    const [hanging] = await tellAll(channel, [notification(1)])
    await clock.advance(500)
    const release = await held.promise
    receiver.answer = said(0)
    await channel.send(urgent(2), never)
    release()
    await hanging
    expect(receiver.requests).toHaveLength(2)
  })

  test('many that come together are one message, and each is confirmed', async () => {
    const sent = await tellAll(
      wecom(),
      Array.from({ length: 20 }, (_, index) => notification(index + 1)),
    )
    await clock.advance(500)
    const handovers = await Promise.all(sent)
    expect(receiver.requests).toHaveLength(1)
    expect(handovers[0]).toEqual({ state: 'sent', detail: 'in one message with 19 others' })
  })

  test('a message that is refused fails each that was in it, and none other', async () => {
    receiver.answer = said(130101)
    const channel = dingtalk()
    const sent = (await tellAll(channel, [notification(1), notification(2)])).map(failing)
    await clock.advance(500)
    for (const error of await Promise.all(sent)) expect(error).toMatchObject({ failure: 'busy' })
    receiver.answer = said(0)
    await expect(channel.send(urgent(3), never)).resolves.toEqual({ state: 'sent' })
  })

  test('who waits no longer is not told', async () => {
    const channel = wecom()
    const stop = new AbortController()
    const gone = failing(channel.send(notification(1), stop.signal))
    const [stays] = await tellAll(channel, [notification(2)])
    stop.abort(new Error('stopping'))
    expect(await gone).toMatchObject({ message: 'stopping' })
    await clock.advance(500)
    await stays
    expect(receiver.requests[0]?.body).toContain('gateway-1-n2')
    expect(receiver.requests[0]?.body).not.toContain('gateway-1-n1')
    await expect(channel.send(notification(3), AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
  })

  test('an escalation to the parent is news there; a reminder is not', async () => {
    const channel = wecom()
    await channel.send(urgent(1, { purpose: 'escalation', step: 2 }), never)
    const [reminder] = await tellAll(channel, [urgent(2, { purpose: 'reminder' })])
    expect(receiver.requests).toHaveLength(1)
    await clock.advance(500)
    await reminder
    expect(receiver.requests).toHaveLength(2)
  })
})
