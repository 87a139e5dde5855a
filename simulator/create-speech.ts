/** The way in which the devices of a profile speak. */
import { encodeMessage } from '../device-profiles/codec/message.ts'
import { createSparkplugSpeech } from './sparkplug-speech.ts'
import type { Speech, SpeechOptions, SpokenMessage, Values } from './speech.ts'

export function createSpeech(options: SpeechOptions): Speech {
  if (options.profile.mqtt?.payload.format === 'sparkplug-b') return createSparkplugSpeech(options)
  const { profile, topic, now = Date.now, ...rest } = options
  const report = (values: Values): readonly SpokenMessage[] => [
    { topic, payload: encodeMessage(profile, values, { ...rest, time: now() }), qos: 1 },
  ]
  return { will: () => null, hello: report, report, topics: [], asksForHello: () => false }
}
