/** On which topics one unit speaks, and on which it is told what to do: what it may do at a broker, and no more. */
import { DEFAULT_NETWORK_SERVER, downlinkTopic } from './codec/network-server.ts'
import { type MessageAddress, topicFilterOf } from './message-topic.ts'
import type { DeviceProfile } from './schema.ts'

export interface DeviceTopics {
  /** Filters: `+` stands for a level that any site chooses. */
  readonly speaks: readonly string[]
  readonly hears: readonly string[]
}

export function deviceTopics(profile: Pick<DeviceProfile, 'mqtt' | 'commands'>, address: MessageAddress): DeviceTopics {
  const own = topicFilterOf(profile, address)
  const commands = profile.commands ?? []
  const fill = (topic: string | undefined): readonly string[] =>
    topic === undefined ? [] : [topic.replaceAll('{address}', address.address)]
  const downlinks = downlinkTopic(address.networkServer ?? DEFAULT_NETWORK_SERVER)
  const answers = commands.flatMap(({ confirm }) => (confirm?.type === 'message' ? fill(confirm.topic) : []))
  return {
    speaks: [...new Set([...(own === '' ? [] : [own]), ...answers])],
    hears: [...new Set(commands.flatMap(({ mqtt, lorawan }) => fill(lorawan === undefined ? mqtt?.topic : downlinks)))],
  }
}
