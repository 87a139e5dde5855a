/** The newest messages as an Atom feed (RFC 4287), each with a link to its CAP document. Pure. */
import type { Notification } from '../../dispatch-model.ts'
import { headlineOf, type Language } from '../notification-wording.ts'
import { type CapOptions, referenceTo } from './cap-message.ts'
import { capTime } from './cap-time.ts'
import { CAP_MEDIA_TYPE, element, escapeXml } from './cap-xml.ts'

export interface FeedOptions {
  readonly gateway: string
  /** Who sends, for people. */
  readonly author: string
  readonly language: Language
  readonly timeZone: string
}

export interface FeedEntry {
  readonly notification: Notification
  /** Of the channel that it is told over. */
  readonly options: CapOptions
}

const TITLES = { zh: '告警信息', en: 'Alerts' } as const

/** `entries`: the newest first. The same entries give the same text, so that it can be asked for only when it has changed. */
export function capFeed(entries: readonly FeedEntry[], { gateway, author, language, timeZone }: FeedOptions): string {
  const updated = atomTime(Math.max(0, ...entries.map(({ notification }) => notification.createdAt)), timeZone)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${language === 'zh' ? 'zh-CN' : 'en-US'}">`,
    element('id', `urn:outpost:${encodeURIComponent(gateway)}:cap`),
    element('title', `${author} ${TITLES[language]}`),
    element('updated', updated),
    `<author>${element('name', author)}</author>`,
    '<link rel="self" type="application/atom+xml" href="/api/cap"/>',
    ...entries.map((entry) => entryElement(entry, language)),
    '</feed>\n',
  ].join('')
}

/** Where the message is fetched. */
export function capPath(identifier: string): string {
  return `/api/cap/${encodeURIComponent(identifier)}`
}

function entryElement({ notification, options }: FeedEntry, language: Language): string {
  const { identifier, sender } = referenceTo(notification, options)
  const headline = headlineOf(notification, language)
  return [
    '<entry>',
    element('id', `urn:outpost:${encodeURIComponent(sender)}:${encodeURIComponent(identifier)}`),
    element('title', headline.trim() === '' ? identifier : headline),
    element('updated', atomTime(notification.createdAt, options.timeZone)),
    `<link type="${CAP_MEDIA_TYPE}" href="${escapeXml(capPath(identifier))}"/>`,
    '</entry>',
  ].join('')
}

/** RFC 3339 has no -00:00 for what is known to be UTC. */
function atomTime(wall: number, timeZone: string): string {
  return capTime(wall, timeZone).replace('-00:00', 'Z')
}
