import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentOf, SeenMessages } from '../../../../gateway/sources/mqtt/seen-messages.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const MINUTE = 60_000
const again = { dup: true }
const fresh = { dup: false }

describe('a message that comes again', () => {
  test('with DUP is known by session, identifier and content', () => {
    const seen = new SeenMessages(new FakeClock())
    const tag = seen.session('tag')
    tag.remember(7, 111)
    expect(tag.isAgain(7, { content: 111, ...again })).toBe(true)
    // However often.
    expect(tag.isAgain(7, { content: 111, ...again })).toBe(true)
    expect(tag.isAgain(8, { content: 111, ...again })).toBe(false)
    expect(tag.isAgain(7, { content: 112, ...again })).toBe(false)
    expect(seen.session('other').isAgain(7, { content: 111, ...again })).toBe(false)
    expect(seen.session('tag').isAgain(7, { content: 111, ...again })).toBe(true)
  })

  test('is forgotten where more acknowledgements were lost than a session can have in flight', () => {
    const tag = new SeenMessages(new FakeClock()).session('tag')
    for (let id = 1; id <= 3000; id++) {
      tag.remember(id, id)
      tag.noteUnheard(id)
    }
    expect(tag.isAgain(1, { content: 1, ...fresh })).toBe(false)
    expect(tag.isAgain(952, { content: 952, ...fresh })).toBe(false)
    expect(tag.isAgain(953, { content: 953, ...fresh })).toBe(true)
    expect(tag.isAgain(3000, { content: 3000, ...fresh })).toBe(true)
  })

  test('under an identifier that stands for another message by now is new', () => {
    const tag = new SeenMessages(new FakeClock()).session('tag')
    tag.remember(7, 111)
    tag.remember(7, 222)
    expect(tag.isAgain(7, { content: 111, ...again })).toBe(false)
    expect(tag.isAgain(7, { content: 222, ...again })).toBe(true)
  })

  test('without DUP is known where its acknowledgement did not leave, once and for five minutes', async () => {
    const clock = new FakeClock()
    const tag = new SeenMessages(clock).session('tag')
    tag.remember(1, 111)
    expect(tag.isAgain(1, { content: 111, ...fresh })).toBe(false)
    tag.noteUnheard(1)
    expect(tag.isAgain(1, { content: 111, ...fresh })).toBe(true)
    // A device that wakes up, says the same under the same identifier, and sleeps.
    expect(tag.isAgain(1, { content: 111, ...fresh })).toBe(false)
    tag.noteUnheard(1)
    await clock.advance(5 * MINUTE)
    expect(tag.isAgain(1, { content: 111, ...fresh })).toBe(false)
  })

  test('is new where what it said was not written', () => {
    const tag = new SeenMessages(new FakeClock()).session('tag')
    tag.remember(7, 111)
    tag.noteUnheard(7)
    tag.forget({ session: tag.hash, messageId: 7, content: 111 })
    expect(tag.isAgain(7, { content: 111, ...fresh })).toBe(false)
    expect(tag.isAgain(7, { content: 111, ...again })).toBe(false)
    tag.noteUnheard(7)
    expect(tag.isAgain(7, { content: 111, ...fresh })).toBe(false)
  })

  test('is known after a restart, without DUP only if it came last', () => {
    const before = new SeenMessages(new FakeClock()).session('tag')
    const mark = (messageId: number) => ({ session: before.hash, messageId, content: messageId * 11 })
    const seen = new SeenMessages(new FakeClock())
    seen.restore([mark(1), mark(2), mark(3)], [mark(3)])
    const tag = seen.session('tag')
    for (const id of [1, 2]) expect(tag.isAgain(id, { content: id * 11, ...fresh })).toBe(false)
    for (const id of [1, 2]) expect(tag.isAgain(id, { content: id * 11, ...again })).toBe(true)
    expect(tag.isAgain(3, { content: 33, ...fresh })).toBe(true)
  })

  test('is new in a session that began anew', () => {
    const tag = new SeenMessages(new FakeClock()).session('tag')
    tag.remember(7, 111)
    tag.noteUnheard(7)
    tag.clear()
    expect(tag.isAgain(7, { content: 111, ...fresh })).toBe(false)
    expect(tag.isAgain(7, { content: 111, ...again })).toBe(false)
  })
})

describe('the memory', () => {
  test('holds what a session has in flight: it grows while messages follow each other quickly', async () => {
    const clock = new FakeClock()
    const storm = new SeenMessages(clock).session('storm')
    for (let id = 1; id <= 2000; id++) storm.remember(id, id)
    for (let id = 1; id <= 2000; id++) expect(storm.isAgain(id, { content: id, ...again })).toBe(true)
    const calm = new SeenMessages(clock).session('calm')
    for (let id = 1; id <= 2000; id++) {
      calm.remember(id, id)
      await clock.advance(10_000)
    }
    for (let id = 1990; id <= 2000; id++) expect(calm.isAgain(id, { content: id, ...again })).toBe(true)
    expect(calm.isAgain(1900, { content: 1900, ...again })).toBe(false)
  })

  test('has the newest of each identifier among the last sixteen, whatever came', () => {
    const message = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 100 }), (messages) => {
        const tag = new SeenMessages({ ...new FakeClock(), now: () => ({ wall: 0, mono: mono++ * MINUTE }) } as never)
        let mono = 0
        const session = tag.session('tag')
        for (const [id, content] of messages) session.remember(id, content)
        const last = new Map(messages.slice(-16))
        for (const [id, content] of last) expect(session.isAgain(id, { content, ...again })).toBe(true)
      }),
    )
  })

  test('forgets the session that connected longest ago beyond twenty thousand', () => {
    const seen = new SeenMessages(new FakeClock())
    for (const name of ['first', 'second']) seen.session(name).remember(1, 1)
    seen.session('first')
    for (let n = 0; n < 19_999; n++) seen.session(`tag ${n}`)
    expect(seen.session('first').isAgain(1, { content: 1, ...again })).toBe(true)
    expect(seen.session('second').isAgain(1, { content: 1, ...again })).toBe(false)
  })
})

test('the content of a message is its topic and its payload', () => {
  const contents = ['a 1', 'a 2', 'b 1', ' a1', 'a1 '].map((text) => {
    const [topic = '', payload = ''] = text.split(' ')
    return contentOf({ topic, payload: Buffer.from(payload) })
  })
  expect(new Set(contents).size).toBe(5)
  expect(contents.every((content) => Number.isInteger(content) && content >= 0 && content < 2 ** 32)).toBe(true)
})
