import { Type } from 'typebox'
import { Duration } from '../../../device-profiles/base-schema.ts'
import { MqttUrl, Path, Secret, strict } from '../common-schema.ts'
import { channelKeys } from './channel-keys.ts'

export const MqttChannelSection = Type.Object(
  {
    ...channelKeys,
    type: Type.Literal('mqtt'),
    url: MqttUrl,
    /** May hold {gateway}, {station}, {priority} and {purpose}. */
    topic: Type.String({ minLength: 1 }),
    /** Where receivers confirm; whoever may publish there can acknowledge. They cannot if absent. */
    receiptsTopic: Type.Optional(
      Type.String({ pattern: '^[^+#\\u0000]+$', maxLength: 256, description: 'a topic without + and #' }),
    ),
    username: Type.Optional(Type.String()),
    password: Type.Optional(Secret),
    /** 5 if absent; 4 (MQTT 3.1.1) for a broker that knows nothing newer. */
    protocolVersion: Type.Optional(Type.Enum([4, 5])),
    timeout: Type.Optional(Duration),
    caFile: Type.Optional(Path),
  },
  strict,
)
