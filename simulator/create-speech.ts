/** The way in which the devices of a profile speak. */
import { encodeMessage } from '../device-profiles/codec/message.ts'
import { availabilityOf } from './availability.ts'
import { withName } from './named-message.ts'
import { createSparkplugSpeech } from './sparkplug-speech.ts'
import type { Speech, SpeechOptions, SpokenMessage, Values } from './speech.ts'

export function createSpeech(options: SpeechOptions): Speech {
  if (options.profile.mqtt?.payload.format === 'sparkplug-b') return createSparkplugSpeech(options)
  const { profile, topic, address, now = Date.now, ...rest } = options
  const availability = address === undefined ? null : availabilityOf(profile, address)
  const report = (values: Values): readonly SpokenMessage[] => {
    const payload = encodeMessage(profile, values, { ...rest, time: now() })
    return [{ topic, payload: withName(payload, { profile, address }), qos: 1 }]
  }
  return {
    will: () => availability?.gone ?? null,
    hello: (values) => [...(availability === null ? [] : [availability.back]), ...report(values)],
    ...{ report, topics: [], asksForHello: () => false },
  }
}
