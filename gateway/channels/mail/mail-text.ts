/** What stands in an e-mail about a notification. Pure. */
import type { Notification } from '../../dispatch-model.ts'
import { leadOf, standingOf } from '../notification-facts.ts'
import { GUIDANCE_TITLE, type Letter, letterOf } from '../notification-letter.ts'
import type { Language } from '../notification-wording.ts'
import { zonedTime } from '../zoned-time.ts'
import { type Mail, type Mailbox, messageId } from './mime-message.ts'

export interface MailOptions {
  readonly from: Mailbox
  readonly language: Language
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const LANGUAGES = { zh: 'zh-CN', en: 'en-US' } as const

export function mailOf(notification: Notification, to: readonly Mailbox[], { from, language }: MailOptions): Mail {
  const letter = letterOf(notification, language)
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  const { id, earlier, createdAt, station } = notification
  const { alarm } = leadOf(notification)
  return {
    from,
    to,
    subject: letter.headline,
    date: mailDate(createdAt, station.timeZone),
    messageId: messageId(id, domain),
    follows: earlier.map((one) => messageId(one.id, domain)),
    language: LANGUAGES[language],
    isUrgent: alarm.priority === 'urgent' && alarm.facts.active && standingOf(notification) === 'actual',
    text: textOf(letter, language),
    html: htmlOf(letter, language),
  }
}

/** As RFC 5322 (3.3) writes it. */
export function mailDate(wall: number, timeZone: string): string {
  const { local, offset } = zonedTime(wall, timeZone)
  const [year = '', month = '', day = '', time = ''] = local.split(/[-T]/)
  const weekday = DAYS[new Date(`${local}Z`).getUTCDay()]
  return `${weekday}, ${day} ${MONTHS[Number(month) - 1]} ${year} ${time} ${offset.replace(':', '')}`
}

function textOf({ headline, description, guidance, facts }: Letter, language: Language): string {
  const colon = language === 'zh' ? '：' : ': '
  const toDo = guidance === '' ? [] : [`${GUIDANCE_TITLE[language]}${colon}`, guidance, '']
  return [headline, '', description, '', ...toDo, ...facts.map(([name, value]) => `${name}${colon}${value}`), ''].join(
    '\n',
  )
}

function htmlOf({ headline, description, guidance, facts }: Letter, language: Language): string {
  const toDo = guidance === '' ? '' : `<h2>${GUIDANCE_TITLE[language]}</h2><p>${lines(guidance)}</p>`
  const rows = facts.map(([name, value]) => `<tr><th align="left">${html(name)}</th><td>${html(value)}</td></tr>`)
  return [
    `<!DOCTYPE html><html lang="${LANGUAGES[language]}"><head><meta charset="utf-8"><title>${html(headline)}</title></head>`,
    `<body><h1>${html(headline)}</h1><p>${lines(description)}</p>${toDo}<table>${rows.join('')}</table></body></html>`,
    '',
  ].join('\r\n')
}

function lines(text: string): string {
  return html(text).replaceAll('\n', '<br>')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
