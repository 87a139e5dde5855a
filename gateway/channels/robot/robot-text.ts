/** What a chat robot says, within the bytes that it may use. Pure. */
import type { Notification } from '../../dispatch-model.ts'
import { GUIDANCE_TITLE, letterOf } from '../notification-letter.ts'
import { headlineOf, type Language } from '../notification-wording.ts'

export interface RobotText {
  readonly title: string
  readonly text: string
  /** How many of the notifications, from the first, are told in it; at least one. */
  readonly told: number
}

export interface RobotFormat {
  readonly language: Language
  /** `plain`: no markup at all. */
  readonly markup: 'markdown' | 'plain'
  /** In UTF-8. */
  readonly mostBytes: number
}

/** Of a notification among others, so much of its first line. */
const MOST_OF_A_LINE = 180

/** One notification in full, or a line for each of several, as many as there is room for. */
export function robotText(notifications: readonly Notification[], format: RobotFormat): RobotText {
  const [first] = notifications
  if (first === undefined) throw new Error('a message needs at least one notification')
  if (notifications.length > 1) return digest(notifications, format)
  const title = open(headlineOf(first, format.language))
  return { title, text: cutBytes(inFull(first, format), format.mostBytes), told: 1 }
}

function inFull(notification: Notification, { language, markup }: RobotFormat): string {
  const { headline, description, guidance, facts } = letterOf(notification, language)
  const isMarkdown = markup === 'markdown'
  const toDo =
    guidance === ''
      ? []
      : ['', isMarkdown ? `**${GUIDANCE_TITLE[language]}**` : GUIDANCE_TITLE[language], open(guidance)]
  const rows = facts.map(([name, value]) => `${isMarkdown ? '> ' : ''}${name}: ${open(value)}`)
  return [`${isMarkdown ? '### ' : ''}${open(headline)}`, '', open(description), ...toDo, '', ...rows].join('\n')
}

function digest(notifications: readonly Notification[], format: RobotFormat): RobotText {
  const { language, markup, mostBytes } = format
  const bullet = markup === 'markdown' ? '- ' : '· '
  const lines = notifications.map((one) => `${bullet}${lineOf(one, language)}`)
  const head = (count: number): string => {
    const title = { zh: `${count}条告警通知`, en: `${count} notifications` }[language]
    return `${markup === 'markdown' ? '### ' : ''}${title}\n`
  }
  // The head is longest with all of them.
  let size = Buffer.byteLength(head(lines.length))
  let told = 0
  for (const line of lines) {
    size += Buffer.byteLength(line) + 1
    if (size > mostBytes && told > 0) break
    told += 1
  }
  if (told === 1) return robotText(notifications.slice(0, 1), format)
  return { title: head(told).replace(/^#* ?|\n$/g, ''), text: [head(told), ...lines.slice(0, told)].join('\n'), told }
}

function lineOf(notification: Notification, language: Language): string {
  const { headline, description } = letterOf(notification, language)
  const [reason = ''] = description.split('\n')
  const colon = language === 'zh' ? '：' : ': '
  return cutBytes(open(reason === '' ? headline : `${headline}${colon}${reason}`).replace(/\s+/g, ' '), MOST_OF_A_LINE)
}

/** Without what would ping people or load pictures: texts come from devices and from whoever comments. */
function open(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('[', '［')
    .replaceAll(']', '］')
    .replaceAll('@', '＠')
}

/** At most so many bytes of UTF-8, cut between characters, and the cut shown. */
export function cutBytes(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text
  const cut = '…'
  let size = Buffer.byteLength(cut)
  let kept = ''
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > mostBytes) break
    kept += character
  }
  return `${kept}${cut}`
}
