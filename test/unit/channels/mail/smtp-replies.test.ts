import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SmtpReplies } from '../../../../gateway/channels/mail/smtp-replies.ts'

const line = fc.string({ maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ''))
const reply = fc.record({
  code: fc.integer({ min: 200, max: 599 }),
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
})

test('every reply comes back, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 5 }), fc.array(fc.nat(30), { maxLength: 30 }), (replies, cuts) => {
      const text = replies
        .flatMap(({ code, lines }) => lines.map((one, i) => `${code}${i < lines.length - 1 ? '-' : ' '}${one}\r\n`))
        .join('')
      const reader = new SmtpReplies()
      const read = []
      let at = 0
      for (const cut of [...cuts, text.length]) {
        read.push(...reader.add(text.slice(at, at + cut)))
        at += cut
      }
      expect(read).toEqual(replies)
      expect(reader.hasMore).toBe(false)
    }),
  )
})

test('a code alone is a reply', () => {
  expect(new SmtpReplies().add('250\r\n')).toEqual([{ code: 250, lines: [''] }])
})

test.each(['hello\r\n', '99 x\r\n', '250x\r\n', '600 x\r\n'])('%j is none', (text) => {
  expect(() => new SmtpReplies().add(text)).toThrow(/expected a reply/)
})

test('one without end does not fill the memory', () => {
  const reader = new SmtpReplies()
  expect(() => {
    for (let i = 0; i < 100; i += 1) reader.add('x'.repeat(1000))
  }).toThrow(/without end/)
})
