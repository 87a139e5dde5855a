/**
 * Tells a group of enterprise WeChat (WeCom) over its robot: POST of JSON to `/cgi-bin/webhook/send?key=…`, markdown of at most 4096
 * bytes. Phone numbers can only be called in a plain text, of at most 2048 bytes, so where the people on duty have numbers it is that.
 * The robot may speak 20 times a minute; what comes faster is told together.
 */
import type { Channel, Notification } from '../dispatch-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl } from '../sinks/http-answer.ts'
import { postHttp } from '../sinks/http-post.ts'
import type { Language } from './notification-wording.ts'
import { type Mentions, mentionsOf } from './robot/mentions.ts'
import { checkRobotAnswer, type RobotCodes } from './robot/robot-answer.ts'
import { RobotQueue } from './robot/robot-queue.ts'
import { type RobotFormat, robotText } from './robot/robot-text.ts'

export interface WecomChannelOptions {
  readonly id: string
  /** Of the server, without a path. Default: `https://qyapi.weixin.qq.com`. */
  readonly url?: string
  /** What stands behind `key=` in the address of the robot. */
  readonly token: string
  readonly language: Language
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly timeoutMs?: number
}

const SERVER = 'https://qyapi.weixin.qq.com'
/** So many that none of them waits longer than the loop of a channel gives it, were each a line of its own. */
const AT_ONCE = 40
const CODES: RobotCodes = {
  // Too often; too many at a time; the server itself is busy.
  busy: [45009, 45033, -1],
  // A wrong parameter (too long among them), forbidden characters, no content.
  unacceptable: [40058, 40033, 44004],
}

export function createWecomChannel(options: WecomChannelOptions): Channel {
  const { id, url = SERVER, token, clock, timeoutMs } = options
  checkUrl(url, `channel ${id}`)
  const address = new URL(`/cgi-bin/webhook/send?key=${encodeURIComponent(token)}`, url).href
  const queue = new RobotQueue({
    clock,
    roomFor: (notifications) => told(notifications, options).told,
    async tell(notifications, signal) {
      const body = JSON.stringify(messageOf(notifications, options))
      const headers = { 'content-type': 'application/json' }
      const secrets = [token, encodeURIComponent(token)]
      const limit = timeoutMs === undefined ? {} : { timeoutMs }
      checkRobotAnswer(
        await postHttp({ url: address, headers, body, secrets, clock, ...limit }, signal),
        CODES,
        secrets,
      )
    },
  })
  return { id, atOnce: AT_ONCE, send: (notification, signal) => queue.send(notification, signal) }
}

type WecomOptions = Pick<WecomChannelOptions, 'language'>

/** As enterprise WeChat documents it. */
function messageOf(notifications: readonly Notification[], options: WecomOptions) {
  const mentions = mentionsOf(notifications)
  const { text } = told(notifications, options)
  if (mentions.phones.length === 0) return { msgtype: 'markdown', markdown: { content: `${text}${calls(mentions)}` } }
  const { users, phones } = mentions
  return { msgtype: 'text', text: { content: text, mentioned_list: users, mentioned_mobile_list: phones } }
}

function told(notifications: readonly Notification[], { language }: WecomOptions) {
  const mentions = mentionsOf(notifications)
  const format: RobotFormat =
    mentions.phones.length > 0
      ? { language, markup: 'plain', mostBytes: 2048 }
      : { language, markup: 'markdown', mostBytes: 4096 - Buffer.byteLength(calls(mentions)) }
  return robotText(notifications, format)
}

function calls({ users }: Mentions): string {
  return users.length === 0 ? '' : `\n${users.map((user) => `<@${user}>`).join('')}`
}
