/** What is wrong with the ways out to other machines: addresses that are none, topics that no broker takes. */
import { parseDuration } from '../../device-profiles/duration.ts'
import {
  ALARM_EVENT_PLACES,
  HEARTBEAT_PLACES,
  NOTIFICATION_PLACES,
  READING_PLACES,
  topicProblem,
} from '../sinks/mqtt-topic.ts'
import type { Report } from './report.ts'
import type { ConfigFile, SinkSection } from './schema.ts'

export function checkRemotes(file: ConfigFile, report: Report): void {
  checkChannelRemotes(file, report)
  for (const section of ['brokers', 'sinks'] as const) {
    for (const [index, { url }] of (file[section] ?? []).entries()) {
      checkUrl(url, (message) => report([section, index, 'url'], message))
    }
  }
  for (const [index, sink] of (file.sinks ?? []).entries()) {
    const problem = sink.type === 'mqtt' ? problemOfTopic(sink) : null
    if (problem !== null) report(['sinks', index, 'topic'], problem)
    if (sink.type === 'webhook' || sink.type === 'mqtt' || isAbove(sink))
      checkHeartbeat(sink, (key, message) => {
        report(['sinks', index, 'heartbeat', key], message)
      })
  }
}

function isAbove(sink: SinkSection): sink is SinkSection & { type: 'outpost' | 'outpost-mqtt' } {
  return sink.type === 'outpost' || sink.type === 'outpost-mqtt'
}

function checkUrl(url: string, report: (message: string) => void): void {
  const parsed = URL.parse(url)
  // Not shown: a token may stand in the place of the user name.
  const shown = url.includes('@') ? '' : `, got "${url}"`
  if (parsed === null) report(`expected a URL that can be used${shown}`)
  else if (parsed.username !== '' || parsed.password !== '') {
    report('expected a URL without a user name or password; give them as keys')
  }
}

function checkChannelRemotes({ dispatch }: ConfigFile, report: Report): void {
  for (const [index, channel] of (dispatch?.channels ?? []).entries()) {
    const at = ['dispatch', 'channels', index]
    if ('url' in channel && channel.url !== undefined)
      checkUrl(channel.url, (message) => report([...at, 'url'], message))
    if (channel.type !== 'mqtt') continue
    const problem = topicProblem(channel.topic, NOTIFICATION_PLACES)
    if (problem !== null) report([...at, 'topic'], problem)
    if (channel.caFile !== undefined && channel.url.startsWith('mqtt:')) {
      report([...at, 'url'], `expected mqtts:// because a certificate is given, got "${channel.url}"`)
    }
  }
}

/** Seldom enough to cost nothing, often enough that a dead gateway is missed in time. */
const HEARTBEAT_MS = [1_000, 3_600_000] as const

function checkHeartbeat(
  { heartbeat }: SinkSection & { type: 'webhook' | 'mqtt' | 'outpost' | 'outpost-mqtt' },
  report: (key: string, message: string) => void,
): void {
  if (heartbeat === undefined) return
  const ms = parseDuration(heartbeat.interval)
  if (ms < HEARTBEAT_MS[0] || ms > HEARTBEAT_MS[1]) {
    report('interval', `expected 1s to 1h between two heartbeats, got "${heartbeat.interval}"`)
  }
  const problem = 'topic' in heartbeat ? topicProblem(heartbeat.topic, HEARTBEAT_PLACES) : null
  if (problem !== null) report('topic', problem)
}

/** What the sink sends shares one topic, so each of its places must be known to all of it. */
function problemOfTopic({ topic, sends = ['alarm-events'] }: SinkSection & { type: 'mqtt' }): string | null {
  for (const kind of sends) {
    const problem = topicProblem(topic, kind === 'readings' ? READING_PLACES : ALARM_EVENT_PLACES)
    if (problem !== null) return `${problem} (sends: ${kind})`
  }
  return null
}
