/** What stands in an e-mail, as Python's parser reads it. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mailOf } from '../../gateway/channels/mail/mail-text.ts'
import { mimeMessage } from '../../gateway/channels/mail/mime-message.ts'
import { anyNotification, notification } from '../support/notifications.ts'
import { describeReal } from '../support/real-servers.ts'

/** Reads a JSON list of messages, and says what is in each. */
const PARSER = `
import json, sys
from email import message_from_bytes, policy
def read(text):
    m = message_from_bytes(text.encode("utf-8"), policy=policy.SMTP)
    part = lambda kind: m.get_body((kind,)).get_content()
    return {
        "from": [[a.display_name, a.addr_spec] for a in m["from"].addresses],
        "to": [[a.display_name, a.addr_spec] for a in m["to"].addresses],
        "subject": m["subject"], "date": m["date"].datetime.isoformat(), "id": m["message-id"],
        "text": part("plain"), "html": part("html"),
        "defects": [str(d) for p in m.walk() for d in p.defects] + [str(d) for v in m.values() for d in v.defects],
        "longest": max(len(line) for line in text.split("\\r\\n")),
    }
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`

interface ReadMail {
  readonly from: readonly [string, string][]
  readonly to: readonly [string, string][]
  readonly subject: string
  readonly date: string
  readonly id: string
  readonly text: string
  readonly html: string
  readonly defects: readonly string[]
  readonly longest: number
}

function read(messages: readonly string[]): readonly ReadMail[] {
  const answer = execFileSync('python3', ['-c', PARSER], { input: JSON.stringify(messages), maxBuffer: 1e8 })
  return JSON.parse(answer.toString()) as readonly ReadMail[]
}

const FROM = { name: '石井哨所', address: 'outpost@example.org' }
const TO = [
  { name: '李站长', address: 'li@example.org' },
  { name: 'Wang, "Wei" <x>', address: 'wang@example.org' },
]

describeReal('python3')('e-mails by the parser of Python', () => {
  test('say in both languages what happened', () => {
    const [zh, en] = read(
      (['zh', 'en'] as const).map((language) => mimeMessage(mailOf(notification(1), TO, { from: FROM, language }))),
    )
    expect(zh).toMatchObject({
      ...{
        subject: '下穿涵洞：水位过高（橙色）',
        date: '2026-01-01T08:01:00+08:00',
        id: '<gateway-1-n1@example.org>',
        defects: [],
      },
      from: [['石井哨所', 'outpost@example.org']],
      to: [
        ['李站长', 'li@example.org'],
        ['Wang, "Wei" <x>', 'wang@example.org'],
      ],
    })
    expect(zh?.text).toContain('水位 0.32 m，高于 0.27 m')
    expect(zh?.text).toContain('封闭道路')
    expect(zh?.html).toContain('<td>高</td>')
    expect(en?.subject).toBe('Water level high (orange), Underpass')
    expect(en?.text).toContain('level 0.32 m, above 0.27 m')
    expect(en?.text).toContain('Close the road')
  })

  test('are sound whatever an alarm says', () => {
    const told = fc.sample(fc.tuple(anyNotification, fc.constantFrom('zh' as const, 'en' as const)), 100)
    const mails = told.map(([one, language]) => mailOf(one, TO, { from: FROM, language }))
    for (const [index, parsed] of read(mails.map(mimeMessage)).entries()) {
      const mail = mails[index]
      expect(parsed.defects).toEqual([])
      expect(parsed.longest).toBeLessThanOrEqual(78)
      expect(parsed.subject).toBe(
        mail?.subject
          .toWellFormed()
          .replace(/[\p{Cc}\s]+/gu, ' ')
          .trim(),
      )
      expect(parsed.text.replaceAll('\r\n', '\n')).toBe(mail?.text.toWellFormed().replaceAll('\r\n', '\n'))
    }
  })
})
