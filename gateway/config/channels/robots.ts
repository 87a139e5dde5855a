import { Type } from 'typebox'
import { Duration } from '../../../device-profiles/base-schema.ts'
import { HttpUrl, Secret, strict } from '../common-schema.ts'
import { channelKeys } from './channel-keys.ts'

const robotKeys = {
  ...channelKeys,
  /** Of the server, without a path; that of the maker if absent. */
  url: Type.Optional(HttpUrl),
  /** Of the messages; that of the gateway if absent. */
  language: Type.Optional(Type.Enum(['zh', 'en'])),
  timeout: Type.Optional(Duration),
}

/** A robot in a group of enterprise WeChat. */
export const WecomChannelSection = Type.Object(
  {
    ...robotKeys,
    type: Type.Literal('wecom'),
    /** What stands behind key= in the address of the robot. */
    token: Secret,
  },
  strict,
)

/** A robot in a group of DingTalk. */
export const DingtalkChannelSection = Type.Object(
  {
    ...robotKeys,
    type: Type.Literal('dingtalk'),
    /** What stands behind access_token= in the address of the robot. */
    token: Secret,
    /** SEC…, of a robot that wants signatures. */
    secret: Type.Optional(Secret),
    /** Of a robot that wants a word in each message. */
    keyword: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  strict,
)
