/** What is wrong with the ways out to other machines: addresses that are none, topics that no broker takes. */
import { ALARM_EVENT_PLACES, READING_PLACES, topicProblem } from '../sinks/mqtt-topic.ts'
import type { Report } from './report.ts'
import type { ConfigFile, SinkSection } from './schema.ts'

export function checkRemotes(file: ConfigFile, report: Report): void {
  for (const section of ['brokers', 'sinks'] as const) {
    for (const [index, { url }] of (file[section] ?? []).entries()) {
      const parsed = URL.parse(url)
      if (parsed === null) report([section, index, 'url'], `expected a URL that can be used, got "${url}"`)
      // Not shown: a token may stand in the place of the user name.
      else if (parsed.username !== '' || parsed.password !== '') {
        report([section, index, 'url'], 'expected a URL without a user name or password; give them as keys')
      }
    }
  }
  for (const [index, sink] of (file.sinks ?? []).entries()) {
    const problem = sink.type === 'mqtt' ? problemOfTopic(sink) : null
    if (problem !== null) report(['sinks', index, 'topic'], problem)
  }
}

/** What the sink sends shares one topic, so each of its places must be known to all of it. */
function problemOfTopic({ topic, sends = ['alarm-events'] }: SinkSection & { type: 'mqtt' }): string | null {
  for (const kind of sends) {
    const problem = topicProblem(topic, kind === 'readings' ? READING_PLACES : ALARM_EVENT_PLACES)
    if (problem !== null) return `${problem} (sends: ${kind})`
  }
  return null
}
