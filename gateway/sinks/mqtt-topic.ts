/** Topics with places to fill in: `station/{station}/alarms/{device}/{rule}`. */

/** Values for the places of a topic. */
export type TopicValues = Readonly<Record<string, string>>

/** The places that the topic of an alarm event, of a reading, or of a heartbeat may have. */
export const ALARM_EVENT_PLACES = ['gateway', 'station', 'device', 'rule', 'type'] as const
export const READING_PLACES = ['gateway', 'station', 'device', 'point', 'kind'] as const
export const NOTIFICATION_PLACES = ['gateway', 'station', 'priority', 'purpose'] as const
export const HEARTBEAT_PLACES = ['gateway', 'station'] as const

/**
 * What is wrong with a template, or null: a place that is not among `places`, or a topic that no broker takes: empty, with
 * a wildcard or a NUL [MQTT-3.3.2-2], [MQTT-4.7.3-1..2], or under `$`, which belongs to the broker.
 */
export function topicProblem(template: string, places: readonly string[]): string | null {
  const known = places.map((place) => `{${place}}`).join(', ')
  for (const [, place = ''] of template.matchAll(/\{([^}]*)\}/g)) {
    if (!places.includes(place)) {
      return `topic ${JSON.stringify(template)} has the place {${place}}; known are ${known}`
    }
  }
  const rest = template.replaceAll(/\{[^}]*\}/g, '')
  if (template !== '' && !/[+#\0{}]/.test(rest) && !template.startsWith('$')) return null
  return (
    `topic ${JSON.stringify(template)} cannot be published to; expected a name without +, # and a first $, ` +
    `with any of ${known}`
  )
}

/** Prepares a template. Throws where `topicProblem` finds one. */
export function prepareTopic(
  template: string,
  options: { readonly places: readonly string[]; readonly where: string },
): (values: TopicValues) => string {
  const problem = topicProblem(template, options.places)
  if (problem !== null) throw new Error(`${options.where}: ${problem}`)
  return (values) => template.replaceAll(/\{([^}]*)\}/g, (_, place: string) => level(values[place] ?? ''))
}

/** A value fills exactly one level: what would make more of it, or a wildcard, becomes `_`; so does nothing at all. */
function level(value: string): string {
  const safe = value.replaceAll(/[/+#\0]/g, '_')
  return safe === '' ? '_' : safe
}
