/** On which topics one unit speaks, and on which it is told what to do: what it may do at a broker, and no more. */
import { DEFAULT_NETWORK_SERVER, downlinkTopic } from './codec/network-server.ts'
import { type MessageAddress, topicFiltersOf } from './message-topic.ts'
import type { DeviceProfile } from './schema.ts'

export interface DeviceTopics {
  /** Filters: `+` stands for a level that any site chooses. */
  readonly speaks: readonly string[]
  readonly hears: readonly string[]
}

export function deviceTopics(profile: Pick<DeviceProfile, 'mqtt' | 'commands'>, address: MessageAddress): DeviceTopics {
  const own = topicFiltersOf(profile, address).filter((topic) => topic !== '')
  if (profile.mqtt?.payload.format === 'sparkplug-b') return sparkplugTopics(own[0] ?? '')
  const commands = profile.commands ?? []
  const fill = (topic: string | undefined): readonly string[] =>
    topic === undefined ? [] : [topic.replaceAll('{address}', address.address)]
  const downlinks = downlinkTopic(address.networkServer ?? DEFAULT_NETWORK_SERVER)
  // What a bridge says of all its units, no unit may say of the others.
  const wills = (profile.mqtt?.availability ?? []).flatMap(({ topic }) =>
    topic.includes('{address}') ? fill(topic) : [],
  )
  const answers = commands.flatMap(({ confirm }) => (confirm?.type === 'message' ? fill(confirm.topic) : []))
  return {
    speaks: [...new Set([...own, ...wills, ...answers])],
    hears: [...new Set(commands.flatMap(({ mqtt, lorawan }) => fill(lorawan === undefined ? mqtt?.topic : downlinks)))],
  }
}

/** An edge node says its own births and deaths beside those of its devices, and hears who asks for them. */
function sparkplugTopics(own: string): DeviceTopics {
  const [namespace = '', group = '', , node = '', device] = own.split('/')
  const ofNode = `${namespace}/${group}/+/${node}`
  const asked = `${namespace}/${group}/NCMD/${node}`
  if (device === undefined) return { speaks: [ofNode], hears: [asked] }
  return { speaks: [ofNode, own], hears: [asked, `${namespace}/${group}/DCMD/${node}/${device}`] }
}
