/** One e-mail as bytes (RFC 5322, MIME): plain text and HTML in base64, so that no server has anything to change. Pure. */
import { createHash } from 'node:crypto'

export interface Mailbox {
  readonly name: string
  readonly address: string
}

export interface Mail {
  readonly from: Mailbox
  readonly to: readonly Mailbox[]
  readonly subject: string
  /** `Fri, 01 May 2026 08:00:00 +0800` */
  readonly date: string
  readonly messageId: string
  /** Of the mails that it follows, oldest first. */
  readonly follows: readonly string[]
  readonly language: 'zh-CN' | 'en-US'
  readonly isUrgent: boolean
  readonly text: string
  readonly html: string
}

export function mimeMessage(mail: Mail): string {
  // Base64 knows no "_", so no line of a part can be the boundary.
  const boundary = `outpost_${createHash('sha256').update(mail.messageId).digest('hex').slice(0, 24)}`
  const parts = [
    { type: 'text/plain', content: mail.text.replace(/\r?\n/g, '\r\n') },
    { type: 'text/html', content: mail.html },
  ]
  return [
    `From: ${mailbox(mail.from)}`,
    `To: ${mail.to.map(mailbox).join(',\r\n ')}`,
    `Subject: ${encodedWords(mail.subject)}`,
    `Date: ${mail.date}`,
    `Message-ID: ${mail.messageId}`,
    ...following(mail.follows),
    // Answering machines keep quiet (RFC 3834, 5).
    'Auto-Submitted: auto-generated',
    ...(mail.isUrgent ? ['Importance: high', 'X-Priority: 1'] : []),
    `Content-Language: ${mail.language}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative;\r\n boundary="${boundary}"`,
    '',
    ...parts.flatMap(({ type, content }) => [
      `--${boundary}`,
      `Content-Type: ${type}; charset=utf-8`,
      'Content-Transfer-Encoding: base64',
      '',
      folded(content),
    ]),
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

/** The same id for the same thing, and nothing in it that an id may not hold (RFC 5322, 3.6.4). */
export function messageId(id: string, domain: string): string {
  const plain = /^[A-Za-z0-9_-]{1,120}(\.[A-Za-z0-9_-]{1,120}){0,4}$/.test(id)
  const local = plain ? id : createHash('sha256').update(id).digest('hex').slice(0, 40)
  return `<${local}@${domain}>`
}

function following(ids: readonly string[]): readonly string[] {
  const last = ids.at(-1)
  return last === undefined ? [] : [`In-Reply-To: ${last}`, `References: ${ids.join('\r\n ')}`]
}

function mailbox({ name, address }: Mailbox): string {
  return name === '' ? `<${address}>` : `${encodedWords(name)}\r\n <${address}>`
}

/** In base64, with its frame and the name of the header, a line of 76 characters. */
const WORD_BYTES = 39

/** A header text: as it is where it is plain ASCII on a short line, else in encoded words of at most 75 characters (RFC 2047). */
export function encodedWords(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  if (/^[A-Za-z0-9 ]{0,60}$/.test(line)) return line
  const words: string[] = []
  let word = ''
  for (const character of line) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ')
}

function folded(content: string): string {
  return Buffer.from(content.toWellFormed())
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n')
}
