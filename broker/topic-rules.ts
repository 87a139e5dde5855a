/** Which topics a client may publish to and which filters it may subscribe to. */
export interface TopicLimits {
  readonly maxTopicBytes: number
  readonly maxTopicLevels: number
}

/** Why nobody may publish to this topic, or null. */
export function publishProblem(topic: string, limits: TopicLimits): string | null {
  if (topic === '') return 'an empty topic is not allowed [MQTT-4.7.3-1]'
  // '$' topics belong to the broker [MQTT-4.7.2-1]; nobody may imitate it.
  if (topic.startsWith('$')) return 'clients may not publish to topics that begin with $'
  if (topic.includes('+') || topic.includes('#')) return 'a topic must not contain + or # [MQTT-3.3.2-2]'
  return lengthProblem(topic, limits)
}

/** Why this is no topic filter, or null. */
export function filterProblem(filter: string): string | null {
  if (filter === '') return 'an empty topic filter is not allowed [MQTT-4.7.3-1]'
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return 'a "#" is not the last level of the topic filter [MQTT-4.7.1-2]'
    }
    if (level.includes('+') && level !== '+')
      return 'a "+" is not alone in its level of the topic filter [MQTT-4.7.1-3]'
  }
  return null
}

/** Why nobody may subscribe to this filter, which is one, or null. */
export function subscribeProblem(filter: string, limits: TopicLimits): string | null {
  if (filter.startsWith('$') && !filter.startsWith('$SYS/')) {
    return 'of the topics that begin with $ there are only those under $SYS/'
  }
  return lengthProblem(filter, limits)
}

function lengthProblem(topic: string, { maxTopicBytes, maxTopicLevels }: TopicLimits): string | null {
  // The parser puts U+FFFD where the bytes were not UTF-8 [MQTT-1.5.3-1]; U+0000 is forbidden by [MQTT-1.5.3-2].
  if (topic.includes('\ufffd')) return 'a topic must be valid UTF-8 [MQTT-1.5.3-1]'
  if (topic.includes('\u0000')) return 'a topic must not contain U+0000 [MQTT-1.5.3-2]'
  // No UTF-8 text is longer in characters than in bytes: the cheap test first.
  if (topic.length > maxTopicBytes || Buffer.byteLength(topic) > maxTopicBytes) {
    return `a topic may have at most ${maxTopicBytes} bytes`
  }
  let levels = 1
  for (let i = topic.indexOf('/'); i !== -1; i = topic.indexOf('/', i + 1)) levels++
  return levels > maxTopicLevels ? `a topic may have at most ${maxTopicLevels} levels, this one has ${levels}` : null
}
