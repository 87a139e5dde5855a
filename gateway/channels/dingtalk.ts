/**
 * Tells a group of DingTalk over its robot: POST of JSON to `/robot/send?access_token=…`, markdown of at most 20,000 bytes, signed with
 * the time where the robot has a secret. The robot may speak 20 times a minute, and is silenced for ten minutes beyond; what comes
 * faster is told together.
 */
import { createHmac } from 'node:crypto'
import type { Channel, Notification } from '../dispatch-model.ts'
import type { Clock } from '../model.ts'
import { checkUrl } from '../sinks/http-answer.ts'
import { postHttp } from '../sinks/http-post.ts'
import type { Language } from './notification-wording.ts'
import { type Mentions, mentionsOf } from './robot/mentions.ts'
import { checkRobotAnswer, type RobotCodes } from './robot/robot-answer.ts'
import { RobotQueue } from './robot/robot-queue.ts'
import { robotText } from './robot/robot-text.ts'

export interface DingtalkChannelOptions {
  readonly id: string
  /** Of the server, without a path. Default: `https://oapi.dingtalk.com`. */
  readonly url?: string
  /** What stands behind `access_token=` in the address of the robot. */
  readonly token: string
  /** `SEC…`, of a robot that wants signatures. */
  readonly secret?: string
  /** Of a robot that wants a word in each message. */
  readonly keyword?: string
  readonly language: Language
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly timeoutMs?: number
}

const SERVER = 'https://oapi.dingtalk.com'
const AT_ONCE = 40
const MOST_BYTES = 20_000
const CODES: RobotCodes = {
  busy: [130101, 410100, -1],
  // A link, words or a picture that may not be shown; too long.
  unacceptable: [430101, 430102, 430103, 430104, 460101],
}

export function createDingtalkChannel(options: DingtalkChannelOptions): Channel {
  const { id, url = SERVER, token, secret, clock, timeoutMs } = options
  checkUrl(url, `channel ${id}`)
  const secrets = [token, encodeURIComponent(token), secret]
  const queue = new RobotQueue({
    clock,
    roomFor: (notifications) => told(notifications, options).told,
    async tell(notifications, signal) {
      const post = {
        url: addressOf({ url, token, secret, wall: clock.now().wall }),
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(messageOf(notifications, options)),
      }
      const limit = timeoutMs === undefined ? {} : { timeoutMs }
      checkRobotAnswer(await postHttp({ ...post, secrets, clock, ...limit }, signal), CODES, secrets)
    },
  })
  return { id, atOnce: AT_ONCE, send: (notification, signal) => queue.send(notification, signal) }
}

function addressOf({
  url,
  token,
  secret,
  wall,
}: {
  url: string
  token: string
  secret: string | undefined
  wall: number
}): string {
  const address = new URL('/robot/send', url)
  address.searchParams.set('access_token', token)
  if (secret === undefined) return address.href
  const timestamp = Math.floor(wall)
  address.searchParams.set('timestamp', String(timestamp))
  address.searchParams.set('sign', signDingtalk(secret, timestamp))
  return address.href
}

/** Base64 of HMAC-SHA256 over the time in ms and the secret, under the secret. */
export function signDingtalk(secret: string, timestamp: number): string {
  return createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
}

type DingtalkOptions = Pick<DingtalkChannelOptions, 'language' | 'keyword'>

/** As DingTalk documents it. */
function messageOf(notifications: readonly Notification[], options: DingtalkOptions) {
  const { phones, users } = mentionsOf(notifications)
  const { title, text } = told(notifications, options)
  return {
    msgtype: 'markdown',
    markdown: { title, text },
    at: { atMobiles: phones, atUserIds: users, isAtAll: false },
  }
}

/** Whom it calls must stand in the text too. */
function told(notifications: readonly Notification[], { language, keyword }: DingtalkOptions) {
  const { phones, users } = mentionsOf(notifications) satisfies Mentions
  const called = [...phones, ...users].map((one) => `@${one}`).join(' ')
  const foot = [called, keyword ?? '']
    .filter((line) => line !== '')
    .map((line) => `\n\n${line}`)
    .join('')
  const mostBytes = MOST_BYTES - Buffer.byteLength(foot)
  const said = robotText(notifications, { language, markup: 'markdown', mostBytes })
  return { ...said, text: `${said.text}${foot}` }
}
