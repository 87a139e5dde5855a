import { Type } from 'typebox'
import { Duration } from '../../../device-profiles/base-schema.ts'
import { HttpUrl, Secret, strict } from '../common-schema.ts'
import { channelKeys } from './channel-keys.ts'

export const WebhookChannelSection = Type.Object(
  {
    ...channelKeys,
    type: Type.Literal('webhook'),
    url: HttpUrl,
    secret: Secret,
    timeout: Type.Optional(Duration),
  },
  strict,
)
